"""Any process is killed at any moment; what a patient got an answer to is kept, once, in order."""

import os
import random
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count

import psutil
import psycopg2
import pytest
import requests
from patient import Patient, asked
from redis import Redis as Client

from benchmarks.servers import has_ended, listens, wait_until
from lumbar.serving import REVIVALS, START_SECONDS

SEED = 1
VISITORS = 8
QUESTIONS = ("what is MILD", "how long does it last", "compare it with surgery", "does it hurt")
TURNS = 3
SECONDS_BETWEEN_DEATHS = (1, 3)
SECONDS_BETWEEN_REVIVALS = START_SECONDS / (REVIVALS - 1)
"""Of an action server: when it ends more often, `lumbar run` gives up."""
SECONDS_OF_A_COMMIT = 1
SECONDS_TO_END = 20
SECONDS_TO_RECOVER = 90


@pytest.mark.parametrize("conversations", [24, pytest.param(500, marks=pytest.mark.soak)])
def test_whatever_is_killed_each_answered_message_is_kept_once_and_in_order(
    service, postgresql, redis, conversations
):
    numbers = count()
    with Death(service, postgresql, redis) as death, ThreadPoolExecutor(VISITORS) as pool:

        def visit():
            said = {}
            while (number := next(numbers)) < conversations or not death.is_content():
                name = f"c{number} of {conversations}"
                said[name] = converse(service.nginx.url, name)
            return said

        visits = [pool.submit(visit) for _ in range(VISITORS)]
    said = {name: texts for visit in visits for name, texts in visit.result().items()}
    for site in service.sites:
        assert wait_until(site.is_ready, SECONDS_TO_RECOVER), site.printed()[-5000:]
    kept = {texts[0].partition(" m")[0]: texts for texts in asked(service.database)}
    assert {name: texts for name, texts in kept.items() if name in said} == said


def test_a_conversation_that_moves_while_the_database_is_away_is_not_forgotten(
    service, postgresql, redis
):
    one, other = service.sites
    said = ["moves m0: what is MILD", "moves m1: does it hurt"]
    patient = Patient(one.url).begin()
    patient.ask(said[0])
    postgresql.kill()
    Patient(other.url, patient.token).ask(said[1])
    postgresql.start()
    assert wait_until(other.is_ready, SECONDS_TO_RECOVER)
    assert said in asked(service.database)


def test_a_message_whose_sender_left_while_it_was_written_is_kept_once(service, postgresql, redis):
    one, database = service.sites[0], service.database
    said = ["leaves m0: what is MILD", "leaves m1: does it hurt"]
    patient = Patient(one.url).begin()
    patient.ask(said[0])
    with slow_commits(database):
        patient.seconds = SECONDS_OF_A_COMMIT / 2
        with pytest.raises(requests.ReadTimeout):
            patient.say(said[1], id="one")
        patient.seconds = 20
        patient.ask(said[1], "one")
    assert said in asked(database)


def test_what_a_process_still_answers_when_it_is_stopped_is_kept(service, postgresql, redis):
    one = service.sites[0]
    said = ["ends m0: what is MILD", "ends m1: does it hurt"]
    assert wait_until(one.is_ready, SECONDS_TO_RECOVER)
    patient, pool = Patient(one.url).begin(), ThreadPoolExecutor()
    patient.ask(said[0])
    postgresql.hang()
    last = pool.submit(patient.say, said[1])
    locks = Client.from_url(redis.url)
    assert wait_until(lambda: locks.keys("lumbar:lock:*"))
    stopping = pool.submit(one.stop)
    assert wait_until(lambda: not listens(one.port))
    postgresql.go_on()
    assert last.result().ok
    stopping.result()
    one.start()
    assert said in asked(service.database)


@contextmanager
def slow_commits(database):
    """Let PostgreSQL take its time for every message meanwhile, as on a busy disk."""
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(
            "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
            f"'BEGIN PERFORM pg_sleep({SECONDS_OF_A_COMMIT}); RETURN NULL; END'"
        )
        cursor.execute(
            "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW WHEN (new.type_name = 'user') EXECUTE FUNCTION wait()"
        )
        yield
        cursor.execute("DROP FUNCTION wait CASCADE")


def converse(address, name):
    """Return what a patient said in a conversation of which every message was answered."""
    patient, said = Patient(address).begin(), []
    for turn in range(TURNS):
        said.append(f"{name} m{turn}: {random.Random(f'{name} {turn}').choice(QUESTIONS)}")
        assert patient.ask(said[-1])["messages"]
    if patient.failures:
        print(name, dict(patient.failures))
    return said


