"""What could not be answered comes back in groups, without what was handled."""

import sqlite3
from contextlib import closing

import pytest
from editor import lumbar
from patients import misses, save

from lumbar.settings import settings
from lumbar.studio import groups, inbox
from lumbar.studio.conversations import Turn, read_turns
from lumbar.studio.errors import StudioError
from lumbar.studio.files import apply
from lumbar.studio.misses import find_misses
from lumbar.studio.teaching import plan_examples

DRIVING = [
    "when can i drive again",
    "can i drive home after the procedure",
    "is it ok to drive the next day",
    "how soon may I drive my car after MILD?",
    "when is it safe to drive after this",
    "will i be able to drive the car the day after",
]
PARKING = [
    "where do i park",
    "is there parking at your clinic",
    "can i park my van close by",
    "do you validate parking",
]


def asked(*turns):
    """One conversation, a message every ten seconds."""
    return [
        Turn("anna", 10.0 * place, text, label, None, verdict)
        for place, (text, label, verdict) in enumerate(turns)
    ]


def reasons(*turns):
    return {miss.text: dict(miss.reasons) for miss in find_misses(asked(*turns), ["Is MILD safe?"])}


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("nlu_fallback", "not understood"),
        ("not_covered", "refused"),
        ("out_of_scope", "refused"),
    ],
)
def test_what_was_not_answered_is_there(label, reason):
    assert reasons(("may i swim", label, None)) == {"may i swim": {reason: 1}}


def test_what_was_answered_well_is_not():
    assert reasons(("is it safe", "faq/risks_safety", "up"), ("thanks", "thank", None)) == {}


def test_thumbs_down_is_there():
    assert reasons(("is it safe", "faq/risks_safety", "down")) == {"is it safe": {"thumbs down": 1}}


def test_a_person_wanted_right_after_an_answer_is_there():
    told = reasons(
        ("is it safe", "faq/risks_safety", None), ("let me talk to somebody", "human_handoff", None)
    )
    assert told == {"is it safe": {"then asked for a person": 1}}


def test_a_question_asked_again_in_other_words_is_there():
    told = reasons(
        ("how long till i can work", "faq/return_to_activity", None),
        ("no when do i go back to my job", "faq/return_to_activity", None),
        ("how much is it", "faq/cost", None),
    )
    assert told == {"how long till i can work": {"asked again": 1}}


def test_a_button_is_no_question_asked_again():
    told = reasons(
        ("is it dangerous", "faq/risks_safety", None), ("Is MILD safe?", "faq/risks_safety", None)
    )
    assert told == {}


def test_the_same_message_of_several_patients_is_counted():
    turns = [Turn(who, 1.0, "May I swim?", "not_covered") for who in ("anna", "bert")]
    turns.append(Turn("cora", 2.0, "may i swim", "not_covered"))
    (miss,) = find_misses(turns)
    assert miss.count == 3


def test_groups_are_by_meaning_largest_first_with_the_nearest_question(served_project):
    save(misses([*DRIVING, *PARKING]))
    found = inbox.read_inbox()
    assert found.messages == 10
    first, second = found.groups[:2]
    assert set(first.texts) == set(DRIVING)
    assert set(second.texts) == set(PARKING)
    assert first.nearest.startswith("faq/")
    assert 0 <= first.chance < 0.5


def test_patients_details_are_not_shown(served_project):
    text = "my name is Dorothy Miller, call 555-201-3344, may i swim"
    save(misses([text], at=2e9))
    shown = lumbar(served_project, "inbox").stdout
    assert "[name]" in shown
    for detail in ("Dorothy", "Miller", "3344"):
        assert detail not in shown
        assert detail not in (settings.state / "inbox.json").read_text(encoding="utf-8")


def test_handled_groups_stay_handled(served_project):
    save(misses([*DRIVING, *PARKING]))
    listed = inbox.read_inbox().groups
    apply(
        plan_examples(
            "not_covered", ["where is the parking garage for my truck", *listed[1].texts]
        ).change
    )
    assert [set(one.texts) for one in inbox.read_inbox().groups] == [set(DRIVING)]
    save(misses(["where can my ride park the car"], "out_of_scope", at=2e9))
    assert [set(one.texts) for one in inbox.read_inbox().groups] == [set(DRIVING)]


def test_a_group_that_was_taught_comes_back_when_its_new_model_fails_too(served_project):
    save(misses(PARKING))
    group = inbox.read_inbox().groups[0]
    apply(
        plan_examples(
            "faq/find_specialist", [*group.texts, "how do i find your parking lot"]
        ).change
    )
    assert inbox.read_inbox().groups == []
    link = settings.served
    target = link.readlink()
    link.unlink()
    link.symlink_to(target)
    save(misses(["is there a parking garage"], "nlu_fallback", at=4e9))
    assert [one.texts for one in inbox.read_inbox().groups] == [["is there a parking garage"]]


def test_nothing_to_do_is_told(served_project):
    save([("anna", 1e9, "greet", "hello", 0.05, None)])
    assert "Nothing to do" in lumbar(served_project, "inbox").stdout


def test_an_unknown_group_is_told(served_project):
    with pytest.raises(StudioError, match=r"no group 3: the inbox was not listed yet"):
        groups.read_group(3)


def test_a_database_that_is_missing_is_told(project):
    with pytest.raises(StudioError, match=r"conversations\.db: there is no database"):
        read_turns()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (None, "it has no table of events"),
        ("CREATE TABLE events (id INTEGER, sender_id TEXT)", "another version of Rasa"),
    ],
    ids=["empty", "another version"],
)
def test_another_database_is_told(project, statement, told):
    settings.state.mkdir()
    with sqlite3.connect(settings.state / "conversations.db") as database:
        if statement:
            database.execute(statement)
    with pytest.raises(StudioError, match=told):
        read_turns()


def test_no_database_at_all_is_told(project):
    settings.state.mkdir()
    (settings.state / "conversations.db").write_bytes(b"these are no tables" * 1000)
    with pytest.raises(StudioError, match="file is not a database"):
        read_turns()


def test_a_locked_database_is_told(project, monkeypatch):
    monkeypatch.setattr("lumbar.studio.conversations.SECONDS_TO_WAIT", 0.1)
    settings.state.mkdir()
    holder = sqlite3.connect(settings.state / "conversations.db", isolation_level=None)
    columns = "id, sender_id, type_name, timestamp, action_name, data"
    holder.execute(f"CREATE TABLE events ({columns})")
    holder.execute("BEGIN EXCLUSIVE")
    with closing(holder), pytest.raises(StudioError, match="keeps the database locked"):
        read_turns()
