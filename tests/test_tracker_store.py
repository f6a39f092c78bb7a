"""A conversation is kept, and its length costs nothing."""

import logging
import sqlite3
from itertools import chain, repeat

import psycopg2
import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SessionStarted, SlotSet, UserUttered

from lumbar.channel import backlog, metrics, tracker_store
from lumbar.channel.tracker_store import KEPT, RecentTrackerStore
from lumbar.settings import settings
from lumbar.studio.conversations import read_turns


@pytest.fixture(autouse=True)
def database(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "state", tmp_path)
    monkeypatch.setattr(settings, "database", f"sqlite:///{tmp_path / 'conversations.db'}")


def store():
    return RecentTrackerStore(Domain.load("domain.yml"))


async def say(kept, text, sender="anna", message_id=None):
    tracker = await kept.get_or_create_tracker(sender, append_action_listen=False)
    if not tracker.events:
        tracker.update(SessionStarted())
    tracker.update(UserUttered(text, message_id=message_id))
    await kept.save(tracker)


def die(kept, monkeypatch):
    """Let the database be away from now on, and nobody try again."""

    def is_away(_):
        raise OSError

    monkeypatch.setattr(kept.backlog, "_write", is_away)
    monkeypatch.setattr(kept.backlog, "_begin_to_catch_up", lambda: None)


async def begin_again():
    """What another process does that takes the place of one that was killed."""
    kept = store()
    await kept.backlog.begin()
    await kept.backlog.close()


def stored():
    """What the database holds, as (sender, text) of each message."""
    return [(turn.conversation, turn.text) for turn in read_turns()]


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
    assert [text for _, text in stored()] == [f"question {number}" for number in range(200)]


async def test_a_conversation_is_forgotten():
    kept = store()
    tracker = await kept.get_or_create_tracker("anna")
    tracker.update(UserUttered("my name is Anna"))
    await kept.save(tracker)
    await kept.forget("anna")
    assert await kept.retrieve("anna") is None
    assert list(await kept.keys()) == []
    assert stored() == []


async def test_conversations_are_bounded_and_the_silent_go_first(monkeypatch):
    monkeypatch.setattr(tracker_store, "CONVERSATIONS", 3)
    kept = store()
    for name in ("anna", "bert", "carl"):
        await kept.get_or_create_tracker(name)
    await kept.get_or_create_tracker("anna")
    await kept.get_or_create_tracker("dora")
    assert set(await kept.keys()) == {"anna", "carl", "dora"}


async def test_a_conversation_goes_on_after_the_server_was_restarted():
    before = store()
    tracker = await before.get_or_create_tracker("anna")
    tracker.update(UserUttered("how long do shots last"))
    tracker.update(SlotSet("attribute", "duration_of_relief"))
    await before.save(tracker)
    after = store()
    again = await after.get_or_create_tracker("anna")
    assert again.get_slot("attribute") == "duration_of_relief"
    again.update(UserUttered("and surgery"))
    await after.save(again)
    assert stored() == [("anna", "how long do shots last"), ("anna", "and surgery")]


async def test_a_broken_database_costs_no_answer_and_tells_no_words(tmp_path, caplog):
    kept = store()
    await kept.get_or_create_tracker("bert")
    with sqlite3.connect(tmp_path / "conversations.db") as other:
        other.execute("DROP TABLE events")
    tracker = await kept.get_or_create_tracker("anna")
    tracker.update(UserUttered("my name is Anna"))
    with caplog.at_level(logging.DEBUG):
        await kept.save(tracker)
    assert (await kept.retrieve("anna")).latest_message.text == "my name is Anna"
    assert "The database of conversations failed" in caplog.text
    assert "my name is" not in caplog.text


