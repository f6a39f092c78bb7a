"""The `lumbar` command."""

import signal
import sys

import typer

from lumbar import content
from lumbar.documents import ContentError, read_yaml
from lumbar.serving import HOST, ServingError, action_server, free_port, start_rasa
from lumbar.settings import ROOT, settings

MODEL = "models/lumbar.tar.gz"

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def train() -> None:
    """Train a model into models/. The model that is there stays until the new one is done."""
    try:
        content.load()
        for path in (ROOT / "config.yml", ROOT / "domain.yml", *(ROOT / "data").glob("*.yml")):
            read_yaml(path)
    except ContentError as error:
        raise _stop(str(error)) from None
    # Rasa's validation reads all data once more; the tests run it.
    training = start_rasa("train", "--skip-validation", "--fixed-model-name", "lumbar")
    _prepare_vectors()
    if training.wait():
        raise _stop("Training failed, see above. The model that was there is unchanged.")
    (ROOT / MODEL).touch()


@app.command()
def shell() -> None:
    """Chat in Rasa's shell, with the action server beside it."""
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda *_: sys.exit(1))  # so that the action server ends too
    try:
        with action_server() as endpoints:
            chat = start_rasa(
                *("shell", "--model", MODEL, "--endpoints", str(endpoints)),
                *("--interface", HOST, "--port", str(free_port())),
            )
            try:
                code = chat.wait()
            finally:
                chat.terminate()
    except ServingError as error:
        raise _stop(str(error)) from None
    sys.exit(code)


@app.command()
def evaluate() -> None:
    """Measure understanding; the report goes to build/evaluation.md."""
    from lumbar import evaluation
    from lumbar.examples import read_examples

    threshold = _threshold()
    examples = read_examples()
    folds = []
    for fold in evaluation.cross_validate(examples):
        folds.append(fold)
        typer.echo(f"cross-validation: {fold.name} of {evaluation.FOLDS}")
    crossed = evaluation.joined("Cross-validation on data/", folds)
    model = evaluation.fit(examples)
    held_out = []
    shared = ROOT.parent / "shared" / "questions"
    for path in [ROOT / "tests" / "nlu" / "questions.tsv", *sorted(shared.glob("*.tsv"))]:
        typer.echo(f"held-out questions: {path.stem}")
        questions = evaluation.read_questions(path)
        held_out.append(evaluation.measure(model, f"Held-out questions: {path.stem}", questions))
    lines = [f"# Understanding, at threshold {threshold}"]
    for measured in (crossed, *held_out):
        lines += ["", f"## {measured.name}", "", *evaluation.curve(measured)]
    lines += [
        "",
        "## Label by label, cross-validated",
        "",
        *evaluation.per_label(crossed, threshold),
    ]
    report = settings.build / "evaluation.md"
    report.write_text("\n".join(lines) + "\n", encoding="utf-8")
    typer.echo("\n".join(lines))
    typer.echo(f"\nwritten to {report.relative_to(ROOT)}")


def _threshold() -> float:
    config = read_yaml(ROOT / "config.yml")
    return float(next(one["abstain_below"] for one in config["pipeline"] if "abstain_below" in one))


def _prepare_vectors() -> None:
    """Encode the examples while Rasa, on another core, still reads its data."""
    from lumbar.examples import read_examples
    from lumbar.language import pipeline
    from lumbar.language.vectors import example_vectors

    example_vectors(pipeline.encoder(), [text for text, _ in read_examples()])


def _stop(reason: str) -> typer.Exit:
    typer.secho(reason, fg=typer.colors.RED, err=True)
    return typer.Exit(1)


if __name__ == "__main__":
    app()
