"""A visitor of the website without a browser."""

from dataclasses import dataclass, field
from typing import Any

import requests

OTHER_WEBSITE = "https://clinic.example"
"""May show the widget."""


@dataclass
class Visitor:
    """Talks to the API at `address`; `token` is empty before `begin`."""

    address: str
    token: str = ""
    buttons: list[dict[str, str]] = field(default_factory=list)

    def begin(self) -> "Visitor":
        begun = self.send("POST", "sessions").json()
        self.token, self.buttons = begun["token"], begun["buttons"]
        return self

    def say(self, text: Any, **fields: Any) -> requests.Response:
        return self.send("POST", "messages", json={"text": text, **fields})

    def press(self, button: str) -> requests.Response:
        return self.send("POST", "buttons", json={"button": button})

    def send(
        self, method: str, path: str, headers: dict[str, str] | None = None, **what: Any
    ) -> requests.Response:
        token = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return requests.request(
            method,
            f"{self.address}/api/{path}",
            headers={**token, **(headers or {})},
            timeout=30,
            **what,
        )
