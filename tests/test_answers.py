"""Every answer is short, easy to read and says only what its facts say."""

import re

import pytest
import yaml

from lumbar.content import load
from lumbar.settings import ROOT
from lumbar.studio.rules import answers
from lumbar.studio.rules.project import Project

RESPONSES = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["responses"]
FAQ = sorted(name for name in RESPONSES if name.startswith("utter_faq/"))
KEYS = [
    "what_is_mild",
    "how_it_works",
    "what_is_lss",
    "duration",
    "evidence",
    "why_durable",
    "come_back",
    "recovery_time",
    "return_to_activity",
    "when_improvement",
    "aftercare",
    "candidacy",
    "age",
    "anesthesia",
    "procedure_length",
    "procedure_steps",
    "same_day_home",
    "implants",
    "risks_safety",
    "success_rate",
    "avoid_surgery",
    "coverage",
    "cost",
    "fda",
    "find_specialist",
    "benefits",
    "spinal_stability",
    "results_imaging",
]


def test_all_28_keys_have_an_answer():
    assert {f"utter_faq/{key}" for key in KEYS} <= set(FAQ)


def test_every_answer_keeps_the_rules():
    assert not list(answers.check(Project()))


@pytest.mark.parametrize("key", KEYS)
def test_every_answer_has_facts_to_tell_next(key):
    for response in RESPONSES[f"utter_faq/{key}"]:
        assert response["metadata"]["more"]


@pytest.mark.parametrize("key", KEYS)
def test_two_or_three_next_questions_are_offered(key):
    questions = {button["payload"] for button in RESPONSES[f"utter_faq/{key}"][0]["buttons"]}
    assert len(questions) in (2, 3)


def test_what_the_article_disagrees_on_is_worded_so_that_neither_side_is_wrong():
    length = RESPONSES["utter_faq/procedure_length"][0]["text"]
    assert "about 60 minutes or a little less" in length
    for key in ("how_it_works", "procedure_steps"):
        text = " ".join(RESPONSES[f"utter_faq/{key}"][0]["text"].split())
        assert "small bits of bone" in text
        assert re.search(r"bone that holds up the spine (?:stays|is left) in place", text)


def test_the_emergency_message_puts_the_number_first_and_knows_988():
    text = load().clinic.fill(RESPONSES["utter_emergency"][0]["text"])
    assert text.startswith("Call 911 now")
    assert "988" in text
