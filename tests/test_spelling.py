"""Misspelt words are read as what was meant, and real words are left alone."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumbar.language.spelling import Spelling, word_counts

EXAMPLES = [
    *["how long is the recovery after the procedure"] * 3,
    *["is it permanent or will the stenosis come back"] * 3,
    *["does medicare cover it"] * 3,
    *["is a laminectomy better"] * 8,
]


@pytest.fixture(scope="module")
def spelling():
    return Spelling(word_counts(EXAMPLES))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("recovry", "recovery"),
        ("how long is the recvoery", "how long is the recovery"),
        ("is it permenant?", "is it permanent?"),
        ("does medicair pay", "does medicare pay"),
        ("Prosedure", "procedure"),
        ("laminectmy", "laminectomy"),
        ("after the proceedure", "after the procedure"),
    ],
)
def test_a_slip_is_mended(spelling, typed, meant):
    assert spelling(typed) == meant


@pytest.mark.parametrize("text", ["ikea", "raisins, bouncy and chopping", "it is", "recover", "x"])
def test_a_word_of_its_own_is_left_alone(spelling, text):
    assert spelling(text) == text


def test_what_is_beyond_mending_is_left_alone(spelling):
    assert spelling("qwrtzx") == "qwrtzx"


def test_spelling_survives_being_stored(spelling):
    assert pickle.loads(pickle.dumps(spelling))("recovry") == "recovery"


@given(st.text(max_size=200))
def test_any_text_can_be_mended_and_what_stands_between_words_stays(text):
    mended = Spelling(word_counts(EXAMPLES))(text)
    assert [c for c in mended if not c.isalpha()] == [c for c in text if not c.isalpha()]
