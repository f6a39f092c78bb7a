"""Every rule finds its fault, says where it is, and what to do about it."""

import json
import subprocess
import sys
from typing import NamedTuple

import editor
import numpy as np
import pytest

from lumbar.channel.requests import MAX_TEXT
from lumbar.language.pipeline import MAX_CHARACTERS
from lumbar.settings import settings
from lumbar.studio.check import check
from lumbar.studio.rules import examples, likeness
from lumbar.studio.rules.project import Example, Project

CLINIC, FACTS, TREATMENTS, PHRASES = (
    f"content/{name}.yml" for name in ("clinic", "facts", "treatments", "phrases")
)
DOMAIN, NLU, RULES = "domain.yml", "data/nlu.yml", "data/rules.yml"
SMALL_TALK, STORIES = "data/nlu_small_talk.yml", "tests/stories/test_every_intent.yml"

HARD = (
    "Interdisciplinary considerations regarding individualized rehabilitation necessitate "
    "comprehensive multidimensional evaluation."
)
ASKED = "      - Is it surgery?\n"
COST = "        intent: faq/cost"
GREET = "      - intent: greet\n"
COST_EXAMPLES = "  - intent: faq/cost\n    examples: |\n"


class Fault(NamedTuple):
    """In `file`, `new` is planted for `old`. `rule` tells it in the first line with `line`
    that follows one with `after`, in `told_in` if not in `file`."""

    rule: str
    file: str
    old: str
    new: str
    line: str
    remedy: str
    after: str = ""
    told_in: str = ""
    error: bool = True


