"""Reads what patients asked, from the database where Rasa keeps its trackers.

The table is the one of Rasa's `SQLTrackerStore`, in SQLite or PostgreSQL.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DatabaseError, OperationalError

from lumbar.database import EVENTS
from lumbar.settings import settings
from lumbar.studio import errors

SECONDS_TO_WAIT = 5
ROWS_AT_ONCE = 5_000


@dataclass(slots=True)
class Turn:
    """One message of a patient.

    `label` is the intent, or the FAQ key; `time` in seconds since 1970; `seconds` until
    the first reply, None without any; `verdict` "up", "down" or None.
    """

    conversation: str
    time: float
    text: str
    label: str
    seconds: float | None = None
    verdict: str | None = None


class _Intent(msgspec.Struct):
    name: str | None = None


class _Response(msgspec.Struct):
    intent_response_key: str | None = None


class _Selected(msgspec.Struct):
    response: _Response | None = None


class _Selector(msgspec.Struct):
    faq: _Selected | None = None


class _Parse(msgspec.Struct):
    intent: _Intent | None = None
    response_selector: _Selector | None = None


class _User(msgspec.Struct):
    """Of a message, only what is needed: the rest is skipped, which is most of it."""

    text: str | None = None
    message_id: str | None = None
    parse_data: _Parse | None = None


class _Verdict(msgspec.Struct):
    answer: str
    verdict: str


class _Feedback(msgspec.Struct):
    value: _Verdict | None = None


_USER = msgspec.json.Decoder(_User)
_FEEDBACK = msgspec.json.Decoder(_Feedback)


def read_turns(since: float = 0.0, until: float = float("inf")) -> list[Turn]:
    """Return the messages asked from `since` up to `until`, each conversation in order.

    Raises:
        StudioError: the database is missing, locked, or another one.
    """
    latest: dict[str, Turn] = {}
    labels: dict[str, str] = {}
    found: list[Turn] = []
    with _connected() as connection:
        verdicts = dict(_verdicts(connection))
        for sender, kind, at, data in connection.execute(_messages()):
            turn = latest.get(sender)
            if kind == "bot":
                if turn and turn.seconds is None:
                    turn.seconds = max(0.0, at - turn.time)
                continue
            user = _read(_USER, data)
            if user is None or not user.text:
                continue
            label = _label(user.parse_data)
            turn = Turn(
                turn.conversation if turn else sender,
                at,
                user.text,
                labels.setdefault(label, label),
                verdict=verdicts.get((sender, user.message_id or "")),
            )
            latest[sender] = turn
            if since <= at < until:
                found.append(turn)
    return found


def _read(decoder: msgspec.json.Decoder, data: str | None):
    """Return what `data` holds, or None when another program wrote it."""
    try:
        return decoder.decode(data or "")
    except msgspec.DecodeError:
        return None


def _label(parse: _Parse | None) -> str:
    intent = (parse and parse.intent and parse.intent.name) or ""
    selected = parse and parse.response_selector and parse.response_selector.faq
    if intent == "faq" and selected and selected.response:
        return selected.response.intent_response_key or intent
    return intent


def _verdicts(connection: Connection) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield (conversation, message id) and what the patient thought of the answer."""
    rows = EVENTS.c
    query = sa.select(rows.sender_id, rows.data).where(
        rows.type_name == "slot", rows.action_name == "feedback"
    )
    for sender, data in connection.execute(query.order_by(rows.id)):
        feedback = _read(_FEEDBACK, data)
        if feedback and feedback.value:
            yield (sender, feedback.value.answer), feedback.value.verdict


def _messages() -> sa.sql.Select:
    rows = EVENTS.c
    # Of the assistant's own words only the time is needed.
    data = sa.case((rows.type_name == "bot", None), else_=rows.data)
    columns = (rows.sender_id, rows.type_name, rows.timestamp, data)
    wanted = rows.type_name.in_(("user", "bot"))
    return sa.select(*columns).where(wanted).order_by(rows.id)


@contextmanager
def _connected() -> Iterator[Connection]:
    url = make_url(settings.database)
    shown = url.database if url.get_backend_name() == "sqlite" else repr(url)
    arguments = {}
    if url.get_backend_name() == "sqlite":
        # SQLite would make an empty file of the name.
        if not Path(url.database or "").is_file():
            raise errors.no_database(shown)
        arguments = {"timeout": SECONDS_TO_WAIT}
    engine = sa.create_engine(url, connect_args=arguments)
    try:
        _check(engine, shown)
        with engine.connect() as connection:
            yield connection.execution_options(stream_results=True, yield_per=ROWS_AT_ONCE)
    except OperationalError as error:
        if "locked" in str(error.orig):
            raise errors.locked_database(shown) from None
        raise errors.other_database(shown, str(error.orig).strip()) from None
    except DatabaseError as error:
        raise errors.other_database(shown, str(error.orig).strip()) from None
    finally:
        engine.dispose()


def _check(engine: sa.engine.Engine, shown: str) -> None:
    inspector = sa.inspect(engine)
    if not inspector.has_table("events"):
        raise errors.other_database(shown, "it has no table of events")
    missing = {column.name for column in EVENTS.c} - {
        column["name"] for column in inspector.get_columns("events")
    }
    if missing:
        raise errors.other_database(
            shown, f"its events lack {', '.join(sorted(missing))}: another version of Rasa"
        )
