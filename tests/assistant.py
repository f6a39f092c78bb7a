"""The trained assistant with a real action server, for tests to talk to."""

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import Any

from rasa.core.agent import Agent, load_agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.utils import AvailableEndpoints

from lumbar.settings import settings
from lumbar.studio.versions import MODEL as NAME

MODEL = settings.served / NAME


@dataclass
class Reply:
    """Everything the bot sent for one message, and what it took the message for."""

    label: str
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(message["text"] for message in self.messages if message.get("text"))

    @property
    def buttons(self) -> list[str]:
        return [
            button["payload"]
            for message in self.messages
            for button in message.get("buttons") or []
        ]

    @property
    def table(self) -> dict[str, Any] | None:
        return next((message["custom"] for message in self.messages if message.get("custom")), None)


class Assistant:
    """Talks to the model as the website would, one conversation per `start`."""

    _ids = itertools.count()

    def __init__(self, endpoints: str | None) -> None:
        self.loop = asyncio.new_event_loop()
        self.agent: Agent = self.loop.run_until_complete(
            load_agent(str(MODEL), endpoints=AvailableEndpoints.read_endpoints(endpoints))
        )
        self.start()

    def start(self) -> "Assistant":
        self.sender = f"patient-{next(self._ids)}"
        return self

    def say(self, text: str) -> Reply:
        return self.loop.run_until_complete(self._say(text))

    def parse(self, text: str) -> dict[str, Any]:
        return self.loop.run_until_complete(self.agent.parse_message(text))

    def label(self, text: str) -> str:
        return label_of(self.parse(text))

    def tracker(self) -> Any:
        return self.loop.run_until_complete(self.agent.tracker_store.retrieve(self.sender))

    async def _say(self, text: str) -> Reply:
        channel = CollectingOutputChannel()
        await self.agent.handle_message(UserMessage(text, channel, self.sender))
        tracker = await self.agent.tracker_store.retrieve(self.sender)
        return Reply(label_of(tracker.latest_message.parse_data), channel.messages)


def label_of(parse: Any) -> str:
    """Return the FAQ key, or the intent of anything else."""
    intent = str(parse["intent"]["name"])
    if intent != "faq":
        return intent
    return str(parse["response_selector"]["faq"]["response"]["intent_response_key"])
