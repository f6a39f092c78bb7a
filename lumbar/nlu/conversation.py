"""A conversation with a model in this process, kept nowhere."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from rasa.core.agent import Agent, load_agent
from rasa.core.channels.channel import UserMessage
from rasa.core.utils import AvailableEndpoints
from rasa.shared.core.events import ActionExecuted, UserUttered

from actions.conversation import TERMINAL
from lumbar.channel.replies import Replies


@dataclass(frozen=True)
class Reply:
    """What was said; the actions behind it as (action, policy); the slots before it."""

    messages: list[dict[str, Any]]
    actions: list[tuple[str, str]]
    slots: dict[str, Any]


class Conversation:
    """Talks to `model`; `endpoints` is a file that names its action server."""

    def __init__(self, model: Path, endpoints: Path) -> None:
        self._loop = asyncio.new_event_loop()
        where = AvailableEndpoints.read_endpoints(str(endpoints))
        where.tracker_store = None
        self._agent: Agent = self._loop.run_until_complete(load_agent(str(model), endpoints=where))
        self._sender = uuid4().hex

    def say(self, text: str) -> Reply:
        return self._loop.run_until_complete(self._say(text))

    async def _say(self, text: str) -> Reply:
        assert self._agent.tracker_store is not None
        before = await self._agent.tracker_store.retrieve(self._sender)
        slots = before.current_slot_values() if before else {}
        channel = Replies()
        message = UserMessage(text, channel, self._sender, input_channel=TERMINAL)
        await self._agent.handle_message(message)
        tracker = await self._agent.tracker_store.retrieve(self._sender)
        actions = []
        for event in reversed(tracker.events):
            if isinstance(event, UserUttered):
                break
            if isinstance(event, ActionExecuted) and event.action_name != "action_listen":
                actions.append((event.action_name, event.policy or ""))
        return Reply(channel.messages, actions[::-1], slots)
