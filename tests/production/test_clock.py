"""The server's clock is set while patients talk: forward by an hour, then back by two."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from patient import Patient

from benchmarks.servers import Website

HOUR = 3600
RATE = 6
"""Messages a minute."""
CONTEXT = ("how long does MILD last?", "what about the shots?", "weeks to 6 months")


class Clock:
    """The time of day as a server sees it; what it measures durations with goes on as ever."""

    def __init__(self, folder: Path, library: Path) -> None:
        self._file = folder / "offset"
        self.variables = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.offset = 0
        self.step(0)

    def step(self, seconds: int) -> None:
        self.offset += seconds
        # In one piece: the server reads it whenever it asks for the time.
        new = self._file.with_suffix(".new")
        new.write_text(f"{self.offset:+d}")
        new.replace(self._file)


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        pytest.skip("needs libfaketime: on Debian, apt-get install faketime")
    return Clock(tmp_path_factory.mktemp("clock"), library)


@pytest.fixture(scope="module")
def website(clock):
    with Website(**clock.variables, LUMBAR_SESSION_RATE=str(RATE)) as website:
        yield website


@pytest.fixture
def patient(website):
    return Patient(website.url).begin()


def told(reply):
    assert reply.status_code == 200, reply.text
    return "\n".join(one.get("text", "") for one in reply.json()["messages"])


def test_the_server_sees_the_clock_step(clock, website, patient):
    for step in (0, HOUR, -2 * HOUR):
        clock.step(step)
        told(patient.say("what is MILD"))
    with closing(sqlite3.connect(website.database)) as database:
        rows = database.execute(
            "SELECT timestamp FROM events WHERE type_name = 'user' AND sender_id ="
            " (SELECT sender_id FROM events ORDER BY id DESC LIMIT 1) ORDER BY id"
        )
        times = [at for (at,) in rows if at]
    assert times[1] - times[0] >= HOUR
    assert times[-1] - times[0] <= -HOUR / 2


@pytest.mark.parametrize("step", [HOUR // 2, -2 * HOUR])
def test_the_thread_of_a_conversation_outlives_a_step(clock, patient, step):
    first, second, wanted = CONTEXT
    told(patient.say(first))
    clock.step(step)
    assert wanted in told(patient.say(second))


def test_a_step_beyond_a_conversations_end_begins_another_and_answers(clock, patient):
    first, second, wanted = CONTEXT
    told(patient.say(first))
    clock.step(2 * HOUR)
    assert told(patient.say(second))
    assert told(patient.say(first))
    assert wanted in told(patient.say(second))


def test_nobody_is_thrown_out_by_a_step_back(clock, website):
    clock.step(HOUR)
    patient = Patient(website.url).begin()
    answer = patient.say("how long does MILD last?").json()["answer"]
    clock.step(-2 * HOUR)
    assert told(patient.say("what is MILD"))
    assert told(patient.press(patient.buttons[0]["button"]))
    verdict = {"answer": answer, "verdict": "up"}
    assert patient.send("POST", "feedback", json=verdict).status_code == 204


def test_a_step_back_costs_nobody_their_messages(clock, patient):
    for _ in range(RATE // 2):
        told(patient.say("what is MILD"))
    clock.step(-2 * HOUR)
    for _ in range(RATE - RATE // 2):
        told(patient.say("what is MILD"))
    refused = first_refusal(patient)
    assert refused.json()["code"] == "session_rate"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_who_was_refused_before_a_step_back_waits_for_a_minute_at_most(clock, patient):
    assert first_refusal(patient).status_code == 429
    clock.step(-2 * HOUR)
    reply = patient.say("what is MILD")
    assert reply.status_code == 200 or int(reply.headers["Retry-After"]) <= 60


def first_refusal(patient):
    replies = (patient.say("what is MILD") for _ in range(RATE + 1))
    return next(reply for reply in replies if reply.status_code != 200)
