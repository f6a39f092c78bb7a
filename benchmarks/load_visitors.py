"""Locust's visitors of `benchmarks.load`: each conversation has five questions, then another
begins. Every try to ask becomes a line of JSON in `--log`; the last line tells the seconds
of processor time that Locust itself took.
"""

import itertools
import json
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import gevent
from locust import FastHttpUser, constant, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from lumbar.evaluation import read_questions
from lumbar.settings import ROOT

QUESTIONS = [text for text, _ in read_questions(ROOT / "tests" / "nlu" / "questions.tsv")]
TURNS = 5
CROSSING = 2
"""The turn that goes to another process, when some are to: two follow on the one before."""
TRIES = 10
SECONDS_BETWEEN_TRIES = 1

OK, CREATED = 200, 201

NUMBERS = itertools.count()
ASKED = itertools.count(1)


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser) -> None:
    parser.add_argument("--addresses", help="of the processes, separated by commas")
    parser.add_argument("--log", help="file for a line of each try to ask")
    parser.add_argument("--messages", type=int, default=0, help="end after so many")
    parser.add_argument("--crossing", action="store_true", help="ask one in five elsewhere")


class Log:
    """Writes what happens as lines of JSON, each at once."""

    def open(self, path: str) -> None:
        self._lines = Path(path).open("w", buffering=1)  # noqa: SIM115 (until `close`)
        self._start = time.process_time()

    def write(self, **fields: Any) -> None:
        self._lines.write(json.dumps(fields) + "\n")

    def close(self) -> None:
        self.write(cpu=time.process_time() - self._start)
        self._lines.close()


LOG = Log()


@events.test_start.add_listener
def open_log(environment: Environment, **_: Any) -> None:
    LOG.open(environment.parsed_options.log)


@events.test_stop.add_listener
def close_log(environment: Environment, **_: Any) -> None:
    LOG.close()


class Visitor(FastHttpUser):
    """Asks one question after the other, at its own process."""

    abstract = True
    host = "http://127.0.0.1"
    """Locust wants one; every request names its own."""
    wait_time = constant(0)
    connection_timeout = network_timeout = 60.0

    def on_start(self) -> None:
        options = self.environment.parsed_options
        self.addresses = options.addresses.split(",")
        self.home = next(NUMBERS)
        questions = random.Random(self.home).sample(QUESTIONS, len(QUESTIONS))
        self.questions = itertools.cycle(questions)
        self.turn = 0

    @task
    def ask(self) -> None:
        options = self.environment.parsed_options
        turn = self.turn % TURNS
        if not turn:
            self.conversation = ""
            self.keep_trying(self.home, self.begin)
        elsewhere = options.crossing and turn == CROSSING
        text, message = next(self.questions), uuid4().hex
        self.turn += 1
        self.keep_trying(self.home + elsewhere, partial(self.send, text, message), text)
        if next(ASKED) == options.messages:
            # Not from here: it waits for every visitor, this one too.
            gevent.spawn(self.environment.runner.quit)

    def keep_trying(
        self, process: int, send: Callable[[str], tuple[int, int]], text: str = ""
    ) -> None:
        """Log every try to send a question; without a `text`, only those that failed.

        `send` returns the status, 0 without one, and the number of replies.
        """
        address = self.addresses[process % len(self.addresses)]
        for _ in range(TRIES):
            start = time.perf_counter()
            status, replies = send(address)
            milliseconds = 1000 * (time.perf_counter() - start)
            if text or status != OK:
                LOG.write(
                    at=time.time(),
                    milliseconds=milliseconds,
                    status=status,
                    replies=replies,
                    conversation=self.conversation,
                    text=text,
                )
            if status == OK:
                return
            gevent.sleep(SECONDS_BETWEEN_TRIES)

    def begin(self, address: str) -> tuple[int, int]:
        """Begin a conversation."""
        raise NotImplementedError

    def send(self, text: str, message: str, address: str) -> tuple[int, int]:
        """Ask `text` in the conversation; `message` is its id, the same with each try."""
        raise NotImplementedError


class RestVisitor(Visitor):
    """Talks to Rasa's own REST channel."""

    def begin(self, address: str) -> tuple[int, int]:
        self.conversation = uuid4().hex
        return OK, 0

    def send(self, text: str, message: str, address: str) -> tuple[int, int]:
        asked = self.client.post(
            f"{address}/webhooks/rest/webhook",
            json={"sender": self.conversation, "message": text},
            name="message",
        )
        return asked.status_code, len(asked.json()) if asked.status_code == OK else 0


class WebVisitor(Visitor):
    """Talks to Lumbar's channel for websites; `conversation` is the token."""

    def begin(self, address: str) -> tuple[int, int]:
        begun = self.client.post(f"{address}/api/sessions", name="session")
        if begun.status_code != CREATED:
            return begun.status_code, 0
        self.conversation = begun.json()["token"]
        return OK, 0

    def send(self, text: str, message: str, address: str) -> tuple[int, int]:
        asked = self.client.post(
            f"{address}/api/messages",
            json={"text": text, "id": message},
            headers={"Authorization": f"Bearer {self.conversation}"},
            name="message",
        )
        replies = len(asked.json()["messages"]) if asked.status_code == OK else 0
        return asked.status_code, replies
