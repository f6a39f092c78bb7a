"""One process and its action server, as they are watched and as they fail."""

import json
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from socket import socket

import psutil
import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families
from visitor import Visitor

from benchmarks.servers import Website, wait_until
from lumbar.serving import HOST, free_port, serving_environment
from lumbar.settings import settings

SAID = "quibblewort"


@pytest.fixture(scope="module")
def site():
    rates = {f"LUMBAR_{name}": "100000" for name in ("SESSION_RATE", "ADDRESS_RATE")}
    port = str(free_port())
    with Website(LOG_LEVEL="DEBUG", LUMBAR_METRICS_PORT=port, **rates) as site:
        site.metrics = f"http://{HOST}:{port}/metrics"
        yield site


@pytest.fixture
def visitor(site):
    assert wait_until(lambda: ready(site).status_code == 200, 30), ready(site).text
    return Visitor(site.url).begin()


def ready(site):
    return requests.get(f"{site.url}/api/health/ready", timeout=30)


def child(site, name):
    """The process of `lumbar run` that runs the module `name`."""
    for process in psutil.Process(site.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if name in process.cmdline():
                return process
    return None


def measured(site, name, **labels):
    text = requests.get(site.metrics, timeout=30).text
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def test_an_operator_sees_what_patients_asked_and_not_their_words(site, visitor):
    names = ("lumbar_messages_total", "lumbar_red_flags_total", "lumbar_answer_seconds_count")
    before = [measured(site, name) for name in names]
    visitor.say("how long does it last")
    visitor.say("i cant pee since last night")
    visitor.say("can i take my blood thinner before it")
    visitor.press(visitor.buttons[0]["button"])
    visitor.say("")
    after = [measured(site, name) for name in names]
    assert [new - old for new, old in zip(after, before, strict=True)] == [4, 1, 4]
    assert measured(site, "lumbar_messages_total", kind="button") >= 1
    assert measured(site, "lumbar_intents_total", intent="faq/duration") >= 1
    assert measured(site, "lumbar_refusals_total", intent="not_covered") >= 1
    assert measured(site, "lumbar_errors_total", code="empty") >= 1
    assert measured(site, "lumbar_model_info", version=settings.served.resolve().name) == 1
    assert measured(site, "lumbar_database_up") == measured(site, "lumbar_locks_up") == 1
    assert measured(site, "process_resident_memory_bytes") > 1e8
    assert requests.get(f"{site.url}/metrics", timeout=30).status_code == 404


def test_no_log_holds_a_patients_words_at_the_lowest_level_either(site, visitor):
    visitor.say(f"does it help with {SAID}")
    visitor.say(f"compare MILD with surgery for {SAID}")
    visitor.say(f"{SAID}{SAID}", nonsense=SAID)
    child(site, "rasa_sdk").suspend()
    visitor.say(f"mild or shots for {SAID}, which lasts longer")
    child(site, "rasa_sdk").resume()
    lines = site.printed().splitlines()
    assert not [line for line in lines if SAID in line or "compare MILD" in line]
    records = [json.loads(line) for line in lines if line.startswith("{")]
    answered = [one for one in records if one["event"] == "Answered."]
    assert answered[-1]["intent"] == "compare_treatments"
    assert len(answered[-1]["session"]) == 16 and len(answered[-1]["request"]) == 32
    assert visitor.token not in site.printed()


def test_a_message_of_a_hundred_thousand_characters_costs_nobody_anything(site, visitor):
    visitor.say("how long does it last")
    process = child(site, "rasa")
    memory = process.memory_info().rss
    start = time.monotonic()
    reply = visitor.say("does it hurt " * 8_000)
    assert (reply.status_code, reply.json()["code"]) == (413, "body_too_large")
    assert visitor.say("how long does it last").ok
    assert time.monotonic() - start < 5
    assert process.memory_info().rss < memory + 50e6


def test_an_action_server_that_hangs_is_not_waited_for(site, visitor):
    child(site, "rasa_sdk").suspend()
    start = time.monotonic()
    reply = visitor.say("mild or shots, which lasts longer")
    took = time.monotonic() - start
    assert reply.ok and reply.json()["messages"][0]["text"]
    assert took < 6
    assert visitor.say("how long does MILD last").json()["messages"][0]["sources"]
    assert wait_until(lambda: ready(site).json()["checks"]["actions"] == "failed", 20)
    assert requests.get(f"{site.url}/api/health", timeout=30).ok
    child(site, "rasa_sdk").resume()


@pytest.mark.parametrize("name", ["rasa", "rasa_sdk"])
def test_a_process_that_dies_is_started_again(site, visitor, name):
    dead = child(site, name)
    dead.send_signal(signal.SIGKILL)
    assert wait_until(lambda: child(site, name) not in (None, dead), 20)

    def compared():
        try:
            return "table" in visitor.say("compare MILD with surgery").text
        except requests.ConnectionError:
            return False

    assert wait_until(compared, 60)


@contextmanager
def without_a_model(folder, **overrides):
    """A process whose model cannot be loaded, and a visitor who finds it listening."""
    broken = folder / "broken.tar.gz"
    broken.write_bytes(b"no model")
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "lumbar.server", "rasa", "run", "--model", str(broken)),
            *("--interface", HOST, "--port", str(port)),
        ],
        env={**serving_environment(), "LUMBAR_STATE": str(folder), **overrides},
        cwd=settings.project,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    visitor = Visitor(f"http://{HOST}:{port}")

    def listens():
        with suppress(requests.ConnectionError):
            return visitor.send("GET", "health/live").ok

    try:
        assert wait_until(listens, 60)
        yield process, visitor
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_a_process_without_a_model_says_so_and_is_never_silent(tmp_path):
    with without_a_model(tmp_path) as (_, visitor):
        health = visitor.send("GET", "health")
        assert (health.status_code, health.json()["code"]) == (503, "not_ready")
        checks = visitor.send("GET", "health/ready").json()["checks"]
        assert (checks["model"], checks["question"], checks["locks"]) == ("failed", "failed", "ok")
        refused = visitor.send("POST", "sessions")
        assert refused.status_code == 503
        assert "ask the team at Atlas Pain Specialists" in refused.json()["message"]


def test_a_process_that_is_stopped_while_it_starts_ends_quietly(tmp_path):
    with closing(socket()) as hangs:
        hangs.bind((HOST, 0))
        hangs.listen()
        database = f"postgresql://lumbar:secret@{HOST}:{hangs.getsockname()[1]}/lumbar"
        with without_a_model(tmp_path, LUMBAR_DATABASE=database) as (process, _):
            process.terminate()
            _, complaints = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in complaints