async def test_what_waits_is_written_in_order_whatever_the_driver_fails_with(monkeypatch):
    kept = store()
    monkeypatch.setattr(backlog, "SECONDS_BETWEEN_TRIES", 0)
    write, failures = kept.backlog._write, chain([psycopg2.OperationalError, OSError], repeat(None))

    def fails_at_first(writes):
        failure = next(failures)
        if failure:
            raise failure
        return write(writes)

    monkeypatch.setattr(kept.backlog, "_write", fails_at_first)
    for number in range(3):
        await say(kept, f"question {number}")
    await kept.backlog.close()
    assert stored() == [("anna", f"question {number}") for number in range(3)]


async def test_what_waits_outlives_the_process(monkeypatch):
    kept = store()
    await say(kept, "one")
    die(kept, monkeypatch)
    await say(kept, "two")
    await say(kept, "three")
    assert stored() == [("anna", "one")]
    await begin_again()
    assert stored() == [("anna", "one"), ("anna", "two"), ("anna", "three")]
    assert list(settings.spool.iterdir()) == []


async def test_a_file_that_cannot_be_read_is_named_and_holds_up_no_other(monkeypatch, caplog):
    kept = store()
    await say(kept, "one")
    die(kept, monkeypatch)
    await say(kept, "two")
    await say(kept, "three")
    broken, *_ = sorted(settings.spool.iterdir())
    broken.write_bytes(b'["anna", [{"da')
    (settings.spool / "notes.json").write_text("what is this?", encoding="utf-8")
    await begin_again()
    assert stored() == [("anna", "one"), ("anna", "three")]
    assert f"{broken} could not be read" in caplog.text
    assert broken.exists()


async def test_what_was_said_elsewhere_since_then_comes_after_it(monkeypatch):
    kept = store()
    await say(kept, "one")
    die(kept, monkeypatch)
    await say(kept, "two")
    await say(kept, "three")
    await say(store(), "four")
    assert stored() == [("anna", "one"), ("anna", "four")]
    await begin_again()
    assert stored() == [("anna", text) for text in ("one", "two", "three", "four")]


async def test_a_message_that_was_sent_again_elsewhere_is_kept_once(monkeypatch):
    kept = store()
    await say(kept, "one")
    die(kept, monkeypatch)
    await say(kept, "two", message_id="abc")
    await say(store(), "two", message_id="abc")
    await begin_again()
    assert stored() == [("anna", "one"), ("anna", "two")]


async def test_what_was_forgotten_elsewhere_since_then_is_not_written(monkeypatch):
    kept = store()
    await say(kept, "one")
    die(kept, monkeypatch)
    await say(kept, "two")
    other = store()
    await other.forget("anna")
    await say(other, "three")
    await begin_again()
    assert stored() == [("anna", "three")]


async def test_who_forgets_while_the_database_is_away_is_forgotten(monkeypatch):
    kept = store()
    await say(kept, "one")
    die(kept, monkeypatch)
    await say(kept, "two")
    await kept.forget("anna")
    await begin_again()
    assert stored() == []


async def test_where_no_file_can_be_written_a_turn_waits_in_memory(monkeypatch, caplog, tmp_path):
    kept = store()
    (tmp_path / "waiting").write_text("in the way")
    with monkeypatch.context() as while_away:
        die(kept, while_away)
        await say(kept, "one")
    assert "A turn waits in memory only" in caplog.text
    kept.backlog._begin_to_catch_up()
    await kept.backlog.close()
    assert stored() == [("anna", "one")]


async def test_more_turns_than_may_wait_are_counted_as_lost(monkeypatch, caplog):
    monkeypatch.setattr(settings, "waiting", 4)
    kept = store()

    def is_away(_):
        raise OSError

    monkeypatch.setattr(kept.backlog, "_write", is_away)
    before = metrics.turns_lost._value.get()
    for number in range(6):
        tracker = await kept.get_or_create_tracker("anna")
        tracker.update(UserUttered(f"question {number}"))
        await kept.save(tracker)
    assert metrics.turns_lost._value.get() > before
    assert "A turn is lost" in caplog.text
    assert "question" not in caplog.text
    kept.backlog._catching_up.cancel()
