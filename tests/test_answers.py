"""Every answer is short, easy to read and says only what its facts say."""

import re

import pytest
import textstat
import yaml

from lumbar.content import FIGURE, load
from lumbar.settings import ROOT

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
NUMBER_WORDS = {"two": "2", "five": "5", "six": "6"}
TERMS = re.compile(
    r"minimally invasive lumbar decompression|lumbar spinal stenosis|stenosis|ligamentum flavum|"
    r"ligaments?|spinal canal|(?:epidural )?(?:steroid )?injections?|traditional laminectomy|"
    r"laminectomy|(?:general|local) anesthesia|anesthesia|anatomy|physical therapy|"
    r"pain medications?|pain physician journal|pain practice journal|prisma meta-analysis|"
    r"cleveland clinic|atlas pain specialists|medicare|implants",
    re.IGNORECASE,
)
"""Names of treatments, anatomy and sources, which no easier word can stand for."""

PROPER_NAME = re.compile(
    r"Cleveland Clinic|Pain Physician Journal|The Spine Journal|Pain Practice Journal|PRISMA|PMC|"
    r"Medicare|FDA|Atlas Pain Specialists|MILD|Atlas"
)
FORBIDDEN = re.compile(
    r"\b(?:guarantee\w*|you should (?:have|choose|get)|we recommend|you have (?:lumbar|spinal)|"
    r"always works|no risk|cured?)\b",
    re.IGNORECASE,
)


def filled(text: str) -> str:
    clinic = load().clinic
    return text.format(
        clinic_name=clinic.name,
        clinic_contact=clinic.contact,
        clinic_way=clinic.way,
        emergency_number=clinic.emergency_number,
    )


def variations():
    for name, responses in RESPONSES.items():
        for number, response in enumerate(responses):
            if response.get("metadata", {}).get("lang", "en") == "en":
                yield pytest.param(response, id=f"{name}-{number}")


def figures(text: str) -> set[str]:
    text = text.lower()
    for word, number in NUMBER_WORDS.items():
        text = re.sub(rf"\b{word}\b", number, text)
    return set(FIGURE.findall(text))


def cited(response) -> list:
    return [load().facts[fact] for fact in response["metadata"]["facts"]]


def test_all_28_keys_have_an_answer():
    assert sorted(f"utter_faq/{key}" for key in KEYS) == FAQ


@pytest.mark.parametrize("response", variations())
def test_an_answer_has_at_most_60_words(response):
    assert len(filled(response["text"]).split()) <= 60


@pytest.mark.parametrize("response", variations())
def test_an_answer_reads_at_grade_8_or_easier(response):
    assert textstat.flesch_kincaid_grade(TERMS.sub("it", filled(response["text"]))) <= 8


@pytest.mark.parametrize("response", variations())
def test_an_answer_promises_nothing_and_gives_no_advice_to_choose(response):
    assert not FORBIDDEN.search(response["text"])


@pytest.mark.parametrize("name", FAQ)
def test_each_figure_stands_in_a_cited_fact(name):
    for response in RESPONSES[name]:
        allowed = {one for fact in cited(response) for one in figures(fact.text)}
        assert figures(filled(response["text"])) <= allowed


@pytest.mark.parametrize("name", FAQ)
def test_each_proper_name_stands_in_a_cited_fact_or_its_evidence(name):
    known = load()
    for response in RESPONSES[name]:
        source = " ".join(
            " ".join([fact.text, *(known.facts.evidence[key] for key in fact.evidence)])
            for fact in cited(response)
        )
        text = response["text"]
        for proper_name in PROPER_NAME.findall(text):
            assert proper_name in source or proper_name == "MILD", proper_name


@pytest.mark.parametrize("name", FAQ)
def test_facts_told_next_exist_and_are_new(name):
    for response in RESPONSES[name]:
        metadata = response["metadata"]
        assert metadata["more"]
        for fact in metadata["more"]:
            assert fact in load().facts.by_id
            assert fact not in metadata["facts"]


@pytest.mark.parametrize("name", FAQ)
def test_two_or_three_next_questions_are_offered(name):
    questions = {button["payload"] for button in RESPONSES[name][0]["buttons"]}
    assert len(questions) in (2, 3)


def test_facts_that_are_told_alone_read_easily():
    known = load()
    alone = {fact for name in FAQ for fact in RESPONSES[name][0]["metadata"]["more"]}
    for entry in known.treatments.treatments.values():
        alone.update(entry.more)
        alone.update(() if entry.cells else entry.facts)
    for fact in alone:
        assert textstat.flesch_kincaid_grade(TERMS.sub("it", known.facts[fact].text)) <= 8, fact


def test_what_the_article_disagrees_on_is_worded_so_that_neither_side_is_wrong():
    length = RESPONSES["utter_faq/procedure_length"][0]["text"]
    assert "about 60 minutes or a little less" in length
    for key in ("how_it_works", "procedure_steps"):
        text = " ".join(RESPONSES[f"utter_faq/{key}"][0]["text"].split())
        assert "small bits of bone" in text
        assert re.search(r"bone that holds up the spine (?:stays|is left) in place", text)


def test_the_emergency_message_puts_the_number_first_and_knows_988():
    text = filled(RESPONSES["utter_emergency"][0]["text"])
    assert text.startswith("Call 911 now")
    assert "988" in text


def test_every_fact_is_told_somewhere():
    known = load()
    told = {
        fact
        for responses in RESPONSES.values()
        for response in responses
        for key in ("facts", "more")
        for fact in response.get("metadata", {}).get(key, [])
    }
    for entry in known.treatments.treatments.values():
        told.update(entry.facts, entry.more)
    assert told == set(known.facts.by_id)
