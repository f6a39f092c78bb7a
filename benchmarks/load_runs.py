"""Sends Locust's visitors to running servers, and reads what they met."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.load_servers import Lumbar, Running
from lumbar.settings import ROOT

CLIENTS = 16
LOCUST = "Locust"
LONGEST = 1200
"""Seconds until messages end, however many are left."""
SECONDS_AFTER_A_CHANGE = 30
"""At most, for the last model that was promoted to be taken up."""

Tries = Sequence[dict[str, Any]]
"""What `load_visitors` logged of each try to ask, in order."""


@dataclass(frozen=True)
class Load:
    """Visitors' answers: a second, milliseconds until each; tries that failed, answers
    without a word, seconds of processor time by part, and seconds in all."""

    answered: int
    seconds: float
    milliseconds: list[float]
    failed: int
    silent: int
    cpu: dict[str, float]

    @property
    def rate(self) -> float:
        return self.answered / self.seconds

    @property
    def median(self) -> float:
        return statistics.median(self.milliseconds)

    @property
    def p95(self) -> float:
        return sorted(self.milliseconds)[int(0.95 * self.answered)]


@dataclass
class Endurance:
    """Many messages over several processes while the model changes.

    `samples` are the messages answered by then with each process's MB; `changes` how many
    were answered when another model was promoted; `taken_up` by how many processes, of all
    the times that they should have.
    """

    tries: Tries = ()
    samples: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    changes: list[int] = field(default_factory=list)
    taken_up: int = 0
    expected: int = 0


def load(running: Running, seconds: int, log: Path) -> Load:
    """Have `CLIENTS` visitors ask for so many seconds."""
    before = running.cpu()
    tries, locust = _visit(running, log, "--run-time", f"{seconds}s")
    cpu = {part: took - before[part] for part, took in running.cpu().items()}
    answers = [one for one in tries if one["status"] == 200]
    if not answers:
        raise RuntimeError(f"every try failed, the last one with status {tries[-1]['status']}")
    begun = min(one["at"] - one["milliseconds"] / 1000 for one in tries)
    return Load(
        answered=len(answers),
        seconds=max(one["at"] for one in tries) - begun,
        milliseconds=[one["milliseconds"] for one in answers],
        failed=len(tries) - len(answers),
        silent=sum(not one["replies"] for one in answers),
        cpu={**cpu, LOCUST: locust},
    )


def endure(lumbar: Lumbar, messages: int, changes: Sequence[int], log: Path) -> Endurance:
    """Have visitors ask `messages` questions, one in five at another process than the one
    before, and promote another model each time that one of `changes` is reached."""
    endured = Endurance()
    upcoming = list(changes)
    before = sum(lumbar.took_up())

    def look(answered: int) -> None:
        endured.samples.append((answered, lumbar.running.memory()))
        if upcoming and answered >= upcoming[0]:
            upcoming.pop(0)
            endured.changes.append(answered)
            lumbar.models.promote(1 + len(endured.changes) % 2)

    options = ("--messages", str(messages), "--run-time", f"{LONGEST}s", "--crossing")
    endured.tries, _ = _visit(lumbar.running, log, *options, each_second=look)
    endured.expected = len(changes) * len(lumbar.running.addresses)
    deadline = time.monotonic() + SECONDS_AFTER_A_CHANGE
    while sum(lumbar.took_up()) - before < endured.expected and time.monotonic() < deadline:
        time.sleep(1)
    endured.taken_up = sum(lumbar.took_up()) - before
    return endured


def _visit(
    running: Running,
    log: Path,
    *options: str,
    each_second: Callable[[int], None] = lambda answered: None,
) -> tuple[Tries, float]:
    """Return the tries to ask, and the seconds of processor time that Locust took.

    `each_second` is called with the number of messages answered so far.
    """
    errors = log.with_suffix(".errors")
    log.write_text("")
    locust = subprocess.Popen(
        [
            *(sys.executable, "-m", "locust", "-f", "benchmarks/load_visitors.py"),
            *("--headless", "--only-summary", "--loglevel", "ERROR", "--stop-timeout", "60"),
            *("--users", str(CLIENTS), "--spawn-rate", str(CLIENTS), "--log", str(log)),
            *("--addresses", ",".join(running.addresses), "--exit-code-on-error", "0"),
            *(*options, running.visitor),
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=errors.open("w"),
    )
    answered = 0
    try:
        with log.open() as lines:
            while locust.poll() is None:
                answered += sum('"status": 200' in line for line in lines)
                each_second(answered)
                time.sleep(1)
    finally:
        locust.terminate()
        locust.wait()
    if locust.returncode:
        raise RuntimeError(f"Locust failed:\n{errors.read_text()}")
    *tries, last = map(json.loads, log.read_text().splitlines())
    return tries, last["cpu"]
