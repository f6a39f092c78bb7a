"""Teaching shows what it changes, changes nothing else, and can be taken back."""

import pytest
from editor import lumbar, snapshot
from patients import misses, save
from ruamel.yaml import YAML
from test_inbox import DRIVING

from lumbar import content
from lumbar.documents import ContentError, read_yaml
from lumbar.examples import by_label, read_examples
from lumbar.settings import settings
from lumbar.studio import inbox
from lumbar.studio.check import check
from lumbar.studio.errors import StudioError
from lumbar.studio.files import apply, undo
from lumbar.studio.teaching import NewQuestion, answer_faults, plan_examples, plan_question

FACT = "Patients may drive two days after MILD, if they take no strong pain medication"
ANSWER = "You may drive two days after MILD, if you take no strong pain medication."
TITLE = "When can I drive again?"
NEW = NewQuestion(TITLE, ANSWER, new_facts=[FACT], following=["duration", "faq/cost"])
OPTIONS = ("--title", TITLE, "--fact", FACT, "--answer", ANSWER, "--yes")


def examples(label):
    return by_label(read_examples())[label]


def lines_gone(before, after):
    """Return the lines of each file that are no longer there, in any place."""
    return {
        str(path): [line for line in text.splitlines() if line not in after[path].splitlines()]
        for path, text in before.items()
        if after[path] != text
    }


@pytest.fixture(autouse=True)
def folder(project):
    return project


def test_a_new_question_is_written_with_its_answer_fact_button_and_story(project):
    apply(plan_question(NEW, DRIVING).change)
    assert TITLE in examples("faq/drive")
    response = read_yaml(project / "domain.yml")["responses"]["utter_faq/drive"][0]
    assert response["text"] == ANSWER
    assert response["metadata"] == {"facts": ["drive"]}
    assert [button["payload"] for button in response["buttons"]] == [
        "How long does the relief last?",
        "What does MILD cost?",
    ]
    known = content.load()
    assert known.facts["drive"].text == f"{FACT}."
    assert known.facts["drive"].figures == ["2"]
    assert known.facts["drive"].source == "Atlas Pain Specialists"
    assert known.phrases.questions["faq/drive"] == TITLE
    (story,) = read_yaml(project / "tests" / "stories" / "test_taught.yml")["stories"]
    said = [step["user"].strip() for step in story["steps"] if "user" in step]
    assert said[0] == TITLE
    assert said[1] in DRIVING
    assert said[1] not in examples("faq/drive"), "what is tested was learnt"
    assert {one.rule for one in check() if one.error} <= {"examples-few"}


def test_teach_and_undo_leave_every_byte_as_it_was(project):
    before = snapshot(project)
    apply(plan_question(NEW, DRIVING).change)
    after = snapshot(project)
    assert {str(path) for path in after if after[path] != before.get(path)} == {
        *("data/nlu.yml", "data/nlu_refusals.yml", "domain.yml", "content/facts.yml"),
        *("content/phrases.yml", "tests/stories/test_taught.yml"),
    }
    undo()
    assert snapshot(project) == before


def test_comments_order_and_formatting_stay(project):
    before = snapshot(project)
    plan = plan_question(NEW, DRIVING)
    apply(plan.change)
    gone = lines_gone(before, snapshot(project))
    moved = gone.pop("data/nlu_refusals.yml")
    assert not any(gone.values())
    assert moved
    assert all("drive" in line.decode().lower() or "wheel" in line.decode() for line in moved)


def test_what_was_refused_and_asks_the_same_moves_to_the_new_question():
    refused = set(examples("not_covered"))
    apply(plan_question(NEW, DRIVING).change)
    moved = refused - set(examples("not_covered"))
    assert "can i drive after" in moved
    assert moved <= set(examples("faq/drive"))
    assert "When can I drive after back surgery?" not in moved, "that is another treatment"


def test_what_was_refused_stays_when_asked_to():
    refused = examples("not_covered")
    apply(plan_question(NEW, DRIVING, move=False).change)
    assert examples("not_covered") == refused


