"""A patient who does not give up, and what the database then holds of the conversation."""

import json
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
import requests
from visitor import Visitor

SECONDS_TO_INSIST = 60
SECONDS_BETWEEN_TRIES = 0.5


@dataclass
class Patient(Visitor):
    """Sends a message again until it is answered, as the widget does, on one connection
    while that holds. `failures` counts what came instead, by status or kind of exception."""

    seconds: float = 20
    connection: requests.Session = field(default_factory=requests.Session)
    failures: Counter[str] = field(default_factory=Counter)

    def begin(self) -> "Patient":
        begun = self._insist("POST", "sessions", {})
        self.token, self.buttons = begun["token"], begun["buttons"]
        return self

    def ask(self, text: str, message_id: str = "") -> dict[str, Any]:
        """Return the reply to `text`."""
        return self._insist("POST", "messages", {"text": text, "id": message_id or uuid4().hex})

    def _insist(self, method: str, path: str, what: dict[str, str]) -> dict[str, Any]:
        deadline = time.monotonic() + SECONDS_TO_INSIST
        while time.monotonic() < deadline:
            try:
                reply = self.send(method, path, json=what)
            except requests.RequestException as error:
                self.failures[type(error).__name__] += 1
                time.sleep(SECONDS_BETWEEN_TRIES)
                continue
            if reply.ok:
                return reply.json()
            assert reply.status_code in (409, 429) or reply.status_code >= 500, reply.text
            self.failures[_told(reply)] += 1
            time.sleep(int(reply.headers.get("Retry-After", 1)))
        raise AssertionError(
            f"no answer to {what} within {SECONDS_TO_INSIST} seconds: {self.failures}"
        )

    def send(
        self, method: str, path: str, headers: dict[str, str] | None = None, **what: Any
    ) -> requests.Response:
        token = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.connection.request(
            method,
            f"{self.address}/api/{path}",
            headers={**token, **(headers or {})},
            timeout=self.seconds,
            **what,
        )


def _told(reply: requests.Response) -> str:
    """Return the status, and Lumbar's word for it where it is not nginx's own."""
    try:
        return f"{reply.status_code} {reply.json()['code']}"
    except ValueError:
        return str(reply.status_code)


_ASKED = "SELECT sender_id, data FROM events WHERE type_name = 'user' ORDER BY id"


def asked(database: Path | str) -> list[list[str]]:
    """Return what each patient typed, as the table of events has it, the latest one last.

    `database` is SQLite's file, or PostgreSQL's URL.
    """
    if isinstance(database, str):
        opened = psycopg2.connect(database)
    else:
        opened = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    conversations: dict[str, list[str]] = {}
    with closing(opened) as connection:
        cursor = connection.cursor()
        cursor.execute(_ASKED)
        for sender, data in cursor:
            text = json.loads(data)["text"]
            # What Rasa tells itself when a session begins is an intent with a slash.
            if not text.startswith("/"):
                conversations.setdefault(sender, []).append(text)
    return list(conversations.values())
