"""Patients whose conversations are saved as the website's server saves them."""

import asyncio
from collections.abc import Iterable
from functools import cache

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, SlotSet, UserUttered

from lumbar.channel.tracker_store import RecentTrackerStore
from lumbar.settings import ROOT

Asked = tuple[str, float, str, str, float | None, str | None]
"""Conversation, seconds since 1970, label, text, seconds until the reply, verdict."""


def save(asked: Iterable[Asked]) -> None:
    asyncio.run(_save(asked))


def misses(texts: Iterable[str], label: str = "not_covered", at: float = 1e9) -> list[Asked]:
    """Return each text as a conversation of its own, a minute apart."""
    return [
        (f"{label} {number}", at + 60 * number, label, text, 0.05, None)
        for number, text in enumerate(texts)
    ]


@cache
def _domain() -> Domain:
    return Domain.load(str(ROOT / "domain.yml"))


async def _save(asked: Iterable[Asked]) -> None:
    store = RecentTrackerStore(_domain())
    for number, (who, at, label, text, wait, verdict) in enumerate(asked):
        intent = label.partition("/")[0]
        selected = {"faq": {"response": {"intent_response_key": label}}}
        parse = {"intent": {"name": intent}, "response_selector": selected}
        tracker = await store.get_or_create_tracker(who)
        said = UserUttered(text, {"name": intent}, [], parse, at, message_id=f"m{number}")
        tracker.update(said)
        if wait is not None:
            tracker.update(BotUttered("An answer.", timestamp=at + wait))
        if verdict:
            feedback = {"answer": f"m{number}", "verdict": verdict}
            tracker.update(SlotSet("feedback", feedback, timestamp=at + 5))
        await store.save(tracker)
