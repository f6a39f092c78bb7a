"""Deletes what patients said once it is old enough, wherever it is kept."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from lumbar.database import EVENTS, connect
from lumbar.settings import settings
from lumbar.studio import errors
from lumbar.studio.files import exclusive

SECONDS = 600
"""For each statement: nobody waits for them."""


@dataclass(frozen=True)
class Purged:
    """How many `messages`, with the events around them, and which `files` were deleted."""

    messages: int
    files: list[Path]


def purge(seconds: float) -> Purged:
    """Delete what is older than `seconds`: conversations in the database, and files in which
    the studio quotes them. What editors made examples of is theirs, and stays.

    Raises:
        StudioError: the database cannot be reached; nothing was deleted.
    """
    before = time.time() - seconds
    messages = _purge_database(settings.database, before)
    files = []
    with exclusive("studio"):
        for path in _quoting():
            if path.stat().st_mtime < before:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                files.append(path)
    return Purged(messages, files)


def _purge_database(url: str, before: float) -> int:
    file = sa.engine.make_url(url).database
    is_sqlite = url.startswith("sqlite")
    if is_sqlite and not Path(str(file)).is_file():
        return 0
    engine = connect(url, SECONDS)
    old = EVENTS.c.timestamp < before
    try:
        with engine.begin() as connection:
            if not sa.inspect(connection).has_table(EVENTS.name):
                return 0
            count = sa.select(sa.func.count()).where(old, EVENTS.c.type_name == "user")
            messages = connection.execute(count).scalar_one()
            connection.execute(EVENTS.delete().where(old))
        if is_sqlite:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                # What was deleted stands in the log of writes until it is folded in.
                connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
    except SQLAlchemyError as error:
        raise errors.no_answer_from(sa.engine.make_url(url), type(error).__name__) from None
    finally:
        engine.dispose()
    return int(messages)


def _quoting() -> Iterator[Path]:
    yield from settings.build.glob("report-*.html")
    yield from settings.build.glob("shell.db*")
    yield from settings.state.glob("inbox.json")
    yield from settings.state.glob("changes/history/*")
    yield from settings.state.glob("waiting/*/*")
