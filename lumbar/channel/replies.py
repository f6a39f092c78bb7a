"""What the assistant says, as the website gets it."""

from typing import Any

from rasa.core.channels.channel import OutputChannel

from lumbar.channel.tokens import Tokens
from lumbar.content import Content, Fact


class Replies(OutputChannel):
    """Collects what the assistant says to one message."""

    @classmethod
    def name(cls) -> str:
        return "web"

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        self.messages.append(message)


def shown(message: dict[str, Any], known: Content, tokens: Tokens, session: str) -> dict[str, Any]:
    """Return `message` as `openapi.yml` describes it, with the facts it cites."""
    metadata = message.get("metadata") or {}
    table = message.get("custom")
    facts = known.facts.by_id
    shown = {
        "text": metadata["beside_table"] if table else message.get("text"),
        "lang": metadata.get("lang"),
        "emergency": known.clinic.emergency_number if metadata.get("emergency") else None,
        "table": table and {key: table[key] for key in ("caption", "columns", "rows")},
        "sources": [
            _source(facts[fact], known)
            for fact in metadata.get("facts") or ()
            # While another model is taken up, an answer may cite what is gone.
            if fact in facts
        ],
        "buttons": buttons(message, tokens, session),
    }
    return {key: value for key, value in shown.items() if value}


def buttons(message: dict[str, Any], tokens: Tokens, session: str) -> list[dict[str, str]]:
    """Return the buttons of `message`, signed for `session`."""
    return [
        {"title": one["title"], "button": tokens.button(session, one["payload"])}
        for one in message.get("buttons") or ()
    ]


def _source(fact: Fact, known: Content) -> dict[str, Any]:
    return {
        "text": fact.text,
        "section": fact.section,
        "evidence": [
            fact.source or f"Article, “{fact.section}”",
            *(known.facts.evidence[key] for key in fact.evidence),
        ],
    }
