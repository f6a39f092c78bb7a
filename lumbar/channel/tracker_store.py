"""Keeps conversations in memory, at a cost that does not grow with their length.

Rasa's own store writes out and reads back the whole conversation with every message,
and its policies look through all of it: message 200 took seven times as long as
message 5. Nothing Lumbar does looks further back than a few turns.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cachetools import TTLCache
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

from lumbar.settings import settings

KEPT = 64
"""Events of a conversation, about eight turns."""
CONVERSATIONS = 10_000
"""At most; the one that was silent longest goes first."""


class RecentTrackerStore(TrackerStore):
    """Keeps the last `KEPT` events of each conversation, as they are."""

    def __init__(
        self, domain: Domain, event_broker: EventBroker | None = None, **kwargs: Any
    ) -> None:
        super().__init__(domain, event_broker, **kwargs)
        self.max_event_history = KEPT
        self._events: TTLCache[str, list[Event]] = TTLCache(CONVERSATIONS, settings.session_seconds)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the conversation, or forget it when `tracker` holds no event."""
        await self.stream_events(tracker)
        if tracker.events:
            self._events[tracker.sender_id] = list(tracker.events)
        else:
            self._events.pop(tracker.sender_id, None)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        events = self._events.get(sender_id)
        if events is None:
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
