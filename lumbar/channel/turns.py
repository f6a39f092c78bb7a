"""One message and what was said to it, also when it is sent again."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.events import BotUttered, Event, UserUttered

from lumbar.channel.replies import Replies


@dataclass(frozen=True)
class Turn:
    """`id` names the answer, `time` in seconds since 1970, `label` is the intent or FAQ key,
    `messages` as an output channel gets them."""

    id: str
    time: float
    label: str
    messages: list[dict[str, Any]]


async def take(agent: Agent, message: UserMessage) -> Turn:
    """Return the turn that `message` made, now or when it was sent before.

    Raises:
        LockError: another process held the conversation for too long.
    """
    assert agent.processor and isinstance(message.output_channel, Replies)
    async with agent.lock_store.lock(message.sender_id):
        await agent.tracker_store.refresh(message.sender_id)
        before = _find(await agent.tracker_store.events(message.sender_id), message.message_id)
        if before and before.messages:
            return before
        await agent.processor.handle_message(message)
        now = _find(await agent.tracker_store.events(message.sender_id), message.message_id)
    messages = message.output_channel.messages
    return now or Turn(message.message_id, time.time(), "", messages)


def _find(events: Iterable[Event], message_id: str) -> Turn | None:
    found: Turn | None = None
    for event in events:
        if isinstance(event, UserUttered):
            if found:
                break
            if event.message_id == message_id:
                found = Turn(message_id, event.timestamp, _label(event.parse_data), [])
        elif found and isinstance(event, BotUttered):
            found.messages.append(event.message())
    return found


def _label(parse: dict[str, Any]) -> str:
    intent = (parse.get("intent") or {}).get("name") or ""
    if intent != "faq":
        return intent
    return str(parse["response_selector"]["faq"]["response"]["intent_response_key"])
