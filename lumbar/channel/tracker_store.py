"""Keeps conversations, at a cost that does not grow with their length.

Rasa's own store writes out and reads back the whole conversation with every message,
and its policies look through all of it: message 200 took seven times as long as
message 5. Nothing Lumbar does looks further back than a few turns, so these stay in
memory; every event also goes into the table of Rasa's `SQLTrackerStore`, for the people
who teach the assistant, and for a conversation that outlives the process.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cachetools import TTLCache
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.exc import SQLAlchemyError

from lumbar.settings import settings

KEPT = 64
"""Events of a conversation, about eight turns."""
CONVERSATIONS = 10_000
"""At most in memory; the one that was silent longest goes first."""
RANKED = 5
"""Labels that are stored of those a message was likely to mean."""

EVENTS = SQLTrackerStore.SQLEvent.__table__

logger = logging.getLogger(__name__)


class RecentTrackerStore(TrackerStore):
    """Keeps the last `KEPT` events of each conversation as they are, and all in a database."""

    def __init__(
        self, domain: Domain, event_broker: EventBroker | None = None, **kwargs: Any
    ) -> None:
        super().__init__(domain, event_broker, **kwargs)
        self.max_event_history = KEPT
        self._events: TTLCache[str, list[Event]] = TTLCache(CONVERSATIONS, settings.session_seconds)
        self._engine = _engine(settings.database)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the conversation, or forget it when `tracker` holds no event."""
        await self.stream_events(tracker)
        sender, events = tracker.sender_id, list(tracker.events)
        if events:
            new = _after(self._events.get(sender, []), events)
            self._events[sender] = events
            if new:
                rows = [_row(sender, event) for event in new]
                await self._in_database(EVENTS.insert(), rows)
        else:
            self._events.pop(sender, None)
            await self._in_database(EVENTS.delete().where(EVENTS.c.sender_id == sender))

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        events = self._events.get(sender_id)
        if events is None:
            events = await self._stored(sender_id)
        if not events:
            return None
        return DialogueStateTracker.from_events(
            sender_id,
            events,
            self.domain.slots,
            max_event_history=KEPT,
            domain=self.domain,
        )

    async def keys(self) -> Iterable[str]:
        return self._events.keys()

    async def _stored(self, sender_id: str) -> list[Event]:
        query = (
            sa.select(EVENTS.c.data)
            .where(EVENTS.c.sender_id == sender_id)
            .order_by(EVENTS.c.id.desc())
            .limit(KEPT)
        )
        stored = await self._in_database(query)
        read = (Event.from_parameters(json.loads(data)) for data in reversed(stored))
        events = [event for event in read if event is not None]
        if events:
            self._events[sender_id] = events
        return events

    async def _in_database(self, statement: Any, rows: list[dict[str, Any]] | None = None) -> list:
        """Run `statement` beside the event loop; without the database, go on from memory."""
        try:
            return await asyncio.to_thread(self._run, statement, rows)
        except SQLAlchemyError as error:
            # Its text would hold the statement with the patient's words.
            logger.error("The database of conversations failed: %s", type(error).__name__)
            return []

    def _run(self, statement: Any, rows: list[dict[str, Any]] | None) -> list:
        with self._engine.begin() as connection:
            result = connection.execute(statement, *([rows] if rows else []))
            return list(result.scalars()) if result.returns_rows else []


def _engine(url: str) -> sa.engine.Engine:
    parts = sa.engine.make_url(url)
    if parts.get_backend_name() != "sqlite":
        engine = sa.create_engine(parts)
    else:
        Path(str(parts.database)).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        threads = {"check_same_thread": False}
        engine = sa.create_engine(parts, poolclass=sa.pool.QueuePool, connect_args=threads)
        sa.event.listen(engine, "connect", _let_others_read)
    SQLTrackerStore.Base.metadata.create_all(engine)
    return engine


def _let_others_read(connection: Any, _: Any) -> None:
    # The studio reads while the assistant writes.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _after(known: list[Event], events: list[Event]) -> list[Event]:
    """Return those of `events` that come after the last one of `known`."""
    if known:
        for place in range(len(events) - 1, -1, -1):
            if events[place] is known[-1]:
                return events[place + 1 :]
    return events


def _row(sender: str, event: Event) -> dict[str, Any]:
    """Return the event as `SQLTrackerStore` writes it, without the unlikely labels."""
    data = event.as_dict()
    parse = data.get("parse_data") or {}
    if parse:
        data["parse_data"] = {**parse, "intent_ranking": parse.get("intent_ranking", [])[:RANKED]}
        faq = parse.get("response_selector", {}).get("faq")
        if faq:
            ranking = faq.get("ranking", [])[:RANKED]
            selector = {**parse["response_selector"], "faq": {**faq, "ranking": ranking}}
            data["parse_data"]["response_selector"] = selector
    return {
        "sender_id": sender,
        "type_name": event.type_name,
        "timestamp": data.get("timestamp"),
        "intent_name": (parse.get("intent") or {}).get("name"),
        "action_name": data.get("name"),
        "data": json.dumps(data),
    }