FAULTS = {
    "a tab": Fault("file", CLINIC, "name: ", "name:\n\t", "\t", "Indent it with spaces"),
    "a key twice": Fault(
        "file", CLINIC, "name: ", 'emergency_number: "1"\nname: ', '"911"', "Keep one of the two."
    ),
    "a byte-order mark": Fault("file", PHRASES, "# What", "\ufeff# What", "# What", "“UTF-8”"),
    "an unseen letter": Fault("file", CLINIC, "Atlas", "At\x00las", "At\x00las", "anew"),
    "broken YAML": Fault("file", CLINIC, "Atlas", "At: las", "At: las", "colons and quotes"),
    "no date": Fault("file", CLINIC, "Atlas Pain Specialists", "2024-13-45", "13-45", "in quotes"),
    "an unknown key of the clinic": Fault(
        *("file", CLINIC, "emergency_number:", "emergency_nmber:", "emergency_nmber"),
        "Did you mean 'emergency_number'?",
    ),
    "a missing key of a fact": Fault(
        "file", FACTS, "    section: Introduction\n", "", "id: mild_name", "Add it."
    ),
    "a fact that is no sentence": Fault(
        "file", FACTS, "no stitches.", "no stitches", "no stitches", "Correct the value."
    ),
    "a fact twice": Fault(
        *("file", FACTS, "id: mild_kind", "id: mild_name", "id: mild_name", "another id"),
        after="text: MILD is short",
    ),
    "unknown evidence": Fault(
        *("file", FACTS, "[spine_journal]", "[spine_jurnal]", "spine_jurnal"),
        "Did you mean 'spine_journal'?",
    ),
    "an unknown fact of a treatment": Fault(
        *("file", TREATMENTS, "facts: [physical_therapy]", "facts: [physical_terapy]"),
        *("physical_terapy", "Did you mean 'physical_therapy'?"),
    ),
    "an unknown placeholder of a phrase": Fault(
        *("file", PHRASES, "person, {clinic_contact}", "person, {clinic_contct}"),
        *("fallback_again", "Correct the value."),
    ),
    "an unknown key of an answer's metadata": Fault(
        *("file", DOMAIN, "        more:", "        moer:", "moer", "Did you mean 'more'?"),
    ),
    "an unknown key of an answer": Fault(
        "file", DOMAIN, "      buttons:", "      bottons:", "bottons", "Did you mean 'buttons'?"
    ),
    "an unknown key of examples": Fault(
        *("file", NLU, "    examples: |", "    remark: x\n    examples: |", "remark: x"),
        "Correct or remove it.",
    ),
    "a label without its examples": Fault(
        *("file", NLU, "- intent: faq/cost\n", "- intent: faq/price\n  - intent: faq/cost\n"),
        *("intent: faq/price", "Add it."),
    ),
    "an unknown key of a rule": Fault(
        "file", RULES, "    steps:", "    stpes:", "stpes", "Did you mean 'steps'?"
    ),
    "a line without a dash": Fault(
        *("example-line", NLU, ASKED, "      Is it surgery?\n", "Is it surgery?"),
        "Begin the line with a dash",
    ),
    "an empty example": Fault(
        *("example-line", NLU, ASKED, "      -\n", "      -", "remove the line"),
        after="MILD stands for what?",
    ),
    "examples that are not line by line": Fault(
        *("file", NLU, "examples: |", "examples: >", "examples: >", "`examples: |`"),
    ),
    "an unknown fact": Fault(
        *("fact-unknown", DOMAIN, "facts: [mild_name,", "facts: [mild_nam,", "mild_nam,"),
        "Did you mean 'mild_name'?",
    ),
    "an unknown fact to tell next": Fault(
        *("fact-unknown", DOMAIN, "more: [in_between,", "more: [in_betwen,", "in_betwen,"),
        "Did you mean 'in_between'?",
    ),
    "a fact to tell next that was told": Fault(
        *("fact-repeated", DOMAIN, "more: [in_between,", "more: [in_between, mild_name,"),
        *("in_between, mild_name", "Remove it from `more`"),
    ),
    "an answer without a fact": Fault(
        *("fact-missing", DOMAIN, "        facts: [five_years, study_2018, depends_on]\n", ""),
        *("- text", "`metadata: facts`", "utter_faq/duration"),
    ),
    "a figure of no fact": Fault(
        *("figure", DOMAIN, "relief lasts five", "relief lasts nine", "- text"),
        *("Cite the fact that has it", "utter_faq/duration"),
    ),
    "a figure in small talk": Fault(
        *("figure", DOMAIN, "I am here", "I am here 24 hours,", "24 hours", "leave it out"),
    ),
    "a known name of no fact": Fault(
        *("name", DOMAIN, "shared by Cleveland Clinic", "shared by Medicare", "- text"),
        *("Cite the fact that has it", "utter_faq/duration"),
    ),
    "another name of no fact": Fault(
        *("name", DOMAIN, "shared by Cleveland Clinic", "shared by Harvard", "- text"),
        *("Cite the fact that has it", "utter_faq/duration"),
        error=False,
    ),
    "too many words": Fault(
        *("length", DOMAIN, "text: Goodbye", "text: " + "Take it slow now. " * 20 + "Goodbye"),
        *("Goodbye", "Shorten it to 60"),
    ),
    "a hard answer": Fault(
        *("grade", DOMAIN, "text: Goodbye", f"text: {HARD} Goodbye", "Goodbye"),
        "shorter sentences",
    ),
    "a hard fact that is told by itself": Fault(
        "grade", FACTS, "FDA-cleared.", f"FDA-cleared. {HARD}", HARD, "shorter sentences"
    ),
    "a promise": Fault(
        *("promise", DOMAIN, "text: Goodbye", "text: It always works. Goodbye", "Goodbye"),
        "leave the choice",
    ),
    "an unknown placeholder": Fault(
        *("placeholder", DOMAIN, "person, {clinic_contact}.", "person, {clinic_contct}.", "- text"),
        *("Did you mean '{clinic_contact}'?", "utter_human_handoff"),
    ),
    "figures that are not in the text": Fault(
        *("fact-figures", FACTS, 'figures: ["50"]', 'figures: ["60"]', '["60"]'),
        'Write `figures: ["50"]`.',
    ),
    "figures that are not listed": Fault(
        *("fact-figures", FACTS, '    figures: ["50"]\n', "", "common in adults over 50"),
        'Write `figures: ["50"]`.',
    ),
    "a fact that is told nowhere": Fault(
        *("fact-untold", DOMAIN, "recovery_quick, "),
        *("", "id: recovery_quick", "Cite it"),
        told_in=FACTS,
        error=False,
    ),
    "evidence of nothing": Fault(
        *("evidence-unused", FACTS, "  pmc_review:", "  more: A study\n  pmc_review:"),
        *("more: A study", "remove it"),
        error=False,
    ),
    "another figure than in the table": Fault(
        "cell-figures", TREATMENTS, "6–12 weeks.", "6–14 weeks.", "6–14", "the same figures in both"
    ),
    "a name of two treatments": Fault(
        *("name-twice", TREATMENTS, "      - laminectomy\n", "      - mild\n", "- mild"),
        *("the one that patients mean", "laminectomy:"),
    ),
    "an example of two labels": Fault(
        *(
            "example-twice",
            SMALL_TALK,
            "      - Good morning\n",
            "      - IS it surgery\n",
            "IS it surgery",
        ),
        "docs/intents.md",
    ),
    "an example twice": Fault(
        *("example-twice", NLU, ASKED, ASKED * 2, "Is it surgery?", "docs/intents.md"),
        after="Is it surgery?",
    ),
    "an example with one other word": Fault(
        *("example-alike", NLU, ASKED, "      - MILD is for what?\n", "MILD is for what?"),
        "in other words",
    ),
    "nearly an example of another question": Fault(
        *("example-alike", NLU, "- intent: faq/cost\n    examples: |\n"),
        "- intent: faq/cost\n    examples: |\n      - What sort of treatments is MILD?\n",
        *("What sort of treatments is", "docs/intents.md"),
    ),
    "a long example": Fault(
        *("example-long", NLU, ASKED, f"      - {'Is it surgery? ' * 67}\n"),
        *("Is it surgery? Is", "Shorten it"),
    ),
    "a button that leads nowhere": Fault(
        *("button", DOMAIN, "payload: Who is MILD for?", "payload: Who is MILD four?"),
        *("MILD four?", "Did you mean 'Who is MILD for?'"),
    ),
    "a button with an intent": Fault(
        *("button", DOMAIN, "payload: Who is MILD for?", "payload: /faq"),
        *("/faq", "Correct or remove it."),
    ),
    "a question that is taken for another": Fault(
        *("button", PHRASES, "What does MILD cost?", "define mild", "define mild"),
        "Word it as patients ask 'faq/cost'",
    ),
    "a question that is no example": Fault(
        *("question-untaught", PHRASES, "What does MILD cost?", "And the money?"),
        *("And the money?", "Add it to the examples"),
        error=False,
    ),
    "a key without a question": Fault(
        *("question-missing", PHRASES, "  faq/fda: Is MILD cleared by the FDA?\n", ""),
        *("intent: faq/fda", "content/phrases.yml"),
        told_in=NLU,
        error=False,
    ),
    "a question of no label": Fault(
        "question-unknown",
        PHRASES,
        "faq/cost:",
        "faq/csot:",
        "faq/csot:",
        "Did you mean 'faq/cost'?",
    ),
    "an answer without examples": Fault(
        *("examples-missing", DOMAIN, "  utter_emergency:\n"),
        "  utter_faq/csot:\n    - text: Ask us.\n      metadata:\n        facts: [cost_varies]\n"
        "  utter_emergency:\n",
        *("utter_faq/csot", "Did you mean 'faq/cost'?"),
    ),
    "an intent without examples": Fault(
        *("examples-missing", DOMAIN, "intents:\n", "intents:\n  - gret\n", "- gret"),
        "Did you mean 'greet'?",
    ),
    "a key without an answer": Fault(
        *("answer-missing", DOMAIN, "utter_faq/fda:", "utter_faq_fda:", "intent: faq/fda"),
        "`utter_faq/fda`",
        told_in=NLU,
    ),
    "an intent that is not declared": Fault(
        *("intent-unknown", DOMAIN, "  - greet:\n      use_entities: []\n", "", "intent: greet"),
        "`intents` of domain.yml",
        told_in=SMALL_TALK,
    ),
    "an intent without a rule": Fault(
        *("rule-missing", RULES, GREET, "", "intent: greet", "`- intent: greet`"),
        told_in=SMALL_TALK,
    ),
    "a rule with an unknown answer": Fault(
        *("answer-missing", RULES, "utter_help", "utter_hlep", "utter_hlep"),
        "Did you mean 'utter_help'?",
    ),
    "a rule for an unknown intent": Fault(
        *("examples-missing", RULES, GREET, GREET.replace("greet", "gret") + GREET, "gret\n"),
        "Did you mean 'greet'?",
    ),
    "a label without a test story": Fault(
        *("story-missing", STORIES, COST, COST.replace("cost", "age"), "intent: faq/cost", STORIES),
        told_in=NLU,
    ),
}


