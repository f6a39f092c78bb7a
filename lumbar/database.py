"""The database where conversations are kept, which never keeps anyone waiting for long."""

import os
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from psycopg2 import OperationalError, extensions
from sqlalchemy.engine import Connection, Engine, make_url

SECONDS = 2
"""For a connection from the pool, to the server, and for each statement."""
CONNECTIONS = 5
"""At most of one process."""

EVENTS = sa.table(
    "events",
    *map(
        sa.column,
        ("id", "sender_id", "type_name", "timestamp", "intent_name", "action_name", "data"),
    ),
)
"""Rasa's `SQLTrackerStore` makes it."""


def connect(url: str, seconds: float = SECONDS) -> Engine:
    """Return an engine for SQLite or PostgreSQL, whose statements may take `seconds` each.

    Nothing is asked of the database yet. In PostgreSQL each statement is a transaction of its
    own, with many rows too: to begin and to commit would each be another way there and back.
    """
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        Path(str(parts.database)).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        engine = sa.create_engine(
            parts,
            poolclass=sa.pool.QueuePool,
            pool_size=CONNECTIONS,
            pool_timeout=SECONDS,
            connect_args={"check_same_thread": False, "timeout": SECONDS},
        )
        sa.event.listen(engine, "connect", _let_others_read)
        return engine
    # A server that hangs answers no time-out of its own.
    extensions.set_wait_callback(partial(_wait, seconds))
    engine = sa.create_engine(
        parts,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=SECONDS,
        isolation_level="AUTOCOMMIT",
        connect_args={"connect_timeout": SECONDS},
    )
    sa.event.listen(engine, "checkout", _refuse_closed)
    return engine


@contextmanager
def alone(engine: Engine) -> Iterator[Connection]:
    """Yield a connection whose statements are done together or not at all, and in PostgreSQL
    while no other process writes events."""
    if engine.dialect.name == "sqlite":
        with engine.begin() as connection:
            yield connection
        return
    with engine.execution_options(isolation_level="READ COMMITTED").begin() as connection:
        # If this process hangs now, others do not wait for long.
        patience = f"SET LOCAL idle_in_transaction_session_timeout = '{SECONDS}s'"
        connection.execute(sa.text(patience))
        connection.execute(sa.text(f"LOCK TABLE {EVENTS.name} IN SHARE ROW EXCLUSIVE MODE"))
        yield connection


def _let_others_read(connection: Any, _: Any) -> None:
    # The studio reads while the assistant writes.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    # What is forgotten is not left in the file.
    connection.execute("PRAGMA secure_delete=ON")


def _refuse_closed(connection: extensions.connection, *_: Any) -> None:
    """Have the pool make another connection where PostgreSQL has closed this one."""
    # Nobody asked it anything: what can be read is its farewell.
    if _happens(connection, select.POLLIN, 0):
        raise sa.exc.DisconnectionError("closed by PostgreSQL")


def _wait(seconds: float, connection: extensions.connection) -> None:
    """Wait for PostgreSQL as psycopg2 does, but not for ever.

    Raises:
        psycopg2.OperationalError: after `seconds`; the connection is then broken.
    """
    deadline = time.monotonic() + seconds
    while (state := connection.poll()) != extensions.POLL_OK:
        awaited = select.POLLIN if state == extensions.POLL_READ else select.POLLOUT
        if not _happens(connection, awaited, max(0, deadline - time.monotonic())):
            # It cannot be closed from here: psycopg2 holds it meanwhile.
            with socket.socket(fileno=os.dup(connection.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)
            raise OperationalError(f"no answer within {seconds} seconds")


def _happens(connection: extensions.connection, event: int, seconds: float) -> bool:
    """Whether `event` happens on the line within `seconds`, also beyond the 1,024th that is
    open, where `select.select` fails."""
    poll = select.poll()
    poll.register(connection, event)
    return bool(poll.poll(1000 * seconds))
