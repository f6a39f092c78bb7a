"""Personal details go, everything an answer hangs on stays.

`redaction.tsv` was written by hand as patients type. Its floors lie a little below what was
measured; lines are never changed to please the code. The rules were mended against these lines,
so new ones fare worse: of the last 50 with details, 47 were right at first sight.
"""

import re
import subprocess
import sys
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumbar.language.redaction import redact
from lumbar.settings import ROOT

PLACEHOLDER = re.compile(
    r"\[(?:phone|email|date of birth|social security number|card number|record number|address"
    r"|name)\]"
)
LINES = [
    tuple(line.split("\t"))
    for line in (ROOT / "tests" / "redaction.tsv").read_text(encoding="utf-8").splitlines()[1:]
]
TOLD = [(text, redacted) for text, redacted in LINES if text != redacted]
CLEAN = [text for text, redacted in LINES if text == redacted]
WORDS = sorted({word for text, _ in LINES for word in text.split()})

HOSTILE = [
    "1 ",
    "12-",
    "a@",
    "a.b ",
    "5 Elm ",
    "born 1/1/1940 ",
    "call 1/1/1940 ",
    "card ",
    "last four 1234 social ",
    "id a-1",
    "one two ",
    "my name is ",
    "I'm A. ",
    "John Smith ",
    "Joe and ",
    "spelled a b ",
    "Springfield IL ",
    "http://a?b=",
    "\n",
    "'",
]


def kept_words(text):
    return Counter(re.findall(r"\w+", PLACEHOLDER.sub(" ", text)))


def covered(text, redacted):
    """The placeholders of `redacted`, each with the place in `text` it stands for."""
    pattern = "(.+?)".join(re.escape(kept) for kept in PLACEHOLDER.split(redacted))
    match = re.fullmatch(pattern, text, re.DOTALL)
    assert match is not None, (text, redacted)
    return {
        (placeholder, match.span(number))
        for number, placeholder in enumerate(PLACEHOLDER.findall(redacted), start=1)
    }


def test_the_file_holds_enough_lines_and_none_twice():
    assert len(TOLD) >= 200
    assert len(CLEAN) >= 120
    assert len({text for text, _ in LINES}) == len(LINES)


def test_nearly_every_detail_is_gone():
    leaking = [text for text, wanted in TOLD if kept_words(redact(text)) - kept_words(wanted)]
    assert len(leaking) <= 0.02 * len(TOLD), leaking


def test_nearly_every_placeholder_is_right():
    given_out = right = 0
    for text, wanted in TOLD:
        found = covered(text, redact(text))
        given_out += len(found)
        right += len(found & covered(text, wanted))
    assert right >= 0.99 * given_out


def test_nearly_every_clean_line_stays_as_it_is():
    changed = [text for text in CLEAN if redact(text) != text]
    assert len(changed) <= 0.01 * len(CLEAN), changed


def test_someone_who_tells_everything_at_once():
    said = (
        "I'm Walter Hughes, 78, born 2/11/1946, ssn 219-09-9996, 42 Elm Street, Dover DE 19901. "
        "Call 217-555-0133 or mail walt@example.com. Is MILD better than 3 shots in 2022?"
    )
    assert redact(said) == (
        "I'm [name], 78, born [date of birth], ssn [social security number], [address]. "
        "Call [phone] or mail [email]. Is MILD better than 3 shots in 2022?"
    )


def test_a_name_in_small_letters_ends_where_the_sentence_goes_on():
    assert (
        redact("my name is dorothy miller and i have pain") == "my name is [name] and i have pain"
    )


def test_a_capital_tells_nothing_where_every_word_has_one():
    assert redact("I Am Worried About My Back") == "I Am Worried About My Back"
    assert redact("MY NAME IS RUTH AND I AM IN PAIN") == "MY NAME IS [name] AND I AM IN PAIN"


def test_a_card_number_needs_no_announcement_when_its_check_digit_is_right():
    assert redact("4111 1111 1111 1111 ok?") == "[card number] ok?"


def test_a_link_loses_what_it_tells_of_a_person_and_keeps_the_rest():
    assert redact("https://example.org/a?page=2&mrn=88213") == (
        "https://example.org/a?page=2&mrn=[record number]"
    )
    assert redact("https://example.org/a?page=2") == "https://example.org/a?page=2"


@pytest.mark.parametrize(
    "figures",
    [
        "24-48 hours or 6 to 12 weeks",
        "L4-L5 and L5-S1",
        "$1,200 for 60 minutes",
        "88% after 5 years",
        "200 mg, 2 or 3 shots, 10 out of 10",
        "911 or 988",
        "140/90 and 5'4\"",
        "the 2018/2022 studies of the Pain Physician Journal",
        "Atlas Pain Specialists, Cleveland Clinic, Medicare, Medicaid and Blue Cross",
    ],
)
def test_what_an_answer_hangs_on_stays(figures):
    assert redact(figures) == figures


@settings(deadline=None)
@given(st.text(max_size=1000))
def test_any_text_is_redacted_once_and_for_all(text):
    redacted = redact(text)
    assert redact(redacted) == redacted
    assert len(redacted) <= len("[social security number]") * len(text)


@settings(deadline=None)
@given(st.lists(st.sampled_from([*WORDS, "[name]", "[phone]", "\n"]), max_size=40))
def test_any_mix_of_what_patients_type_is_redacted_once_and_for_all(words):
    for text in (" ".join(words), "".join(words)):
        redacted = redact(text)
        assert redact(redacted) == redacted


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_message_takes_time_in_line_with_its_length(piece):
    def seconds(length):
        text = (piece * length)[:length]
        started = time.process_time()
        redact(text)
        return time.process_time() - started

    seconds(1000)
    assert seconds(8000) < 30 * seconds(1000) + 0.1


def test_a_message_without_a_number_loads_no_phone_library():
    check = subprocess.run(
        (
            sys.executable,
            "-c",
            "import sys; from lumbar.language.redaction import redact; redact('does it hurt'); "
            "print('phonenumbers' in sys.modules, 'spacy' in sys.modules)",
        ),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert check.stdout.split() == ["False", "False"]
