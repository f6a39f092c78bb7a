"""The training data is whole: nothing without an answer, examples, a fact or a story."""

import subprocess
import sys

import yaml
from test_answers import KEYS

from lumbar.serving import action_server, environment
from lumbar.settings import ROOT
from lumbar.studio.rules import examples as rules_of_examples
from lumbar.studio.rules import questions, wholeness
from lumbar.studio.rules.project import Project

OTHERS = [
    *("compare_treatments", "emergency", "not_covered", "out_of_scope", "non_english"),
    *("human_handoff", "ask_source", "ask_more", "repeat", "greet", "goodbye", "thank"),
    *("bot_challenge", "help", "affirm", "deny"),
]
BROAD = {"compare_treatments", "not_covered", "out_of_scope", "emergency"}


def rules():
    return yaml.safe_load((ROOT / "data" / "rules.yml").read_text(encoding="utf-8"))["rules"]


def test_every_key_has_at_least_100_examples_and_the_broad_intents_200(examples):
    for key in KEYS:
        assert len(examples[f"faq/{key}"]) >= 100, key
    for label in OTHERS:
        assert len(examples[label]) >= (200 if label in BROAD else 40), label


def test_examples_buttons_rules_and_stories_keep_the_rules():
    project = Project()
    found = [*project.found, *rules_of_examples.check(project), *wholeness.check(project)]
    assert not found
    assert not [one for one in questions.check(project) if one.error]


def test_the_labels_are_those_of_the_answers_and_the_other_intents(examples, domain):
    answered = {name for name in domain["responses"] if name.startswith("utter_faq/")}
    assert set(examples) == {name.removeprefix("utter_") for name in answered} | set(OTHERS)


def test_every_custom_action_has_a_sentence_for_when_its_server_is_away(domain):
    for action in domain["actions"]:
        away = [
            rule
            for rule in rules()
            if {"action": action} in rule["steps"]
            and {"action": "utter_unavailable"} in rule["steps"]
        ]
        assert away, action


def test_every_declared_action_exists(domain):
    from rasa_sdk.executor import ActionExecutor

    executor = ActionExecutor()
    executor.register_package("actions")
    assert set(domain["actions"]) == set(executor.actions)


def test_rasa_finds_nothing_to_warn_about():
    check = subprocess.run(
        [sys.executable, "-m", "rasa", "data", "validate", "--fail-on-warnings"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    output = check.stdout + check.stderr
    assert check.returncode == 0, output[-2000:]
    assert "UserWarning" not in output, output[-2000:]


def test_every_test_story_passes(tmp_path, talking_assistant):
    with action_server() as endpoints:
        check = subprocess.run(
            [
                *(sys.executable, "-m", "rasa", "test", "core", "--fail-on-prediction-errors"),
                *("--model", "models/lumbar.tar.gz", "--stories", "tests/stories"),
                *("--endpoints", str(endpoints), "--out", str(tmp_path)),
            ],
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    failed = tmp_path / "failed_test_stories.yml"
    assert check.returncode == 0, (failed.read_text() if failed.exists() else check.stderr)[-3000:]
