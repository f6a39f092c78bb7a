"""Processes are restarted one after the other, and a model is promoted; no patient notices."""

import secrets
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor

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
    said, took, failed = (
        [one for visit in visits for one in visit.result()[part]] for part in range(3)
    )
    print(f"{sum(map(len, said))} messages, the slowest took {max(took):.2f} s")
    assert not failed, "\n".join([*failed, nginx.printed()[-5000:]])
    assert sorted(asked(database)) == sorted(said)
    assert max(took) < SECONDS_FOR_AN_ANSWER


def visit(address, number, ended):
    """Ask until `ended`, each question once; return the conversations, how many seconds each
    answer took, and what failed."""
    said, took, failed = [], [], []
    while not ended.is_set():
        said.append([])
        visitor = Visitor(address).begin()
        for question in QUESTIONS:
            text = f"v{number} c{len(said)}: {question}"
            start = time.monotonic()
            try:
                reply = visitor.say(text, id=secrets.token_hex(8))
                is_answered = reply.status_code == 200 and bool(reply.json()["messages"])
                told = f"{reply.status_code} {reply.text}"
            except requests.RequestException as error:
                is_answered, told = False, repr(error)
            took.append(time.monotonic() - start)
            said[-1].append(text)
            if not is_answered:
                failed.append(f"{time.strftime('%H:%M:%S')} {text}, {took[-1]:.2f} s: {told}")
            if ended.wait(SECONDS_TO_READ):
                break
    return said, took, failed


def is_up_to_date(site):
    return f"{VERSIONS[1]}/{MODEL} answers from now on" in site.log.read_text()


def promote(models, version):
    """Serve it from now on, as `lumbar models promote` does."""
    new = models / ".served.new"
    new.symlink_to(models / "versions" / version)
    new.replace(models / "served")
