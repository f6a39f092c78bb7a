"""What is to be written into the database, kept in order while it is away."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import psycopg2
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from lumbar.channel import metrics
from lumbar.channel.migration import make_tables
from lumbar.database import EVENTS, connect

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
    end of a conversation; `unsure` whether an earlier try got through."""

    sender: str
    rows: list[dict[str, Any]]
    unsure: bool = False


class Backlog:
    """Writes to and reads from the database at `url`, at most `bound` rows behind."""

    def __init__(self, url: str, bound: int) -> None:
        self._engine = connect(url)
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

    async def write(self, write: Write) -> None:
        """Write now, or as soon as the database is back after all that waits already."""
        if not self.is_away:
            if await self._try([write]):
                return
            write.unsure = True
        if not write.rows:
            # What waits of a conversation that is forgotten need not be written at all.
            for other in [one for one in self._writes if one.sender == write.sender]:
                self._remove(other)
        self._append(write)

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
        if self._writes:
            logger.error("%s turns were never written.", len(self._writes))
            metrics.turns_lost.inc(len(self._writes))
        self._engine.dispose()

    def _append(self, write: Write) -> None:
        if self._rows + len(write.rows) > self._bound:
            logger.error("A turn is lost: %s events wait for the database already.", self._rows)
            metrics.turns_lost.inc()
            return
        self._writes.append(write)
        self._rows += len(write.rows)
        metrics.turns_waiting.set(len(self._writes))

    def _remove(self, write: Write) -> None:
        self._writes.remove(write)
        self._rows -= len(write.rows)
        metrics.turns_waiting.set(len(self._writes))

    async def _catch_up(self) -> None:
        while self.is_away:
            first = list(islice(self._writes, AT_ONCE))
            if not await (self._try(first) if first else self.is_reachable()):
                for write in first:
                    write.unsure = True
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
            if not self._catching_up or self._catching_up.done():
                self._catching_up = asyncio.create_task(self._catch_up())
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
        with self._engine.begin() as connection:
            for write in writes:
                if not write.rows:
                    connection.execute(EVENTS.delete().where(EVENTS.c.sender_id == write.sender))
                elif not (write.unsure and self._is_written(connection, write)):
                    connection.execute(_INSERT, write.rows)
        return True

    def _is_written(self, connection: sa.engine.Connection, write: Write) -> bool:
        first = write.rows[0]
        same = (EVENTS.c[name] == first[name] for name in ("sender_id", "timestamp", "data"))
        return connection.execute(sa.select(EVENTS.c.id).where(*same)).first() is not None

    def _make_tables(self) -> None:
        if not self._has_tables:
            make_tables(self._engine)
            self._has_tables = True
