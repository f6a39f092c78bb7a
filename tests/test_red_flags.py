"""Symptoms that need help now are found, and talk about them is not taken for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumbar.language.red_flags import ALARMING, WORRYING, red_flags

TOLD = {
    "bladder": [
        "I can't pee",
        "havent been able to pass water and my belly is tight, I cant pass a drop",
        "she wet herself at the table",
        "he has lost control of his bowels",
        "lost controll of my bowls",
        "the wee won't come",
        "I have not peed",
        "my bladder just let go in the shop",
        "pee is just running out of me",
        "it comes in drops and my bladder has stopped",
    ],
    "saddle": [
        "numb between my legs",
        "I can't feel my bottom",
        "my saddle area is numb",
        "no feeling when I wipe",
        "I wiped and couldn't feel it",
        "cant feel the toilet seat",
    ],
    "weakness": [
        "I can't move my legs",
        "cannot lift my right foot",
        "my leg is paralysed",
        "my legs won't hold me",
        "I feel nothing from the waist down",
        "getting weaker by the hour",
        "I lost the use of my left leg",
    ],
    "infection": [
        "there is pus coming from the incision",
        "the wound is red and hot",
        "fever of 102",
        "temp of 102.4, three days post mild",
        "the bleeding won't stop",
        "clear fluid keeps leaking from my back",
        "the bandage is soaked with blood",
    ],
    "chest": [
        "I have chest pain",
        "my chest feels tight",
        "an elephant is sitting on my chest",
        "I can't breathe",
        "pain down my left arm",
        "coughing up blood",
        "his lips are blue",
    ],
    "stroke": [
        "his face is drooping",
        "her mouth hangs down on one side",
        "he is slurring",
        "the words come out wrong",
        "he is having a stroke",
        "my arm went limp",
        "I can't see out of one eye",
        "I can't wake my husband",
    ],
    "clot": [
        "my calf is hot and swollen",
        "a red, swollen calf",
        "one leg is twice as thick as the other",
    ],
    "meningitis": [
        "the worst headache of my life",
        "stiff neck and a fever",
        "the light hurts and my neck is so stiff",
    ],
    "self_harm": [
        "I want to kill myself",
        "I don't want to live any more",
        "I'd rather be dead",
        "they would be better off without me",
        "I have a plan for myself and it isn't pretty",
    ],
    "overdose": [
        "I took too many pills",
        "she swallowed the whole box of tablets, all of the pills",
        "he overdosed",
        "took my morphine twice",
    ],
    "allergy": [
        "my throat is closing",
        "swollen lips and tongue",
        "hives and I can hardly get my breath",
    ],
    "bleeding": [
        "my stools are black",
        "he has tarry stools",
        "I am vomiting blood",
    ],
}

TOLD_AS_NEW = {
    "bladder": ["since yesterday nothing comes when I sit there"],
    "weakness": [
        "my right foot drags since this morning",
        "dropped foot, foot drop, it began today",
        "my legs gave way suddenly",
    ],
    "infection": ["shivering since the procedure", "today the dressing is wet and smells"],
    "chest": ["short of breath since the injection", "my heart is racing today"],
    "stroke": ["she is confused since lunch", "seeing double this morning"],
    "collapse": ["he passed out this morning", "I fainted today"],
    "meningitis": ["a splitting headache since the epidural"],
    "fall": ["I fell an hour ago and am in agony"],
}

TALKED_ABOUT = [
    "can stenosis cause loss of bladder control",
    "I have no chest pain and no fever",
    "is incontinence a symptom of stenosis",
    "how long does it last",
    "what are the chances of paralysis after spine surgery",
    "my legs get tired when I walk",
    "my feet have been numb for years, am I a candidate",
    "what if I lost control of my bladder one day",
    "my mother had a stroke in 2014, is MILD safe for her",
    "I used to wet the bed as a child",
    "I read about a man who couldn't move his legs after a fusion",
    "does a fever after the procedure mean trouble",
    "what should I watch out for, pus or red skin?",
    "numb toes since 1998, will that ever get better",
    "he fainted at the sight of blood years ago",
]


@pytest.mark.parametrize(
    ("flag", "text"), [(flag, text) for flag, texts in TOLD.items() for text in texts]
)
def test_an_alarming_sign_is_seen(flag, text):
    assert flag in red_flags(text)


@pytest.mark.parametrize(
    ("flag", "text"), [(flag, text) for flag, texts in TOLD_AS_NEW.items() for text in texts]
)
def test_a_worrying_sign_is_seen_when_it_is_new(flag, text):
    assert flag in red_flags(text)


def test_every_pattern_has_a_test_sentence():
    assert set(TOLD) == set(ALARMING)
    assert set(TOLD_AS_NEW) == set(WORRYING)


@pytest.mark.parametrize("text", TALKED_ABOUT)
def test_a_general_denied_feared_or_old_sign_is_no_red_flag(text):
    assert red_flags(text) == []


def test_a_sign_in_the_middle_of_a_story_is_seen():
    story = (
        "We were going to wait till the new year. The cat is well. "
        "Since this morning I can't lift my right foot. Anyway, what does it cost?"
    )
    assert "weakness" in red_flags(story)


def test_a_sign_beside_a_question_in_the_same_sentence_is_seen():
    assert "bladder" in red_flags("how long does it last and also I can't pee since last night")
    assert "weakness" in red_flags("does it help, I can't move my legs")


@given(st.text(max_size=300))
def test_any_text_is_read(text):
    assert set(red_flags(text)) <= set(ALARMING) | set(WORRYING)