class Death:
    """Kills one process after the other, the kinds by turns, and starts again, as systemd would,
    what nobody else does. What it did and when is printed.

    Of the two assistants one is left to answer, since to start one takes longer than these
    deaths are apart.
    """

    def __init__(self, service, postgresql, redis):
        self._kinds = {
            "assistant": self._kill_assistant,
            "action server": self._kill_action_server,
            "lumbar run": self._kill_run,
            "nginx": lambda: self._kill(service.nginx),
            "PostgreSQL": lambda: self._kill(postgresql),
            "Redis": lambda: self._kill(redis),
        }
        self._killed = Counter()
        self._sites = service.sites
        self._chance = random.Random(SEED)
        self._starting = {}
        self._actions_died = dict.fromkeys(service.sites, 0.0)
        self._began = time.monotonic()
        self._ended, self._pool = threading.Event(), ThreadPoolExecutor()

    def __enter__(self):
        self._killing = self._pool.submit(self._go_on)
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._killing.result()
        self._start_what_ended()
        for starting in self._starting.values():
            starting.result()
        self._pool.shutdown()
        for site in self._sites:
            self._tell_troubles(site)

    def is_content(self):
        """Return whether each kind was killed, or something went wrong here."""
        return set(self._killed) == set(self._kinds) or self._killing.done()

    def _go_on(self):
        while not self._ended.wait(self._chance.uniform(*SECONDS_BETWEEN_DEATHS)):
            self._start_what_ended()
            kinds = self._chance.sample([*self._kinds], len(self._kinds))
            for kind in sorted(kinds, key=self._killed.__getitem__):
                if self._kinds[kind]():
                    self._killed[kind] += 1
                    break

    def _kill_assistant(self):
        site = self._chance.choice(self._sites)
        return self._all_answer() and self._kill_child(site, "rasa")

    def _kill_action_server(self):
        site = min(self._sites, key=self._actions_died.__getitem__)
        is_soon = time.monotonic() < self._actions_died[site] + SECONDS_BETWEEN_REVIVALS
        if is_soon or not self._is_up(site) or not self._kill_child(site, "rasa_sdk"):
            return False
        self._actions_died[site] = time.monotonic()
        return True

    def _kill_child(self, site, module):
        for child in site.children(module):
            self._tell(f"{module} of {site.port} is killed")
            child.kill()
            return True
        return False

    def _kill_run(self):
        if not self._all_answer():
            return False
        site = self._chance.choice(self._sites)
        self._tell(f"lumbar run of {site.port} is killed")
        children = psutil.Process(site.pid).children()
        # Alone: its children are to end by themselves.
        os.kill(site.pid, signal.SIGKILL)
        self._starting[site] = self._pool.submit(self._start, site, children)
        return True

    def _kill(self, server):
        if not self._is_up(server):
            return False
        self._tell(f"{type(server).__name__} is killed")
        server.kill()
        self._starting[server] = self._pool.submit(self._start, server)
        return True

    def _start_what_ended(self):
        """Start `lumbar run` where it gave up, as it does on what ends again and again."""
        for site in self._sites:
            if self._is_started(site) and not site.is_running():
                self._tell(f"lumbar run of {site.port} ended by itself")
                self._starting[site] = self._pool.submit(self._start, site)

    def _start(self, server, before=()):
        has_no_children = wait_until(lambda: all(map(has_ended, before)), SECONDS_TO_END)
        assert has_no_children, "the processes of a killed `lumbar run` live on"
        if server in self._sites:
            self._tell_troubles(server)
        server.start()
        self._tell(f"{type(server).__name__} {server.port} is back")

    def _is_up(self, server):
        return self._is_started(server) and server.is_running()

    def _is_started(self, server):
        starting = self._starting.get(server)
        return not starting or (starting.done() and starting.result() is None)

    def _all_answer(self):
        return all(self._is_up(site) and listens(site.port) for site in self._sites)

    def _tell_troubles(self, site):
        """Print the errors that a process of Lumbar logged since it was started."""
        for line in site.log.read_text().splitlines():
            if '"level": "error"' in line:
                self._tell(f"{site.port}: {line}")

    def _tell(self, what):
        print(f"{time.monotonic() - self._began:.1f} {what}")
