"""The website's way to the assistant: one port with the widget, the page and the API."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from cachetools import TTLCache
from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json

from lumbar import content
from lumbar.channel.http import add_http
from lumbar.channel.limits import Limits
from lumbar.channel.pages import add_pages
from lumbar.channel.promotion import follow
from lumbar.channel.refused import Refused
from lumbar.channel.replies import Replies, buttons, shown
from lumbar.channel.requests import Feedback, PressedButton, TypedMessage, plain_text, read_body
from lumbar.channel.tokens import Tokens
from lumbar.language.redaction import redact
from lumbar.settings import settings

WARMING_UP = ("How long does MILD last?", "Compare MILD with surgery")
"""Asked at the start: the first answer and the first comparison take a third of a second."""

SECONDS_TO_ASK_AGAIN = 120
MAX_KEPT = 10_000

logger = logging.getLogger(__name__)

Handler = Callable[[UserMessage], Awaitable[Any]]


class WebChannel(InputChannel):
    """The channel that `credentials.yml` names; `openapi.yml` describes it."""

    @classmethod
    def name(cls) -> str:
        return "web"

    def url_prefix(self) -> str:
        return "/"

    def __init__(self) -> None:
        self._tokens = Tokens(settings.secret, settings.session_seconds)
        self._limits = Limits(
            settings.session_rate, settings.address_rate, settings.address_at_once
        )
        self._answered: TTLCache[str, tuple[tuple[str, str], dict]] = TTLCache(
            MAX_KEPT, SECONDS_TO_ASK_AGAIN
        )

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        web = Blueprint("web")
        add_http(web)
        add_pages(web)

        @web.listener("after_server_start")
        async def warm_up(app: Sanic, _: object) -> None:
            session = self._tokens.session(self._tokens.mint())
            for question in WARMING_UP:
                await on_new_message(UserMessage(question, Replies(), session))
            await _forget(app.ctx.agent, session)
            app.ctx.following = asyncio.create_task(follow(app.ctx.agent, WARMING_UP))

        @web.listener("before_server_stop")
        async def stop_following(app: Sanic, _: object) -> None:
            app.ctx.following.cancel()
            with suppress(asyncio.CancelledError):
                await app.ctx.following

        @web.get("/api/health")
        async def health(request: Request) -> HTTPResponse:
            _ready_agent(request)
            return json({"status": "ready"})

        @web.post("/api/sessions")
        async def begin(request: Request) -> HTTPResponse:
            self._limits.spend("address_rate", "sessions", _address(request))
            agent = _ready_agent(request)
            token = self._tokens.mint()
            session = self._tokens.session(token)
            greeting = agent.domain.responses["utter_greet"][0]
            clinic = content.load().clinic
            return json(
                {
                    "token": token,
                    "clinic": {
                        "name": clinic.name,
                        "emergency": clinic.emergency_number,
                        **({"phone": clinic.phone} if clinic.phone else {}),
                    },
                    "buttons": buttons(greeting, self._tokens, session),
                },
                201,
            )

        @web.delete("/api/sessions", ignore_body=False)
        async def forget(request: Request) -> HTTPResponse:
            session = self._session(request)
            with self._limits.one_at_a_time(session, _address(request)):
                agent = _ready_agent(request)
                self._answered.pop(session, None)
                await _forget(agent, session)
            return empty()

        @web.post("/api/messages")
        async def message(request: Request) -> HTTPResponse:
            session = self._session(request)
            body = read_body(request, TypedMessage)
            # From here on nothing knows who the patient is.
            text = redact(plain_text(body.text))
            return await self._answer(request, on_new_message, session, text, body.id)

        @web.post("/api/buttons")
        async def button(request: Request) -> HTTPResponse:
            session = self._session(request)
            body = read_body(request, PressedButton)
            payload = self._tokens.pressed(session, body.button)
            return await self._answer(request, on_new_message, session, payload, body.id)

        @web.post("/api/feedback")
        async def feedback(request: Request) -> HTTPResponse:
            session = self._session(request)
            body = read_body(request, Feedback)
            answer = self._tokens.answered(session, body.answer)
            self._spend(request, session)
            agent = _ready_agent(request)
            async with agent.lock_store.lock(session):
                tracker = await agent.tracker_store.retrieve(session)
                if tracker is None:
                    raise Refused("no_such_answer")
                tracker.update(SlotSet("feedback", {"answer": answer, "verdict": body.verdict}))
                await agent.tracker_store.save(tracker)
            return empty()

        return web

    def _session(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return self._tokens.session(token if scheme.lower() == "bearer" else "")

    def _spend(self, request: Request, session: str) -> None:
        self._limits.spend("session_rate", session)
        self._limits.spend("address_rate", "messages", _address(request))

    async def _answer(
        self, request: Request, ask: Handler, session: str, text: str, message_id: str
    ) -> HTTPResponse:
        with self._limits.one_at_a_time(session, _address(request)):
            before, reply = self._answered.get(session, (("", ""), {}))
            if not message_id or before != (message_id, text):
                self._spend(request, session)
                _ready_agent(request)
                reply = await self._ask(ask, session, text)
                self._answered[session] = (message_id, text), reply
        return json(reply)

    async def _ask(self, ask: Handler, session: str, text: str) -> dict[str, Any]:
        replies = Replies()
        answer = self._tokens.answer(session)
        message = UserMessage(
            text,
            replies,
            session,
            input_channel=self.name(),
            message_id=self._tokens.answered(session, answer),
        )
        try:
            await asyncio.wait_for(ask(message), settings.answer_seconds)
        except asyncio.TimeoutError:
            logger.error("No answer within %s seconds.", settings.answer_seconds)
            raise Refused("timed_out") from None
        known = content.load()
        said = (shown(one, known, self._tokens, session) for one in replies.messages)
        messages = [one for one in said if one]
        if not messages:
            logger.error("The assistant had no reply to a message.")
            raise Refused("no_answer")
        return {"answer": answer, "messages": messages}


def _ready_agent(request: Request) -> Agent:
    agent: Agent | None = getattr(request.app.ctx, "agent", None)
    if agent is None or not agent.is_ready():
        raise Refused("not_ready")
    return agent


async def _forget(agent: Agent, session: str) -> None:
    async with agent.lock_store.lock(session):
        await agent.tracker_store.save(DialogueStateTracker.from_events(session, []))


def _address(request: Request) -> str:
    return request.remote_addr or request.ip
