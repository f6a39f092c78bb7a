"""Whether the process can do its work."""

from __future__ import annotations

import asyncio
import copy
import time
from uuid import uuid4

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.tracker_store import InMemoryTrackerStore

from lumbar.channel.locks import SessionLocks
from lumbar.channel.replies import Replies
from lumbar.channel.tracker_store import RecentTrackerStore
from lumbar.settings import settings

QUESTIONS = ("How long does MILD last?", "Compare MILD with surgery")
"""The second one needs the action server."""
SECONDS_IT_HOLDS = 5
"""For which what was found is told again."""


class Health:
    """Asks the assistant, the database and the locks."""

    def __init__(self) -> None:
        self._asked = 0.0
        self._found: dict[str, bool] = {}

    async def answers(self, agent: Agent | None) -> bool:
        """Return whether a patient's question is answered."""
        return (await self._questions(agent))["question"]

    async def checks(self, agent: Agent | None) -> dict[str, bool]:
        """Return by name what works: `model`, `question`, `actions`, `database`, `locks`."""
        found = await self._questions(agent)
        if agent is None:
            return {**found, "database": False, "locks": False}
        store, locks = agent.tracker_store, agent.lock_store
        assert isinstance(store, RecentTrackerStore) and isinstance(locks, SessionLocks)
        database, shared = await asyncio.gather(
            store.backlog.is_reachable(),
            locks.shared.is_reachable() if locks.shared else asyncio.sleep(0, True),
        )
        return {**found, "database": database and not store.backlog.is_away, "locks": shared}

    async def _questions(self, agent: Agent | None) -> dict[str, bool]:
        if agent is None or not agent.is_ready():
            return dict.fromkeys(("model", "question", "actions"), False)
        if not self._found or time.monotonic() > self._asked + SECONDS_IT_HOLDS:
            self._asked = time.monotonic()
            answered, compared = await ask(agent, QUESTIONS)
            self._found = {"model": True, "question": answered, "actions": compared}
        return self._found


async def ask(agent: Agent, questions: tuple[str, ...]) -> list[bool]:
    """Ask `questions` in a conversation that nobody keeps; return which got an answer that
    rests on the article."""
    assert agent.processor is not None
    processor = copy.copy(agent.processor)
    processor.tracker_store = InMemoryTrackerStore(processor.domain)
    session, answered = uuid4().hex, []
    for question in questions:
        replies = Replies()
        message = UserMessage(question, replies, session)
        try:
            await asyncio.wait_for(processor.handle_message(message), settings.answer_seconds)
        except Exception:  # whatever it is, a patient would have got no answer
            replies.messages.clear()
        told = [(one.get("metadata") or {}).get("facts") for one in replies.messages]
        answered.append(any(told))
    return answered
