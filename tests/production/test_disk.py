"""A full disk: patients go on, and what they asked is written down once there is room."""

import errno
import subprocess
from contextlib import contextmanager

import pytest
from patient import Patient, asked

from benchmarks.servers import Website, wait_until

SIZE = "16m"
SECONDS_TO_CATCH_UP = 10
BEFORE = ["what is MILD", "how long does it last"]
MEANWHILE = [
    "what about the shots?",
    "so which one has the shortest recovery",
    "i cant pee since last night",
    "does it hurt",
    "what are the risks",
]
AFTER = ["compare it with surgery", "thank you"]


@pytest.fixture(scope="module")
def website(tmp_path_factory):
    """A website whose state is on a small file system of its own."""
    disk = tmp_path_factory.mktemp("disk")
    mount = ("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "lumbar", str(disk))
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"needs root that may mount a tmpfs: {mounted.stderr.strip()}")
    try:
        with Website(LUMBAR_STATE=str(disk)) as website:
            yield website
    finally:
        subprocess.run(("umount", "--lazy", str(disk)), check=True)


def test_a_full_disk_costs_no_answer_and_no_record_of_a_question(website):
    patient = Patient(website.url).begin()
    for question in BEFORE:
        patient.ask(question)
    assert_written(website, BEFORE)
    with full_disk(website):
        for question in MEANWHILE:
            assert patient.say(question).status_code == 200
        assert BEFORE in asked(website.database), "the disk was not full"
    assert_written(website, BEFORE + MEANWHILE)
    for question in AFTER:
        patient.ask(question)
    assert_written(website, BEFORE + MEANWHILE + AFTER)


def test_a_full_disk_keeps_nobody_from_beginning(website):
    with full_disk(website):
        patient = Patient(website.url).begin()
        for question in MEANWHILE:
            assert patient.say(question).status_code == 200
    assert_written(website, MEANWHILE)


def test_what_a_patient_forgets_while_the_disk_is_full_is_gone_once_there_is_room(website):
    patient = Patient(website.url).begin()
    question = "can i take my blood thinner before it"
    patient.ask(question)
    assert_written(website, [question])
    with full_disk(website):
        assert patient.send("DELETE", "sessions").status_code == 204
    assert wait_until(lambda: [question] not in asked(website.database), SECONDS_TO_CATCH_UP)


def assert_written(website, questions):
    """Check that a conversation of just these is in the database, or soon will be."""
    assert wait_until(lambda: asked(website.database).count(questions) == 1, SECONDS_TO_CATCH_UP), (
        asked(website.database)
    )


@contextmanager
def full_disk(website):
    """Leave no room for another byte meanwhile."""
    filling = website.state / "filling"
    try:
        with filling.open("wb", buffering=0) as output:
            for size in (1 << 20, 1 << 12, 1):
                with pytest.raises(OSError) as full:
                    while True:
                        output.write(bytes(size))
                assert full.value.errno == errno.ENOSPC
        yield
    finally:
        filling.unlink()
