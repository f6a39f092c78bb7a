"""The `lumbar` command."""

import shutil
import signal
import sys

import typer

from lumbar import content
from lumbar.documents import ContentError, read_yaml
from lumbar.serving import HOST, MODEL, ServingError, action_server, free_port, start_rasa, website
from lumbar.settings import ROOT, settings

ACCEPTED = ROOT / "docs" / "evaluation"

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
def run() -> None:
    """Serve the widget, a demo page and the API, with the action server beside it."""
    _end_children_too()
    typer.echo("Starting ...")
    try:
        with website() as (address, process):
            typer.echo(f"Lumbar is at {address}\nCtrl-C stops it.")
            process.wait()
            raise _stop("The assistant ended. build/assistant.log tells why.")
    except KeyboardInterrupt:
        typer.echo("\nStopped.")
    except ServingError as error:
        raise _stop(str(error)) from None


@app.command()
def shell() -> None:
    """Chat in Rasa's shell, with the action server beside it."""
    _end_children_too()
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
def evaluate(
    accept: bool = typer.Option(False, help="Keep the report under docs/ as the accepted one."),
) -> None:
    """Measure understanding, and compare it with the last accepted report.

    The report goes to build/evaluation/. Ends with 1 when a share fell by more than a
    point below the accepted one.

    Example: lumbar evaluate --accept
    """
    from lumbar import report
    from lumbar.examples import read_examples

    paths = [*sorted((ROOT / "tests" / "nlu").glob("*.tsv"))]
    paths += sorted((ROOT.parent / "shared" / "questions").glob("*.tsv"))
    now = report.measure_all(read_examples(), paths, _threshold())
    folder = settings.build / "evaluation"
    now.write(folder)
    typer.echo((folder / report.TEXT).read_text(encoding="utf-8"))
    worse = now.worse_than(ACCEPTED)
    for line in worse:
        typer.secho(line, fg=typer.colors.RED)
    if accept:
        shutil.copytree(folder, ACCEPTED, dirs_exist_ok=True)
    typer.echo(f"written to {folder.relative_to(ROOT)}" + f" and {ACCEPTED.name}/" * accept)
    raise typer.Exit(bool(worse) and not accept)


def _end_children_too() -> None:
    # A shell starts what it leaves in the background with this one ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda *_: sys.exit(1))


def _threshold() -> float:
    config = read_yaml(ROOT / "config.yml")
    return float(next(one["abstain_below"] for one in config["pipeline"] if "abstain_below" in one))


def _prepare_vectors() -> None:
    """Encode the examples while Rasa, on another core, still reads its data."""
    from lumbar.examples import read_examples
    from lumbar.language import pipeline
    from lumbar.language.intents import spelling_of
    from lumbar.language.vectors import example_vectors

    texts, labels = zip(*read_examples(), strict=True)
    spelling = spelling_of(texts, labels)
    example_vectors(pipeline.encoder(), [spelling(text) for text in texts])


def _stop(reason: str) -> typer.Exit:
    typer.secho(reason, fg=typer.colors.RED, err=True)
    return typer.Exit(1)


if __name__ == "__main__":
    app()
