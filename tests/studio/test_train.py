"""A model is trained, held against the served one, promoted, and taken up while patients ask."""

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace

import pexpect
import pytest
import requests
from editor import lumbar, of, small_project, snapshot
from patients import misses, save
from test_teach import ANSWER, FACT, TITLE

from lumbar.serving import HOST, free_port
from lumbar.settings import settings
from lumbar.studio import inbox
from lumbar.studio.comparing import Changed, Comparison
from lumbar.studio.files import exclusive

DRIVING = [
    "when can i drive again",
    "can i drive home after the procedure",
    "is it ok to drive the next day",
    "I live alone and need my car. When may I drive after MILD?",
    "driving after mild??",
    "how many days till I can drive my truck",
    "My husband does all the driving but he is away, how long before I can drive myself?",
    "may i drive to church on sunday if i have it done thursday",
    "when is it safe to drive after this",
    "will i be able to drive the car the day after",
    "how soon may my mother drive",
    "do i have to give up driving for a while",
]
THIRTEENTH = "how soon could I be driving again"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A small project with its first model, made by the command."""
    folder = small_project(tmp_path_factory.mktemp("trained") / "project")
    done = lumbar(folder, "train")
    assert done.returncode == 0, done.stderr + done.stdout
    assert "is the first model, and is served" in done.stdout
    return folder


@pytest.fixture
def clinic(trained, tmp_path, project):
    """A copy of it that `settings` name too."""
    shutil.copytree(trained, project, symlinks=True, dirs_exist_ok=True)
    return project


def versions(folder):
    return json.loads(lumbar(folder, "models", "--json").stdout)


def served(folder):
    return (folder / "models" / "served").resolve().name


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@contextmanager
def running(folder):
    """The server of `folder`, as `lumbar run` starts it; yields its address."""
    port = free_port()
    build = folder / "build"
    build.mkdir()
    (build / "pipeline").symlink_to(settings.build / "pipeline")
    command = subprocess.Popen(
        [sys.executable, "-m", "lumbar.cli", "run"],
        env={
            **{**of(folder), "LUMBAR_PORT": str(port), "LUMBAR_BUILD": str(build)},
            **{"LUMBAR_SESSION_RATE": "100000", "LUMBAR_ADDRESS_RATE": "100000"},
        },
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        while "http" not in (line := command.stdout.readline()):
            assert line, "the server ended"
        # It logs a line an answer, and would wait for somebody to read them.
        threading.Thread(target=command.stdout.read, daemon=True).start()
        yield f"http://{HOST}:{port}"
    finally:
        os.kill(command.pid, signal.SIGTERM)
        command.wait(timeout=60)


class Patient:
    """A conversation that goes on, whatever is promoted."""

    def __init__(self, address):
        self.address = f"{address}/api"
        token = requests.post(f"{self.address}/sessions", timeout=30).json()["token"]
        self.headers = {"Authorization": f"Bearer {token}"}

    def say(self, text):
        return self.hear(text)["text"]

    def hear(self, text):
        reply = requests.post(
            f"{self.address}/messages", json={"text": text}, headers=self.headers, timeout=30
        )
        assert reply.status_code == 200, reply.text
        return reply.json()["messages"][0]


def test_a_record_tells_what_a_model_was_made_from(clinic):
    (one,) = versions(clinic)
    assert one["served"]
    assert re.fullmatch("[0-9a-f]{16}", one["from"])
    assert one["packages"]["rasa"] == "3.6.21"
    assert one["examples"]["faq/duration"] == 12
    assert 0.5 < one["scores"]["faq"] <= 1
    assert one["scores"]["stories"] > 0.8


def test_nothing_is_trained_when_nothing_has_changed(clinic):
    assert "Nothing has changed" in lumbar(clinic, "train").stdout
    assert len(versions(clinic)) == 1


def test_an_answers_text_alone_is_packed_anew_without_training(clinic):
    before = served(clinic)
    edit(
        clinic / "domain.yml", "MILD makes room for the nerves.", "MILD makes space for the nerves."
    )
    done = lumbar(clinic, "train", "--promote-if-better")
    assert "Every held-out question is answered as before" in done.stdout, done.stdout + done.stderr
    assert served(clinic) != before
    first, second = (clinic / "models" / "versions" / name for name in (before, served(clinic)))
    assert (second / "domain.yml").read_text() != (first / "domain.yml").read_text()
    told = lumbar(clinic, "diff", before, served(clinic)).stdout
    assert "utter_faq/how_it_works" in told


def test_twelve_messages_become_a_question_that_a_running_server_answers(clinic):
    """As a new user would, at a terminal: at most six prompts, then a thirteenth wording."""
    save(misses(DRIVING))
    assert set(inbox.read_inbox().groups[0].texts) <= set(DRIVING)
    with running(clinic) as address:
        patient = Patient(address)
        refused = patient.say(THIRTEENTH)
        assert ANSWER not in refused
        failed, stop = [], threading.Event()

        def keep_asking():
            while not stop.is_set():
                try:
                    assert patient.say("is MILD covered by Medicare")
                except Exception as error:
                    failed.append(error)

        asking = threading.Thread(target=keep_asking)
        asking.start()
        try:
            prompts = teach_at_a_terminal(clinic)
            assert len(prompts) <= 6
            wait_for(address, ANSWER)
        finally:
            stop.set()
            asking.join()
        assert not failed
        answer = patient.hear(THIRTEENTH)
        assert answer["text"] == ANSWER
        assert answer["sources"][0]["evidence"] == ["Atlas Pain Specialists"]


def teach_at_a_terminal(folder):
    """Teach the first group and train, answering each prompt; return the prompts."""
    prompts = []

    def answer(terminal, pattern, text):
        terminal.expect(pattern)
        prompts.append(terminal.after)
        terminal.sendline(text)

    environment = {**of(folder), "TERM": "dumb", "COLUMNS": "200"}
    python = f"{sys.executable} -m lumbar.cli"
    with pexpect.spawn(f"{python} teach 1", env=environment, timeout=120, encoding="utf-8") as one:
        answer(one, r"What is it\?.*: ", "new")
        answer(one, "The question, as on a button: ", TITLE)
        answer(one, "What the clinic says about it: ", FACT)
        answer(one, r"The answer .*: ", ANSWER)
        answer(one, "Write this.*: ", "y")
        one.expect("Taught faq/drive")
        one.expect(pexpect.EOF)
    with pexpect.spawn(f"{python} train", env=environment, timeout=240, encoding="utf-8") as two:
        answer(two, r"Serve it from now on\?.*: ", "y")
        two.expect("is served from now on")
        two.expect(pexpect.EOF)
    return prompts


def wait_for(address, answer):
    """Ask until `answer` comes, half a minute at most."""
    ended = threading.Event()
    timer = threading.Timer(30, ended.set)
    timer.start()
    patient = Patient(address)
    try:
        while patient.say(TITLE) != answer:
            assert not ended.is_set(), "the new model was not taken up"
    finally:
        timer.cancel()


def test_a_model_that_loses_a_red_flag_is_never_promoted_but_by_force(clinic):
    before = served(clinic)
    data = clinic / "data" / "nlu_red_flags.yml"
    lines = data.read_text(encoding="utf-8").splitlines()
    weather = [
        "fine",
        "wet",
        "cold",
        "warm",
        "dull",
        "grey",
        "damp",
        "icy",
        "mild",
        "dry",
        "hot",
        "foggy",
    ]
    others = (
        f"      - it is {weather.pop()} in {weather} today" if "      - " in line else line
        for line in lines
    )
    data.write_text("\n".join([*others, ""]), encoding="utf-8")
    done = lumbar(clinic, "train", "--promote-if-better")
    assert done.returncode == 1
    assert "red flags would be missed" in done.stdout, done.stdout + done.stderr
    assert served(clinic) == before
    forced = lumbar(clinic, "train", "--force")
    assert forced.returncode == 0, forced.stderr
    assert served(clinic) != before
    assert lumbar(clinic, "rollback").returncode == 0
    assert served(clinic) == before


KILLED = """
import os, signal, sys
from pathlib import Path