@pytest.fixture
def small_project(tmp_path, monkeypatch):
    folder = editor.small_project(tmp_path / "project")
    monkeypatch.setattr(settings, "project", folder)
    monkeypatch.setattr(settings, "content", folder / "content")
    return folder


def edit(project, file, old, new):
    path = project / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} has no {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(path, text, after=""):
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    start = next(place for place, line in enumerate(lines) if after in line) + bool(after)
    return next(place for place, line in enumerate(lines[start:], start + 1) if text in line)


def errors(found):
    return [one for one in found if one.error]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_rule_line_and_remedy(small_project, fault):
    edit(small_project, fault.file, fault.old, fault.new)
    file = fault.told_in or fault.file
    line = line_of(small_project / file, fault.line, fault.after)
    found = check()
    told = [one for one in found if (one.rule, str(one.path), one.line) == (fault.rule, file, line)]
    assert told, f"line {line}: " + "\n".join(map(str, errors(found)))
    assert fault.remedy in told[0].remedy, told[0]
    assert told[0].error == fault.error
    assert {one.rule for one in errors(found)} <= {fault.rule}, errors(found)


def test_a_file_in_another_encoding_is_told(small_project):
    path = small_project / CLINIC
    path.write_bytes(path.read_text().replace("Atlas", "Clínica").encode("latin-1"))
    (told,) = errors(check())
    assert (told.rule, told.line) == ("file", line_of_bytes(path, b"name: "))
    assert "encoding UTF-8" in told.remedy


def line_of_bytes(path, text):
    return path.read_bytes().split(text)[0].count(b"\n") + 1


def test_a_missing_file_is_told(small_project):
    (small_project / RULES).unlink()
    (told,) = errors(check())
    assert (told.rule, str(told.path)) == ("file", RULES)
    assert "Restore it" in told.remedy


def test_of_a_file_with_an_error_the_rest_is_checked(small_project):
    edit(small_project, DOMAIN, "        more:", "        moer:")
    edit(small_project, DOMAIN, "text: Goodbye", "text: It always works. Goodbye")
    edit(small_project, NLU, "    examples: |", "    remark: x\n    examples: |")
    edit(small_project, NLU, COST_EXAMPLES, COST_EXAMPLES + "      - What does mild cost\n")
    assert sorted(one.rule for one in errors(check())) == [
        "example-twice",
        "file",
        "file",
        "promise",
    ]


@pytest.mark.parametrize(("left", "error"), [(0, True), (4, True), (5, False)])
def test_too_few_examples_are_told(small_project, left, error):
    path = small_project / NLU
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    start = line_of(path, COST_EXAMPLES.splitlines()[0]) + 1
    del lines[start + left : start + 12]
    path.write_text("".join(lines), encoding="utf-8")
    told = [one for one in check() if one.rule == "examples-few" and "'faq/cost'" in one.text]
    assert [(one.error, one.line) for one in told] == [(error, start - 1)]
    assert f"has {left} examples" in told[0].text
    assert "in other words each" in told[0].remedy


def test_a_story_of_an_unknown_label_is_told(small_project):
    edit(small_project, STORIES, COST, f"{COST}\n      - user: x\n        intent: faq/csot")
    (told,) = errors(check())
    assert (told.rule, str(told.path)) == ("examples-missing", STORIES)
    assert told.line == line_of(small_project / STORIES, "faq/csot") - 1
    assert "Did you mean 'faq/cost'?" in told.remedy


def test_examples_are_as_long_as_patients_may_type():
    assert examples.LONGEST == MAX_TEXT == MAX_CHARACTERS


def test_an_example_among_those_of_another_question_is_told(project):
    planted = "      - Ballpark, what would the decompression set a person back in dollars?\n"
    block = "- intent: faq/anesthesia\n    examples: |\n"
    edit(project, NLU, block, block + planted)
    told = [one for one in check() if one.rule == "example-elsewhere"]
    (ours,) = [one for one in told if "Ballpark" in one.text]
    assert ours.line == line_of(project / NLU, planted)
    assert "Move it to 'faq/cost'" in ours.remedy
    assert not ours.error


def test_most_examples_under_a_wrong_label_are_told_and_hardly_any_other():
    project = Project()
    names, labels = np.unique([one.label for one in project.examples], return_inverse=True)
    answered = [one for one, name in enumerate(names) if name.startswith(likeness.FAQ)]
    chance = np.random.default_rng(0)
    planted = chance.choice(len(labels), 50, replace=False)
    for place in planted:
        wrong = names[chance.choice([one for one in answered if one != labels[place]])]
        example = project.examples[place]
        project.examples[place] = Example(example.text, wrong, example.path, example.line)
    told = {(str(one.path), one.line) for one in likeness.check(project, print)}
    ours = {project.examples[place].where for place in planted}
    found = {f"{path}:{line}" for path, line in told}
    assert len(found & ours) >= 30
    assert len(found - ours) <= 5


def test_the_project_has_no_error_and_few_warnings():
    found = check()
    assert not errors(found)
    assert len(found) <= 10, found


def test_the_command_ends_with_1_for_an_error_and_tells_it_in_a_line(small_project):
    done = editor.lumbar(small_project, "check")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("no errors, ")
    edit(small_project, DOMAIN, "text: Goodbye", "text: It always works. Goodbye")
    done = editor.lumbar(small_project, "check")
    assert done.returncode == 1, done.stderr
    line = line_of(small_project / DOMAIN, "Goodbye")
    assert f"{DOMAIN}:{line}: [error] “always works” promises, diagnoses or advises." in done.stdout
    assert done.stdout.splitlines()[-1].startswith("1 error, ")


def test_the_command_tells_it_as_json(small_project):
    edit(small_project, CLINIC, "Atlas", "At: las")
    done = editor.lumbar(small_project, "check", "--json")
    assert done.returncode == 1, done.stderr
    (told,) = [one for one in json.loads(done.stdout) if one["error"]]
    assert (told["rule"], told["path"]) == ("file", CLINIC)
    assert told["line"] == line_of(small_project / CLINIC, "At: las")
    assert set(told) == {"rule", "error", "path", "line", "text", "remedy"}


def test_it_needs_neither_rasa_nor_spacy(project):
    heavy = {"rasa", "spacy", "tensorflow", "sklearn", "sanic"}
    code = (
        "import sys; from lumbar.studio.check import check; check(); "
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=editor.of(project),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
