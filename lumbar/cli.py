"""The `lumbar` command."""

import sys

import typer

from lumbar import content
from lumbar.serving import HOST, ServingError, action_server, free_port, start_rasa
from lumbar.settings import ROOT

MODEL = "models/lumbar.tar.gz"

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def train() -> None:
    """Train a model into models/. The model that is there stays until the new one is done."""
    try:
        content.load()
    except content.ContentError as error:
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
    try:
        with action_server() as endpoints:
            code = start_rasa(
                "shell",
                "--model",
                MODEL,
                "--endpoints",
                str(endpoints),
                "--interface",
                HOST,
                "--port",
                str(free_port()),
            ).wait()
    except ServingError as error:
        raise _stop(str(error)) from None
    sys.exit(code)


def _prepare_vectors() -> None:
    """Encode the examples while Rasa, on another core, still reads its data."""
    from lumbar.language import pipeline
    from lumbar.language.vectors import example_vectors

    files = (ROOT / "data").glob("nlu*.yml")
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    example_vectors(pipeline.encoder(), [line[8:] for line in lines if line.startswith("      - ")])


def _stop(reason: str) -> typer.Exit:
    typer.secho(reason, fg=typer.colors.RED, err=True)
    return typer.Exit(1)


if __name__ == "__main__":
    app()
