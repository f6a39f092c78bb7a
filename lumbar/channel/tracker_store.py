"""Keeps conversations in memory, at a cost that does not grow with their length.

Rasa's own store writes out and reads back the whole conversation with every message,
and its policies look through all of it: message 200 took seven times as long as
message 5. Nothing Lumbar does looks further back than a few turns.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

KEPT = 64
"""Events of a conversation, about eight turns."""


class RecentTrackerStore(TrackerStore):
    """Keeps the last `KEPT` events of each conversation, as they are."""

    def __init__(
        self, domain: Domain, event_broker: EventBroker | None = None, **kwargs: Any
    ) -> None:
        super().__init__(domain, event_broker, **kwargs)
        self.max_event_history = KEPT
        self._events: dict[str, list[Event]] = {}

    async def save(self, tracker: DialogueStateTracker) -> None:
        await self.stream_events(tracker)
        self._events[tracker.sender_id] = list(tracker.events)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        if sender_id not in self._events:
            return None
        return DialogueStateTracker.from_events(
            sender_id,
            self._events[sender_id],
            self.domain.slots,
            max_event_history=KEPT,
            domain=self.domain,
        )

    async def keys(self) -> Iterable[str]:
        return self._events.keys()
