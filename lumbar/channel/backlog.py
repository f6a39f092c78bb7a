"""What is to be written into the database, kept in order while it is away."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg2
import sqlalchemy as sa
from rasa.shared.core.events import SessionStarted, UserUttered
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from lumbar.channel import metrics
from lumbar.channel.migration import make_tables
from lumbar.channel.spool import Spool, delete
from lumbar.database import EVENTS, alone, connect

FAILURES = (SQLAlchemyError, psycopg2.Error, OSError)
"""Not all of the driver's own reach SQLAlchemy: a connection may break on its way back."""
SECONDS_BETWEEN_TRIES = 0.5
AT_ONCE = 100
"""Turns, to catch up faster than others come in."""
SECONDS_AT_THE_END = 5

_INSERT = EVENTS.insert()

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class Write:
    """The rows of one turn, which are written together or not at all, or without any the
    end of a conversation.

    `has_waited`, so that others may have gone on with the conversation meanwhile; `file` keeps
    it until it is written.
    """

    sender: str
    rows: list[dict[str, Any]]
    has_waited: bool = False
    file: Path | None = None


class Backlog:
    """Writes to and reads from the database at `url`, at most `bound` rows behind; what waits
    is also in `folder`."""

    def __init__(self, url: str, bound: int, folder: Path) -> None:
        self._engine = connect(url)
        self._spool = Spool(folder)
        self._bound = bound
        self._writes: deque[Write] = deque()
        self._rows = 0
        self._catching_up: asyncio.Task | None = None
        self._has_tables = False
        self._is_up = True

    @property
    def is_away(self) -> bool:
        """Whether the last try failed, or what was said meanwhile still waits."""
        return bool(self._writes) or not self._is_up

    async def begin(self) -> None:
        """Go on with what an earlier process left, and ask the database whether it is there."""
        for file, sender, rows in await asyncio.to_thread(self._spool.left):
            self._append(Write(sender, rows, file=file))
        if await self.is_reachable() and self._writes:
            self._begin_to_catch_up()

    async def write(self, write: Write) -> None:
        """Write now, or as soon as the database is back after all that waits already."""
        if not self.is_away and await self._try([write]):
            return
        if not write.rows:
            # What waits of a conversation that is forgotten need not be written at all.
            for other in [one for one in self._writes if one.sender == write.sender]:
                self._remove(other)
        write.file = await asyncio.to_thread(self._spool.keep, write.sender, write.rows)
        self._append(write)
        self._begin_to_catch_up()

    async def read(self, statement: Any) -> list[Any] | None:
        """Return what `statement` selects, None while the database is away."""
        return None if self.is_away else await self._in_thread(self._read, statement)

    async def is_reachable(self) -> bool:
        """Ask the database itself; tables that it lacks are made."""
        return await self._in_thread(self._read, sa.select(sa.literal(1))) is not None

    async def close(self) -> None:
        """Write what waits, if that can be had within `SECONDS_AT_THE_END`."""
        if self._catching_up:
            await asyncio.wait([self._catching_up], timeout=SECONDS_AT_THE_END)
            self._catching_up.cancel()
        lost = sum(write.file is None for write in self._writes)
        if lost < len(self._writes):
            logger.error("%s turns wait for the next start.", len(self._writes) - lost)
        if lost:
            logger.error("%s turns were never written.", lost)
            metrics.turns_lost.inc(lost)
        self._engine.dispose()

    def _append(self, write: Write) -> None:
        if self._rows + len(write.rows) > self._bound:
            logger.error("A turn is lost: %s events wait for the database already.", self._rows)
            metrics.turns_lost.inc()
            if write.file:
                delete(write.file)
            return
        write.has_waited = True
        self._writes.append(write)
        self._rows += len(write.rows)
        metrics.turns_waiting.set(len(self._writes))

    def _remove(self, write: Write) -> None:
        self._writes.remove(write)
        self._rows -= len(write.rows)
        if write.file:
            delete(write.file)
        metrics.turns_waiting.set(len(self._writes))

    def _begin_to_catch_up(self) -> None:
        if not self._catching_up or self._catching_up.done():
            self._catching_up = asyncio.create_task(self._catch_up())

    async def _catch_up(self) -> None:
        while self.is_away:
            first = list(islice(self._writes, AT_ONCE))
            if not await (self._try(first) if first else self.is_reachable()):
                await asyncio.sleep(SECONDS_BETWEEN_TRIES)
                continue
            for write in first:
                # It may have been forgotten meanwhile.
                if write in self._writes:
                    self._remove(write)
        logger.info("The database is back, and all that waited for it is written.")

    async def _try(self, writes: Sequence[Write]) -> bool:
        return await self._in_thread(self._write, writes) is not None

    async def _in_thread(self, function: Any, argument: Any) -> Any:
        try:
            result = await asyncio.to_thread(function, argument)
        except FAILURES as error:
            metrics.database_failures.inc()
            metrics.database_up.set(0)
            if self._is_up:
                # Its text would hold the statement with the patient's words.
                logger.error("The database of conversations failed: %s", type(error).__name__)
            self._is_up = False
            # It may come back as another one.
            self._has_tables = False
            self._begin_to_catch_up()
            return None
        self._is_up = True
        metrics.database_up.set(1)
        return result

    def _read(self, statement: Any) -> list[Any]:
        self._make_tables()
        with self._engine.connect() as connection:
            return list(connection.execute(statement))

    def _write(self, writes: Sequence[Write]) -> bool:
        self._make_tables()
        for write in writes:
            if not write.has_waited:
                with self._engine.begin() as connection:
                    _write(connection, write)
                continue
            with alone(self._engine) as connection:
                _write_late(connection, write)
        return True

    def _make_tables(self) -> None:
        if not self._has_tables:
            make_tables(self._engine)
            self._has_tables = True


def _write(connection: Connection, write: Write) -> None:
    if write.rows:
        connection.execute(_INSERT, write.rows)
    else:
        connection.execute(EVENTS.delete().where(EVENTS.c.sender_id == write.sender))


def _write_late(connection: Connection, write: Write) -> None:
    """Write what has waited before what another process wrote since then, unless it was
    written already, or the conversation was forgotten since then."""
    if not write.rows:
        _write(connection, write)
        return
    said = write.rows[0]["timestamp"]
    before, after = (
        sa.and_(EVENTS.c.sender_id == write.sender, condition)
        for condition in (EVENTS.c.timestamp < said, EVENTS.c.timestamp > said)
    )
    begins = any(row["type_name"] == SessionStarted.type_name for row in write.rows)
    goes_on = begins or connection.execute(sa.select(EVENTS.c.id).where(before)).first()
    if not goes_on or _is_known(connection, write):
        return
    columns = [EVENTS.c[name] for name in write.rows[0]]
    since = connection.execute(sa.select(*columns).where(after).order_by(EVENTS.c.id)).all()
    connection.execute(EVENTS.delete().where(after))
    connection.execute(_INSERT, [*write.rows, *(row._asdict() for row in since)])


def _is_known(connection: Connection, write: Write) -> bool:
    """Whether an earlier try got through, or another process was sent the same message."""
    first = write.rows[0]
    same = [EVENTS.c[name] == first[name] for name in ("sender_id", "timestamp", "data")]
    asked = (row["data"] for row in write.rows if row["type_name"] == UserUttered.type_name)
    message_id = next((json.loads(data).get("message_id") for data in asked), None)
    if message_id:
        named = EVENTS.c.data.contains(f'"message_id": "{message_id}"')
        same = [EVENTS.c.sender_id == write.sender, named]
    return connection.execute(sa.select(EVENTS.c.id).where(*same)).first() is not None
