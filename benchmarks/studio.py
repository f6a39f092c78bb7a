"""Times what editors wait for, as whole processes.

The inbox reads 100,000 messages as Rasa stores them: held-out questions, most with a word of
another one put in, so that two in five are refused and most of those are said once.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import sqlalchemy as sa

from lumbar.studio.versions import served

MESSAGES = 100_000
RUNS = 3
DAYS = 30

EVENTS = sa.Table(
    "events",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), index=True),
    sa.Column("type_name", sa.String(255)),
    sa.Column("timestamp", sa.Float),
    sa.Column("intent_name", sa.String(255)),
    sa.Column("action_name", sa.String(255)),
    sa.Column("data", sa.Text),
)


def main() -> None:
    with TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/conversations.db"
        fill(database)
        variables = {"LUMBAR_DATABASE": database, "LUMBAR_STATE": folder}
        for name, arguments in (
            ("start, no model needed", ("models", "--help")),
            ("check", ("check",)),
            (f"inbox of {MESSAGES:,} messages", ("inbox",)),
        ):
            runs = [timed(arguments, variables) for _ in range(RUNS)]
            seconds = ", ".join(f"{one:.2f}" for one, _ in runs)
            print(f"{name}: {seconds} s, at most {max(memory for _, memory in runs):.0f} MB")


def fill(url: str) -> None:
    """Write conversations of one to eight messages into the database."""
    version = served()
    assert version is not None, "train a model first"
    questions = version.results["questions"]
    labels = sorted({one["label"] for one in questions.values()})
    chance = random.Random(0)
    engine = sa.create_engine(url)
    EVENTS.create(engine)
    with engine.begin() as connection:
        written = 0
        while written < MESSAGES:
            rows: list[dict[str, Any]] = []
            while len(rows) < 20_000 and written < MESSAGES:
                for text in said(chance, list(questions)):
                    rows += turn(chance, written, *text, questions[text[1]]["label"], labels)
                    written += 1
            connection.execute(EVENTS.insert(), rows)
    engine.dispose()


def said(chance: random.Random, questions: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield conversation, question and what was typed of one conversation."""
    conversation = f"{chance.getrandbits(128):032x}"
    for _ in range(chance.randint(1, 8)):
        question = chance.choice(questions)
        words = question.split()
        if chance.random() < 0.7:
            words.insert(
                chance.randrange(len(words)), chance.choice(chance.choice(questions).split())
            )
        yield conversation, question, " ".join(words)


def turn(
    chance: random.Random,
    number: int,
    conversation: str,
    question: str,
    text: str,
    label: str,
    labels: list[str],
) -> list[dict[str, Any]]:
    at = time.time() - chance.random() * DAYS * 86_400
    intent = label.partition("/")[0]
    ranking = [{"name": one, "confidence": 1 / (2 + place)} for place, one in enumerate(labels)]
    keys = [
        {"intent_response_key": one["name"], "confidence": one["confidence"]} for one in ranking
    ]
    response = {"intent_response_key": label, "utter_action": f"utter_{label}", "confidence": 0.9}
    parse = {
        "intent": {"name": intent, "confidence": 0.9},
        "intent_ranking": ranking,
        "response_selector": {"faq": {"response": response, "ranking": keys}},
    }
    user = {"text": text, "message_id": f"m{number}", "parse_data": parse, "timestamp": at}

    def row(kind: str, data: dict[str, Any], **columns: Any) -> dict[str, Any]:
        empty = {"intent_name": None, "action_name": None}
        fixed = {"sender_id": conversation, "type_name": kind, "timestamp": at}
        return {**empty, **fixed, "data": json.dumps({"event": kind, **data}), **columns}

    rows = [
        row("user", user, intent_name=intent),
        row("slot", {"name": "answered", "value": "pending"}, action_name="answered"),
        row("action", {"name": "utter_faq", "policy": "RulePolicy"}, action_name="utter_faq"),
        row("bot", {"text": "x" * 300}),
        row("action", {"name": "action_listen"}, action_name="action_listen"),
    ]
    if chance.random() < 0.02:
        verdict = {"answer": f"m{number}", "verdict": chance.choice(("up", "down"))}
        rows.append(row("slot", {"name": "feedback", "value": verdict}, action_name="feedback"))
    return rows


def timed(arguments: tuple[str, ...], variables: dict[str, str]) -> tuple[float, float]:
    """Return the seconds and the most MB that the command took."""
    begun = time.monotonic()
    command = subprocess.Popen(
        [str(Path(sys.executable).with_name("lumbar")), *arguments],
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
    )
    process, most = psutil.Process(command.pid), 0.0
    while command.poll() is None:
        try:
            most = max(most, process.memory_info().rss / 1e6)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.02)
    command.wait()
    return time.monotonic() - begun, most


if __name__ == "__main__":
    main()
