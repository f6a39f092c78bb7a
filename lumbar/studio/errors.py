"""Everything the studio refuses: what is wrong, where, and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


class StudioError(Exception):
    """A command cannot do what was asked, and has changed nothing; the text says why."""


class UsageError(StudioError):
    """The command was called wrongly."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a sentence that offers the known name most like `name`, or the known ones."""
    known = sorted(known)
    close = get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(known)}."


def no_database(url: str) -> StudioError:
    return StudioError(
        f"{url}: there is no database of conversations. It begins with the first message to "
        "`lumbar run`; LUMBAR_DATABASE names another one."
    )


def locked_database(url: str) -> StudioError:
    return StudioError(
        f"{url}: another program keeps the database locked. End it, or try again in a minute."
    )


def other_database(url: str, why: str) -> StudioError:
    return StudioError(
        f"{url}: this is no database of conversations ({why}). LUMBAR_DATABASE names which is."
    )


def no_answer_from(url: "URL", why: str) -> StudioError:
    return StudioError(
        f"{url!r}: the database does not do what it is asked ({why}). Start it, or name another "
        "in LUMBAR_DATABASE. Nothing was deleted or made."
    )


def changed_meanwhile(path: Path) -> StudioError:
    return StudioError(
        f"{path}: the file was changed while you were deciding. Nothing was written. Please "
        "start the command again."
    )


def changed_since(path: Path, what: str) -> StudioError:
    return StudioError(
        f"{path}: the file was changed after {what}, so undoing would lose that change. "
        "Nothing was undone. Edit the file by hand, or restore it from git."
    )


def cannot_write(path: Path, why: str) -> StudioError:
    return StudioError(f"{path}: cannot be written ({why}). Nothing was changed.")