@pytest.mark.parametrize(
    ("label", "file"),
    [
        ("return_to_activity", "nlu.yml"),
        ("not_covered", "nlu_refusals.yml"),
        ("emergency", "nlu_red_flags.yml"),
    ],
)
def test_messages_become_examples_where_the_label_has_its_own(project, label, file):
    texts = ["am i fit to mow with the ride on mower next week", "zzz qqq pushing a pram uphill"]
    before = (project / "data" / file).read_text(encoding="utf-8")
    plan = plan_examples(label, texts)
    apply(plan.change)
    assert plan.label == (label if label in ("not_covered", "emergency") else f"faq/{label}")
    assert set(texts) <= set(examples(plan.label))
    added = (project / "data" / file).read_text(encoding="utf-8").splitlines()
    assert [line for line in added if line not in before.splitlines()] == [
        f"      - {text}" for text in texts
    ]
    (story,) = read_yaml(project / "tests" / "stories" / "test_taught.yml")["stories"]
    assert story["steps"][0] == {"user": f"{texts[0]}\n", "intent": plan.label}
    assert story["steps"][1] == {"action": "utter_faq" if "/" in plan.label else f"utter_{label}"}


def test_the_diff_tells_each_line_that_comes_and_goes():
    diff = plan_question(NEW, DRIVING).diff()
    assert "+++ content/facts.yml" in diff
    assert "+    text: Patients may drive two days after MILD" in diff
    assert "-      - can i drive after" in diff
    assert "handled" not in diff


def test_patients_details_are_not_learnt():
    apply(plan_examples("not_covered", ["my name is Dorothy Miller, is the lift working"]).change)
    assert "my name is [name], is the lift working" in examples("not_covered")


def test_nearly_the_same_message_is_learnt_once():
    texts = ["may i kneel in church on friday", "may i kneel in church on sunday"]
    plan = plan_examples("not_covered", texts)
    assert plan.notes == ["1 left out: nearly the same as another example."]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"title": " "}, "The question is empty"),
        ({"answer": ""}, "The answer is empty"),
        ({"new_facts": []}, "cites no fact"),
        ({"facts": ["medicar"]}, "Did you mean 'medicare'"),
        ({"key": "cost"}, "'faq/cost' exists already.*--to faq/cost"),
        ({"key": "Über mich"}, "small letters"),
        ({"following": ["durration"]}, "'durration'.*'faq/duration'"),
        ({"answer": "You may drive after 3 days."}, "figure 3 stands in no fact"),
        ({"answer": "You may drive {when} you like."}, "In braces, only"),
        ({"answer": "You may drive. " * 30}, "90 words: shorten it to 60"),
        ({"answer": "We guarantee that you drive."}, "“guarantee” promises"),
    ],
)
def test_what_is_wrong_with_a_new_question_is_told_and_nothing_changes(project, change, told):
    before = snapshot(project)
    new = NewQuestion(**{**NEW.__dict__, **change})
    with pytest.raises(StudioError, match=told):
        plan_question(new, DRIVING)
    assert snapshot(project) == before


def test_an_answer_that_is_fine_has_no_faults():
    assert answer_faults(ANSWER, [FACT]) == []


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["x" * 5000], "5,000 characters.*1,000"),
        (["   "], "An example is empty"),
    ],
)
def test_messages_that_teach_nothing_are_told(texts, told):
    with pytest.raises(StudioError, match=told):
        plan_examples("not_covered", texts)


def test_what_is_known_already_is_handled_and_changes_no_file(project):
    before = snapshot(project)
    plan = plan_examples("not_covered", ["can i drive after"])
    apply(plan.change)
    assert plan.notes[-1].startswith("Nothing to learn")
    assert plan.diff() == ""
    assert snapshot(project) == before


