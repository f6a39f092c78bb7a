"""The training data is whole: nothing without an answer, examples, a fact or a story."""

import re
import subprocess
import sys

import yaml
from rapidfuzz import fuzz

from lumbar.content import load
from lumbar.serving import action_server, environment
from lumbar.settings import ROOT

OTHERS = [
    *("compare_treatments", "emergency", "not_covered", "out_of_scope", "non_english"),
    *("human_handoff", "ask_source", "ask_more", "repeat", "greet", "goodbye", "thank"),
    *("bot_challenge", "help", "affirm", "deny"),
]
BROAD = {"compare_treatments", "not_covered", "out_of_scope", "emergency"}


def words(text):
    return re.findall(r"\w+", text.lower())


def stories():
    for path in sorted((ROOT / "tests" / "stories").glob("test_*.yml")):
        yield from yaml.safe_load(path.read_text(encoding="utf-8"))["stories"]


def rules():
    return yaml.safe_load((ROOT / "data" / "rules.yml").read_text(encoding="utf-8"))["rules"]


def test_every_key_has_at_least_100_examples_and_the_broad_intents_200(examples):
    for label, texts in examples.items():
        if label.startswith("faq/"):
            assert len(texts) >= 100, label
        if label in BROAD:
            assert len(texts) >= 200, label
        assert len(texts) >= 40, label


def test_no_example_is_empty_or_stands_twice(examples):
    seen = {}
    for label, texts in examples.items():
        for text in texts:
            key = " ".join(words(text)) or text
            assert key.strip()
            assert key not in seen, f"{text!r} stands under {seen[key]} and {label}"
            seen[key] = label


def test_no_two_examples_of_an_intent_differ_in_one_word_only(examples):
    for label, texts in examples.items():
        by_length = {}
        for text in texts:
            by_length.setdefault(len(words(text)), []).append(words(text))
        for length, group in by_length.items():
            if length < 4:
                continue
            masked = {}
            for one in group:
                for place in range(length):
                    key = (place, *one[:place], *one[place + 1 :])
                    other = masked.setdefault(key, one)
                    assert other is one, f"{label}: {' '.join(one)!r} and {' '.join(other)!r}"


def test_examples_of_two_keys_are_not_nearly_the_same(examples):
    short = [
        (" ".join(words(text)), label)
        for label, texts in examples.items()
        for text in texts
        if label.startswith("faq/") and len(words(text)) > 5
    ]
    by_start = {}
    for text, label in short:
        by_start.setdefault(text[:12], []).append((text, label))
    for group in by_start.values():
        for index, (text, label) in enumerate(group):
            for other, other_label in group[index + 1 :]:
                if label != other_label:
                    assert fuzz.ratio(text, other) < 95, (
                        f"{label}: {text!r}; {other_label}: {other!r}"
                    )


def test_no_intent_or_key_lacks_examples_an_answer_a_cited_fact_or_a_story(examples, domain):
    answers = domain["responses"]
    told = {step["intent"] for story in stories() for step in story["steps"] if "intent" in step}
    ruled = {step["intent"]: rule for rule in rules() for step in rule["steps"] if "intent" in step}
    keys = {name.removeprefix("utter_") for name in answers if name.startswith("utter_faq/")}
    assert set(examples) == keys | set(OTHERS)
    assert set(examples) | {"nlu_fallback"} == told
    for key in keys:
        for response in answers[f"utter_{key}"]:
            assert set(response["metadata"]["facts"]) <= set(load().facts.by_id)
    for intent in {*OTHERS, "faq", "nlu_fallback"}:
        assert intent in ruled, f"no rule answers {intent}"


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
