"""The `lumbar` command."""

import sys

import typer

from lumbar import content
from lumbar.serving import HOST, ServingError, action_server, free_port, rasa
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
    if rasa("train", "--skip-validation", "--fixed-model-name", "lumbar"):
        raise _stop("Training failed, see above. The model that was there is unchanged.")
    (ROOT / MODEL).touch()


@app.command()
def shell() -> None:
    """Chat in Rasa's shell, with the action server beside it."""
    try:
        with action_server() as endpoints:
            code = rasa(
                "shell",
                "--model",
                MODEL,
                "--endpoints",
                str(endpoints),
                "--interface",
                HOST,
                "--port",
                str(free_port()),
            )
    except ServingError as error:
        raise _stop(str(error)) from None
    sys.exit(code)


def _stop(reason: str) -> typer.Exit:
    typer.secho(reason, fg=typer.colors.RED, err=True)
    return typer.Exit(1)


if __name__ == "__main__":
    app()
