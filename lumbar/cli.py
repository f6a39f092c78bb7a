"""The `lumbar` command."""

import sys

import typer
from typer.exceptions import TyperException

from lumbar.commands import (
    chat,
    check,
    evaluate,
    import_,
    inbox,
    models,
    operate,
    report,
    run,
    teach,
    train,
)
from lumbar.documents import ContentError
from lumbar.studio.errors import StudioError, UsageError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Serve, teach, check, train, watch and operate the assistant.",
)
for command in (
    run.run,
    run.shell,
    chat.chat,
    inbox.inbox,
    teach.teach,
    teach.undo,
    check.check,
    train.train,
    models.models,
    models.rollback,
    models.diff,
    report.report,
    evaluate.evaluate,
    operate.purge,
    operate.migrate,
):
    app.command()(command)
app.command("import")(import_.import_)


def main() -> None:
    """Run a command; wrong use ends with one line and 2, what cannot be done with one and 1."""
    try:
        code = app(standalone_mode=False)
    except (TyperException, UsageError) as error:
        context = getattr(error, "ctx", None)
        where = context.command_path if context else "lumbar"
        _tell(f"{error} `{where} --help` tells more.")
        sys.exit(2)
    except (StudioError, ContentError) as error:
        _tell(str(error))
        sys.exit(1)
    except OSError as error:
        _tell(f"{error.filename or 'This computer'}: {error.strerror or error}.")
        sys.exit(1)
    except (typer.Abort, KeyboardInterrupt):
        _tell("Stopped.")
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


def _tell(text: str) -> None:
    typer.secho(text, fg=typer.colors.RED, err=True)


if __name__ == "__main__":
    main()
