"""A patient on a bad line: late packets, lost packets, answers that do not come through."""

import time
from uuid import uuid4

import pytest
import requests
from networks import Wire
from patient import Patient, asked

from benchmarks.servers import Website

SEED = 32
"""One that loses packets soon."""
SECONDS = 10
"""For a question whose packets are lost; 0.4 s is what the line takes, 25 ms the answer."""
SERVER, PATIENT = "198.51.100.1", "192.0.2.1"
QUESTIONS = [
    "hello",
    "what is MILD",
    "how long does it last",
    "what about the shots?",
    "so which one has the shortest recovery",
    "does it hurt",
    "am i awake for it",
    "what are the risks",
    "how is it done",
    "who can have it",
    "is it covered by Medicare",
    "compare it with surgery",
    "where does that come from?",
    "how do i prepare",
    "thank you",
]


@pytest.fixture(scope="module")
def line(network):
    """A website in one network, another for patients, and the wire between them."""
    here, there = network(f"{SERVER}/32"), network(f"{PATIENT}/32")
    with Wire(here, there, delay=0.2, loss=0.01, seed=SEED) as wire:
        with here.inside():
            website = Website(host=SERVER)
            website.start()
        yield wire, here, there, website
        website.close()


def test_on_a_slow_and_lossy_line_every_question_is_answered_once_and_in_order(line):
    wire, _, there, website = line
    slowest = 0.0
    with there.inside():
        patient = Patient(website.url).begin()
        for question in QUESTIONS:
            started = time.monotonic()
            assert patient.ask(question)["messages"]
            slowest = max(slowest, time.monotonic() - started)
    assert wire.lost > 0
    assert asked(website.database)[-1] == QUESTIONS
    assert slowest < SECONDS


def test_an_answer_that_is_lost_on_its_way_is_given_again_and_asked_once(line):
    wire, here, there, website = line
    with there.inside():
        patient = Patient(website.url).begin()
        patient.ask(QUESTIONS[0])
        patient.seconds, message_id = 2, uuid4().hex
        with wire.muting(here), pytest.raises(requests.RequestException):
            patient.say(QUESTIONS[1], id=message_id)
        assert asked(website.database)[-1] == QUESTIONS[:2]
        patient.seconds = 20
        answer = patient.ask(QUESTIONS[1], message_id)
        assert answer == patient.ask(QUESTIONS[1], message_id)
        patient.ask(QUESTIONS[2])
    assert asked(website.database)[-1] == QUESTIONS[:3]
