"""Processes are restarted one after the other, and a model is promoted; no patient notices."""

import secrets
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
import requests
from patient import asked
from servers import NGINX, behind_nginx, wait_until
from visitor import Visitor

from lumbar.settings import settings
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
VERSIONS = ("20260101-000001-before", "20260101-000002-after")
SECONDS_TO_TAKE_UP = 60
SECONDS_FOR_AN_ANSWER = 20
"""After these the widget would ask again."""


@pytest.fixture
def models(tmp_path):
    """Two versions of the model, the first of which is served."""
    folder = tmp_path / "models"
    for version in VERSIONS:
        shutil.copytree(settings.served.resolve(), folder / "versions" / version)
    promote(folder, VERSIONS[0])
    return folder


@pytest.fixture
def service(postgresql, redis, models):
    """Two processes of Lumbar behind nginx, before one database and one Redis."""
    if not NGINX:
        pytest.skip("needs nginx: on Debian, apt-get install nginx-light")
    shared = {
        "LUMBAR_DATABASE": postgresql.database(),
        "LUMBAR_REDIS": redis.url,
        "LUMBAR_SECRET": secrets.token_urlsafe(32),
        "LUMBAR_MODELS": str(models),
        "LUMBAR_SERVED": "served",
    }
    with behind_nginx(**shared) as (nginx, sites):
        yield nginx, sites, shared["LUMBAR_DATABASE"]
        print(nginx.log.read_text()[-5000:])


def test_no_patient_notices_a_rolling_restart_or_a_promoted_model(service, models):
    nginx, sites, database = service
    ended = threading.Event()
    with ThreadPoolExecutor(VISITORS) as pool:
        visits = [pool.submit(visit, nginx.url, number, ended) for number in range(VISITORS)]
        try:
            for site in sites:
                site.restart()
                assert wait_until(site.is_ready, SECONDS_TO_TAKE_UP)
            promote(models, VERSIONS[1])
            assert wait_until(lambda: all(map(is_up_to_date, sites)), SECONDS_TO_TAKE_UP)
        finally:
            ended.set()
    conversations = [one for visit in visits for one in visit.result()]
    messages = [message for one in conversations for message in one]
    slowest = max(message.seconds for message in messages)
    print(f"{len(messages)} messages, the slowest took {slowest:.2f} s")
    assert [message for message in messages if message.trouble] == []
    said, kept = [[message.text for message in one] for one in conversations], asked(database)
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
            text = f"v{number} c{len(conversations)}: {question}"
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


def is_up_to_date(site):
    return f"{VERSIONS[1]}/{MODEL} answers from now on" in site.log.read_text()


def promote(models, version):
    """Serve it from now on, as `lumbar models promote` does."""
    new = models / ".served.new"
    new.symlink_to(models / "versions" / version)
    new.replace(models / "served")
