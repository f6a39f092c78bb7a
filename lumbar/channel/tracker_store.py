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
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from cachetools import TTLCache
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from lumbar.channel.backlog import Backlog, Write
from lumbar.database import EVENTS
from lumbar.settings import settings

KEPT = 64
"""Events of a conversation, about eight turns."""
CONVERSATIONS = 500
"""At most in memory, some 40 kB each; the one that was silent longest goes first."""
SECONDS_BESIDE_OTHERS = 600
"""In memory at most where another process may have been told to forget it."""
RANKED = 5
"""Labels that are kept of those a message was likely to mean."""


@dataclass
class _Recent:
    """A conversation's last events; of their rows `last` is the latest whose id is known,
    and `written` came after it."""

    events: list[Event]
    last: int | None = None
    written: int = 0


class RecentTrackerStore(TrackerStore):
    """Keeps the last `KEPT` events of each conversation as they are, and all in a database."""

    def __init__(
        self, domain: Domain, event_broker: EventBroker | None = None, **kwargs: Any
    ) -> None:
        super().__init__(domain, event_broker, **kwargs)
        self.max_event_history = KEPT
        seconds = SECONDS_BESIDE_OTHERS if settings.redis else settings.session_seconds
        self._recent: TTLCache[str, _Recent] = TTLCache(CONVERSATIONS, seconds)
        self.backlog = Backlog(settings.database, settings.waiting, settings.spool)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep what is new; when it returns, and even if nobody waits for that any more, the
        database has it or it waits for the database."""
        await self.stream_events(tracker)
        sender, events = tracker.sender_id, list(tracker.events)
        recent = self._recent.pop(sender, None) or _Recent([])
        new = _after(recent.events, events)
        for event in new:
            _trim(event)
        rows = [_row(sender, event) for event in new]
        # Rasa also saves a conversation that has not begun.
        if events:
            self._recent[sender] = _Recent(events, recent.last, recent.written + len(rows))
        if rows:
            await _to_its_end(self.backlog.write(Write(sender, rows)))

    async def forget(self, sender_id: str) -> None:
        """Delete the conversation, here and in the database."""
        self._recent.pop(sender_id, None)
        await _to_its_end(self.backlog.write(Write(sender_id, [])))

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        events = await self.events(sender_id)
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
        return self._recent.keys()

    async def events(self, sender_id: str) -> list[Event]:
        """Return the last `KEPT` events, from memory where they are."""
        recent = self._recent.get(sender_id) or await self._stored(sender_id)
        return recent.events

    async def refresh(self, sender_id: str) -> None:
        """Drop from memory what another process has gone on with, or has forgotten."""
        recent = self._recent.get(sender_id)
        if recent is None or not settings.redis:
            return
        since = EVENTS.c.id >= (recent.last or 0)
        query = sa.select(EVENTS.c.id).where(EVENTS.c.sender_id == sender_id, since)
        rows = await self.backlog.read(query.order_by(EVENTS.c.id))
        if rows is None:
            return
        ids = [row.id for row in rows]
        expected = [] if recent.last is None else [recent.last]
        new = ids[len(expected) :]
        if ids[: len(expected)] != expected or len(new) != recent.written:
            del self._recent[sender_id]
        elif new:
            recent.last, recent.written = new[-1], 0

    async def _stored(self, sender_id: str) -> _Recent:
        query = (
            sa.select(EVENTS.c.id, EVENTS.c.data)
            .where(EVENTS.c.sender_id == sender_id)
            .order_by(EVENTS.c.id.desc())
            .limit(KEPT)
        )
        rows = await self.backlog.read(query) or []
        read = (Event.from_parameters(json.loads(row.data)) for row in reversed(rows))
        recent = _Recent([event for event in read if event is not None])
        if recent.events:
            recent.last = rows[0].id
            self._recent[sender_id] = recent
        return recent


async def _to_its_end(write: Coroutine[Any, Any, None]) -> None:
    """Await `write`; a visitor who leaves meanwhile cannot end it, and until it is done
    nobody else goes on with the conversation."""
    writing = asyncio.ensure_future(write)
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        await writing
        raise


def _after(known: list[Event], events: list[Event]) -> list[Event]:
    """Return those of `events` that come after the last one of `known`."""
    if known:
        for place in range(len(events) - 1, -1, -1):
            if events[place] is known[-1]:
                return events[place + 1 :]
    return events


def _row(sender: str, event: Event) -> dict[str, Any]:
    """Return the event as `SQLTrackerStore` writes it."""
    data = event.as_dict()
    parse = data.get("parse_data") or {}
    return {
        "sender_id": sender,
        "type_name": event.type_name,
        "timestamp": data.get("timestamp"),
        "intent_name": (parse.get("intent") or {}).get("name"),
        "action_name": data.get("name"),
        "data": json.dumps(data),
    }


def _trim(event: Event) -> None:
    """Forget the unlikely labels of a message, which would be sent with every action."""
    if not isinstance(event, UserUttered):
        return
    parse: dict[str, Any] = event.parse_data  # type: ignore[assignment]
    faq = parse.get("response_selector", {}).get("faq", {})
    for part, name in ((parse, "intent_ranking"), (faq, "ranking")):
        if name in part:
            part[name] = part[name][:RANKED]
