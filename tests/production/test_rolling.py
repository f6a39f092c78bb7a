"""Processes are restarted one after the other, and a model is promoted; no patient notices."""

import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import requests
from patient import asked
from visitor import Visitor

from benchmarks.servers import wait_until
from lumbar.studio.versions import MODEL

VISITORS = 8
SECONDS_TO_READ = 0.5
"""An answer, before the next question."""
QUESTIONS = (
    "what is MILD",
    "how long does it last",
    "compare it with surgery",
    "what about the shots?",
    "does it hurt",
    "thank you",
)
SECONDS_TO_TAKE_UP = 60
SECONDS_FOR_AN_ANSWER = 20
"""After these the widget would ask again."""


def test_no_patient_notices_a_rolling_restart_or_a_promoted_model(service, postgresql, redis):
    nginx, sites, database, models = service
    ended = threading.Event()
    with ThreadPoolExecutor(VISITORS) as pool:
        visits = [pool.submit(visit, nginx.url, number, ended) for number in range(VISITORS)]
        try:
            for site in sites:
                site.restart()
                assert wait_until(site.is_ready, SECONDS_TO_TAKE_UP)
            models.promote(2)
            assert wait_until(
                lambda: all(took_up(site, models.version(2)) for site in sites), SECONDS_TO_TAKE_UP
            )
        finally:
            ended.set()
    conversations = [one for visit in visits for one in visit.result()]
    messages = [message for one in conversations for message in one]
    slowest = max(message.seconds for message in messages)
    print(f"{len(messages)} messages, the slowest took {slowest:.2f} s")
    assert [message for message in messages if message.trouble] == []
    said = [[message.text for message in one] for one in conversations]
    kept = [texts for texts in asked(database) if texts[0].startswith("visitor")]
    assert [one for one in said if one not in kept] == []
    assert len(kept) == len(said)
    assert slowest < SECONDS_FOR_AN_ANSWER


class Message(NamedTuple):
    """What was asked when, how long the answer took, and what came in its place, if anything."""

    text: str
    at: str
    seconds: float
    trouble: str


def visit(address, number, ended):
    """Hold conversations until `ended`, asking nothing twice; return the messages of each."""
    conversations = []
    while not ended.is_set():
        visitor = Visitor(address).begin()
        conversations.append([])
        for question in QUESTIONS:
            text = f"visitor {number} c{len(conversations)}: {question}"
            conversations[-1].append(ask(visitor, text))
            if ended.wait(SECONDS_TO_READ):
                break
    return conversations


def ask(visitor, text):
    at, start, trouble = time.strftime("%H:%M:%S"), time.monotonic(), ""
    try:
        reply = visitor.say(text, id=secrets.token_hex(8))
        if reply.status_code != 200 or not reply.json()["messages"]:
            trouble = f"{reply.status_code} {reply.text}"
    except requests.RequestException as error:
        trouble = repr(error)
    return Message(text, at, time.monotonic() - start, trouble)


def took_up(site, version):
    return f"{version.name}/{MODEL} answers from now on" in site.log.read_text()
