"""A long message is also read clause by clause."""

from hypothesis import given
from hypothesis import strategies as st

from lumbar.language.clauses import LONGEST, clauses


def test_a_story_falls_into_its_sentences_and_parts():
    story = "We wanted to ask about the cost. My left leg went numb this morning, is that dear?"
    assert clauses(story) == [
        "We wanted to ask about the cost.",
        "My left leg went numb this morning",
        "is that dear?",
    ]


def test_a_short_question_has_no_clauses():
    assert clauses("how long does it last") == []


def test_dictation_without_a_stop_is_cut_into_windows():
    parts = clauses("so I was wondering about this and then my leg " * 5)
    assert len(parts) > 3
    assert all(len(part.split()) <= LONGEST for part in parts)


@given(st.text(max_size=500))
def test_no_word_is_lost(text):
    parts = clauses(text)
    if parts:
        kept = set(" ".join(parts).replace(",", " ").split())
        assert {word.strip(",") for word in text.split()} - kept <= {"", "-", "--"} | {
            word for word in text.split() if set(word) <= {"-", ","}
        }
