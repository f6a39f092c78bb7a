"""A patient who does not give up, and what the database then holds of the conversation."""

import json
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests
from visitor import Visitor

SECONDS_TO_INSIST = 60


@dataclass
class Patient(Visitor):
    """Sends a message again until it is answered, as the widget does, on one connection
    while that holds."""

    seconds: float = 20
    connection: requests.Session = field(default_factory=requests.Session)
    failures: int = 0

    def ask(self, text: str, message_id: str = "") -> dict[str, Any]:
        """Return the reply to `text`."""
        message_id = message_id or uuid4().hex
        deadline = time.monotonic() + SECONDS_TO_INSIST
        while time.monotonic() < deadline:
            try:
                reply = self.say(text, id=message_id)
            except requests.RequestException:
                self.failures += 1
                continue
            if reply.status_code == 200:
                return reply.json()
            assert reply.status_code in (409, 429, 500, 503, 504), reply.text
            self.failures += 1
            time.sleep(int(reply.headers.get("Retry-After", 1)))
        raise AssertionError(f"no answer to {text!r} within {SECONDS_TO_INSIST} seconds")

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


def asked(database: Path) -> list[list[str]]:
    """Return what each patient typed, as the table of events has it, the latest one last."""
    conversations: dict[str, list[str]] = {}
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT sender_id, data FROM events WHERE type_name = 'user' ORDER BY id"
        )
        for sender, data in rows:
            text = json.loads(data)["text"]
            # What Rasa tells itself when a session begins is an intent with a slash.
            if not text.startswith("/"):
                conversations.setdefault(sender, []).append(text)
    return list(conversations.values())
