"""Tells which events of a conversation count, without a look at most of them.

Rasa asks it several times a message, and then holds every event against each kind that
undoes others: Lumbar's conversations hold none of these.
"""

from rasa.shared.core.events import (
    ActionReverted,
    ActiveLoop,
    Event,
    Restarted,
    SessionStarted,
    UserUtteranceReverted,
)
from rasa.shared.core.trackers import DialogueStateTracker

RESETTING = (Restarted, SessionStarted)
UNDOING = (ActionReverted, ActiveLoop, UserUtteranceReverted)

_with_undoing = DialogueStateTracker.applied_events


def _applied_events(self: DialogueStateTracker) -> list[Event]:
    events = list(self.events)
    kinds = set(map(type, events))
    if any(issubclass(kind, UNDOING) for kind in kinds):
        return _with_undoing(self)
    resets = {kind for kind in kinds if issubclass(kind, RESETTING)}
    begin = max((place for place, one in enumerate(events, 1) if type(one) in resets), default=0)
    return events[begin:]


DialogueStateTracker.applied_events = _applied_events  # type: ignore[method-assign]
