"""A conversation is kept, and its length costs nothing."""

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from lumbar.channel import tracker_store
from lumbar.channel.tracker_store import KEPT, RecentTrackerStore


def store():
    return RecentTrackerStore(Domain.load("domain.yml"))


async def test_what_was_said_is_there_with_the_next_message():
    kept = store()
    tracker = await kept.get_or_create_tracker("anna")
    tracker.update(UserUttered("how long do shots last"))
    tracker.update(SlotSet("attribute", "duration_of_relief"))
    await kept.save(tracker)
    again = await kept.retrieve("anna")
    assert again.latest_message.text == "how long do shots last"
    assert again.get_slot("attribute") == "duration_of_relief"


async def test_nobody_reads_another_ones_conversation():
    kept = store()
    tracker = await kept.get_or_create_tracker("anna")
    tracker.update(UserUttered("my name is Anna"))
    await kept.save(tracker)
    assert await kept.retrieve("bert") is None
    assert list(await kept.keys()) == ["anna"]


async def test_a_long_conversation_keeps_its_latest_turns_only():
    kept = store()
    for number in range(200):
        tracker = await kept.get_or_create_tracker("anna")
        tracker.update(UserUttered(f"question {number}"))
        tracker.update(BotUttered(f"answer {number}"))
        tracker.update(ActionExecuted("action_listen"))
        await kept.save(tracker)
    again = await kept.retrieve("anna")
    assert len(again.events) == KEPT
    assert again.latest_message.text == "question 199"


async def test_a_conversation_saved_empty_is_forgotten():
    kept = store()
    tracker = await kept.get_or_create_tracker("anna")
    tracker.update(UserUttered("my name is Anna"))
    await kept.save(tracker)
    await kept.save(DialogueStateTracker.from_events("anna", []))
    assert await kept.retrieve("anna") is None
    assert list(await kept.keys()) == []


async def test_conversations_are_bounded_and_the_silent_go_first(monkeypatch):
    monkeypatch.setattr(tracker_store, "CONVERSATIONS", 3)
    kept = store()
    for name in ("anna", "bert", "carl"):
        await kept.get_or_create_tracker(name)
    await kept.get_or_create_tracker("anna")
    await kept.get_or_create_tracker("dora")
    assert set(await kept.keys()) == {"anna", "carl", "dora"}