calls = int(sys.argv[1])

def counted(real):
    def call(*arguments, **named):
        global calls
        calls -= 1
        if calls == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    return call

Path.replace = counted(Path.replace)
Path.symlink_to = counted(Path.symlink_to)
os.fsync = counted(os.fsync)
from lumbar.studio import training, versions

training._refuse_errors = lambda: None
versions.promote(training.train(lambda told: None))
"""


def test_killed_at_any_point_the_served_model_is_as_before_or_as_after(clinic):
    before = served(clinic)
    edit(clinic / "domain.yml", "MILD makes room for the nerves.", "MILD makes space for them.")
    files = snapshot(clinic)
    seen, step, code = set(), 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        step += 1
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(step)],
            env=of(clinic),
            capture_output=True,
            text=True,
            check=False,
        )
        code = done.returncode
        model = (clinic / "models" / "served").resolve()
        assert (model / "lumbar.tar.gz").is_file()
        assert (model / "record.json").is_file()
        assert snapshot(clinic) == files
        seen.add(served(clinic) != before)
    assert code == 0, done.stderr
    assert step > 5
    assert seen == {True, False}
    assert not list((clinic / "models" / "versions").glob("*.partial"))


def test_two_trainings_at_once_the_second_waits_and_says_so(clinic):
    with exclusive("train", "training"):
        second = subprocess.Popen(
            [sys.executable, "-m", "lumbar.cli", "train", "--force"],
            env=of(clinic),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert "Waiting for 'train'" in second.stdout.readline()
        second.kill()
        second.communicate()


def test_no_room_on_the_disk_leaves_the_served_model_and_nothing_else(clinic):
    before, files = served(clinic), set((clinic / "models").rglob("*"))
    edit(clinic / "domain.yml", "MILD makes room for the nerves.", "MILD makes space for them.")
    limited = f"ulimit -f 600; exec {sys.executable} -m lumbar.cli train --promote-if-better"
    done = subprocess.run(
        ["bash", "-c", limited], env=of(clinic), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert served(clinic) == before
    assert set((clinic / "models").rglob("*")) == files


def test_rollback_goes_back_and_further_back(clinic):
    names = [served(clinic)]
    words = ("makes room for", "makes space for", "gives space to")
    for old, new in itertools.pairwise(words):
        edit(clinic / "domain.yml", f"MILD {old} the nerves.", f"MILD {new} the nerves.")
        assert lumbar(clinic, "train", "--promote-if-better").returncode == 0
        names.append(served(clinic))
    assert len(set(names)) == 3
    for name in (names[1], names[0]):
        assert name in lumbar(clinic, "rollback").stdout
        assert served(clinic) == name
    none = lumbar(clinic, "rollback")
    assert none.returncode == 1
    assert "No model was served before" in none.stderr
    assert lumbar(clinic, "rollback", names[2]).returncode == 0
    assert served(clinic) == names[2]


@pytest.mark.parametrize(
    ("asked", "worse", "better", "mended", "broken", "holds"),
    [
        (2000, 0, 0, [], [], True),
        (2000, 5, 0, ["a new story"], [], True),
        (2000, 5, 0, [], [], False),
        (2000, 40, 39, [], [], True),
        (400, 1, 0, [], [], False),
        (400, 1, 1, [], [], True),
        (2000, 0, 9, [], ["an old story"], False),
    ],
)
def test_a_model_that_is_worse_beyond_chance_does_not_promote_itself(
    asked, worse, better, mended, broken, holds
):
    fell = [Changed("a question", ["faq/cost"], "faq/cost", "faq/age")] * worse
    rose = [Changed("a question", ["faq/cost"], "faq/age", "faq/cost")] * better
    made = Comparison(asked, rose, fell, [], mended, broken, [], {}, {}, [], {})
    assert made.holds == holds
    assert not replace(made, lost_red_flags=["i cant pee"]).holds


def test_an_unknown_version_is_told(clinic):
    done = lumbar(clinic, "diff", "zzzz", "yyyy")
    assert done.returncode == 1
    assert "There is no version 'zzzz'" in done.stderr


def test_files_with_errors_are_not_trained(clinic):
    edit(clinic / "domain.yml", "facts: [mild_name, mild_kind", "facts: [mild_nmae, mild_kind")
    done = lumbar(clinic, "train", "--promote-if-better")
    assert done.returncode == 1
    assert re.search(r"domain\.yml:\d+: .*'mild_nmae'.*'mild_name'", done.stderr)
    assert len(versions(clinic)) == 1


def test_chat_tells_why(clinic):
    done = lumbar(
        clinic,
        "chat",
        "--why",
        stdin="I am Dorothy Miller, how long does MILD last\nhow long do shots last\n\n",
    )
    assert done.returncode == 0, done.stderr
    told = done.stdout
    assert "read as  I am [name], how long does MILD last" in told
    assert "tokens  I | am" in told
    assert "MILD = treatment mild" in told
    assert "taken for  faq/duration" in told
    assert re.search(r"because  right with a chance of \d+ %", told)
    assert re.search(r"ranking  faq/duration 0\.\d\d", told)
    assert re.search(r"near  0\.\d\d faq/duration: “", told)
    assert "fired  the rule “every question with an answer in the article”" in told
    assert re.search(r"facts  \w*five\w*", told)
    assert "fired  the rule “treatments are compared”" in told
