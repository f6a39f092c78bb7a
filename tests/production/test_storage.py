"""PostgreSQL and Redis fail; patients go on being answered, and nothing is lost."""

import gc
import os
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg2
import pytest
import requests
from redis import Redis as Client
from sqlalchemy import literal, select
from visitor import Visitor

from benchmarks.servers import wait_until
from lumbar.channel.locks import SECONDS_HELD
from lumbar.database import connect

MANY = 1100
"""Open files, more than `select.select` can look at."""


@pytest.fixture
def sites(service):
    """The two processes, and their database."""
    return *service.sites, service.database


@pytest.fixture
def visitors(sites, postgresql, redis):
    """The same visitor at two processes, while all servers run."""
    one, other, _ = sites
    for site in (one, other):
        assert wait_until(lambda site=site: checks(site)["status"] == "ready", 30), checks(site)
    visitor = Visitor(one.url).begin()
    return visitor, Visitor(other.url, visitor.token)


def checks(site):
    return requests.get(f"{site.url}/api/health/ready", timeout=30).json()


def stored(database, text=""):
    """What patients said that begins with `text`, in the order of the rows."""
    query = "SELECT data::json ->> 'text' FROM events WHERE type_name = 'user' ORDER BY id"
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return [said for (said,) in cursor if said.startswith(text)]


def test_a_conversation_goes_on_at_any_process(visitors, sites):
    here, there = visitors
    here.say("how long do shots last")
    assert "laminectomy" in there.say("and surgery?").text.lower()
    answer = here.say("what about mild").json()["messages"][0]["text"]
    assert "MILD" in answer and "years" in answer


def test_what_is_forgotten_at_one_process_is_forgotten_at_the_other(visitors, sites):
    here, there = visitors
    here.say("forget-me how long do shots last")
    there.say("forget-me and surgery")
    assert here.send("DELETE", "sessions").status_code == 204
    assert stored(sites[2], "forget-me") == []
    there.say("forget-me and mild?")
    assert stored(sites[2], "forget-me") == ["forget-me and mild?"]


def test_eight_messages_at_once_over_two_processes_are_answered_one_by_one(visitors, sites):
    with ThreadPoolExecutor(8) as pool:
        said = [f"at once {number}: how long does it last" for number in range(8)]
        replies = list(pool.map(lambda at: visitors[at % 2].say(said[at]), range(8)))
    told = {reply.status_code for reply in replies}
    assert 200 in told and told <= {200, 409}
    answered = [text for text, reply in zip(said, replies, strict=True) if reply.ok]
    assert sorted(stored(sites[2], "at once")) == sorted(answered)


def test_a_message_sent_again_to_another_process_gets_the_same_answer_once(visitors, sites):
    here, there = visitors
    first = here.say("again: how long does it last", id="one")
    assert there.say("again: how long does it last", id="one").json() == first.json()
    assert stored(sites[2], "again:") == ["again: how long does it last"]


@pytest.mark.parametrize("hurt", ["stop", "kill", "hang"])
def test_patients_are_answered_while_postgresql_is_away_and_no_turn_is_lost(
    visitors, sites, postgresql, hurt
):
    here, there = visitors
    said = [f"{hurt} {number}: how long do shots last" for number in range(6)]
    assert here.say(said[0]).ok
    getattr(postgresql, hurt)()
    took = []
    for text in said[1:4]:
        start = time.monotonic()
        assert here.say(text).ok
        took.append(time.monotonic() - start)
    assert "laminectomy" in here.say("and surgery?").text.lower(), "the context was lost"
    assert max(took) < 6 and min(took) < 2, took
    answers = requests.get(f"{sites[0].url}/api/health", timeout=30)
    assert answers.status_code == 200
    assert checks(sites[0])["checks"]["database"] == "failed"
    postgresql.restore()
    assert wait_until(lambda: checks(sites[0])["status"] == "ready", 20)
    assert here.say(said[4]).ok and there.say(said[5]).ok
    assert stored(sites[2], hurt) == said


@pytest.mark.parametrize("hurt", ["stop", "hang"])
def test_patients_are_answered_while_redis_is_away(visitors, sites, redis, hurt):
    getattr(redis, hurt)()
    took = []
    for number in range(4):
        start = time.monotonic()
        reply = visitors[0].say(f"redis {hurt} {number}: how long do shots last")
        took.append(time.monotonic() - start)
        assert reply.ok and reply.json()["messages"]
    assert max(took) < 6 and min(took) < 2, took
    assert checks(sites[0])["checks"]["locks"] == "failed"
    redis.restore()
    assert wait_until(lambda: checks(sites[0])["status"] == "ready", 20)
    assert len(stored(sites[2], f"redis {hurt}")) == 4


def test_the_database_is_reached_however_many_visitors_are_connected(postgresql):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < MANY * 2:
        pytest.skip(f"needs a limit of {MANY * 2} open files, here it is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (MANY * 2, hard))
    try:
        with ExitStack() as lines:
            # What is thrown away later would leave lower numbers free.
            gc.collect()
            while lines.enter_context(Path(os.devnull).open()).fileno() < MANY:
                pass
            engine = connect(postgresql.database())
            for _ in range(2):
                with engine.connect() as connection:
                    assert connection.connection.fileno() > MANY
                    assert connection.execute(select(literal(1))).scalar_one() == 1
            engine.dispose()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_conversation_whose_process_was_killed_goes_on_within_twenty_seconds(
    visitors, sites, redis
):
    here, there = visitors
    assert here.say("held: how long do shots last").ok
    (session,) = senders(sites[2], "held:")
    # As the killed process would leave it: nobody renews it.
    Client.from_url(redis.url).set(f"lumbar:lock:{session}", "dead", px=1000 * SECONDS_HELD)
    start = time.monotonic()
    assert there.say("held: and surgery").ok
    assert 1 < time.monotonic() - start < 20


def senders(database, text):
    query = "SELECT DISTINCT sender_id FROM events WHERE data::json ->> 'text' LIKE %s"
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute(query, (f"{text}%",))
        return [sender for (sender,) in cursor]