def test_an_unknown_question_is_told_with_the_nearest():
    with pytest.raises(StudioError, match=r"no question 'faq/durration'.*'faq/duration'"):
        plan_examples("faq/durration", ["how long does it keep me going then"])


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("domain.yml", "  - faq\n", "\t- faq\n", r"domain\.yml:4: .*[Tt]ab"),
        (
            "domain.yml",
            "session_config:",
            "slots: {}\nsession_config:",
            r"domain\.yml:\d+: .*twice",
        ),
        ("content/facts.yml", "# Every", "\ufeff# Every", r"facts\.yml:1: .*byte-order"),
    ],
    ids=["tab", "duplicate key", "byte-order mark"],
)
def test_a_file_edited_by_hand_that_cannot_be_read_is_named_with_its_line(
    project, name, old, new, told
):
    path = project / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    before = snapshot(project)
    with pytest.raises((ContentError, StudioError), match=told):
        plan_question(NEW, DRIVING)
    assert snapshot(project) == before


@pytest.mark.parametrize("file", ["data/nlu.yml", "domain.yml", "content/facts.yml"])
def test_windows_line_ends_stay(project, file):
    path = project / file
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    apply(plan_question(NEW, DRIVING).change)
    assert b"\n" not in path.read_bytes().replace(b"\r\n", b"")
    YAML(typ="safe").load(path.read_bytes().decode())
    assert TITLE in examples("faq/drive")


def test_one_question_after_another_is_readable():
    for number, word in enumerate(("hiking", "gardening", "bowling")):
        new = NewQuestion(f"When may I go {word}?", ANSWER, new_facts=[FACT], key=f"key_{number}")
        apply(plan_question(new, [f"{word}, when would they let me do {word} once more"]).change)
    assert {"key_0", "key_1", "key_2"} <= set(content.load().facts.by_id)
    assert {one.rule for one in check() if one.error} <= {"examples-few"}


def test_the_command_teaches_a_group_without_a_terminal(served_project):
    save(misses(DRIVING))
    inbox.read_inbox()
    done = lumbar(served_project, "teach", "1", *OPTIONS)
    assert done.returncode == 0, done.stderr
    assert "+  - intent: faq/drive" in done.stdout
    assert "Taught faq/drive" in done.stdout
    assert lumbar(served_project, "undo").stdout == "Taken back: the new question faq/drive.\n"


def test_the_command_asks_what_was_not_said_and_leaves_out_what_it_is_told(project):
    options = [option for text in DRIVING for option in ("--text", text)]
    answers = f"new\n{TITLE}\ndrive\n{FACT}\nAfter 5 days.\n{ANSWER}\n99\n2\ny\n"
    done = lumbar(project, "teach", *options, "--key", "cost", stdin=answers)
    assert done.returncode == 0, done.stderr
    assert "There is a question of this key already" in done.stdout
    assert "There is no message 99" in done.stdout
    assert "The figure 5 stands in no fact" in done.stdout
    assert DRIVING[2] in examples("faq/drive")
    assert DRIVING[1] not in examples("faq/drive")


def test_no_is_no(project):
    before = snapshot(project)
    done = lumbar(project, "teach", "--text", "is the lift working", "--not-covered", stdin="n\n")
    assert done.returncode == 1
    assert "Nothing was written" in done.stderr
    assert snapshot(project) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("teach",),
        ("teach", "1", "--text", "and a message"),
        ("teach", "--text", "is the lift working"),
        ("teach", "--text", "is the lift working", "--leave", "4", "--not-covered"),
        ("teach", "--text", "is the lift working", "--red-flag", "--not-covered"),
        ("teach", "--text", "is the lift working", "--not-covered"),
        ("teach", "--unknown"),
        ("nonsense",),
        ("report", "--from", "yesterday"),
        ("inbox", "--most", "none"),
        ("diff", "only-one"),
    ],
)
def test_wrong_use_gets_one_line_and_2(project, arguments):
    done = lumbar(project, *arguments)
    assert done.returncode == 2, done.stderr
    told = done.stderr.strip().splitlines()
    assert len(told) == 1, done.stderr
    assert "Traceback" not in done.stdout


def test_a_group_that_is_not_there_is_told(project):
    done = lumbar(project, "teach", "7", "--not-covered")
    assert done.returncode == 1
    assert "no group 7" in done.stderr


def test_nothing_is_left_in_the_state_but_the_studios_own(project):
    apply(plan_question(NEW, DRIVING).change)
    names = {path.name for path in settings.state.iterdir()}
    assert names <= {"changes", "handled.json", "studio.lock", "studio.holder"}
