"""The website's way to the assistant: one port with the widget, the page and the API."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from hashlib import sha256
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.shared.core.events import SlotSet
from rasa.utils.endpoints import EndpointConfig
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json
from structlog.contextvars import bind_contextvars

from lumbar import content
from lumbar.channel import metrics, turns
from lumbar.channel.action_server import ActionServer
from lumbar.channel.health import QUESTIONS, Health, ask
from lumbar.channel.http import add_http
from lumbar.channel.limits import Limits
from lumbar.channel.pages import add_pages
from lumbar.channel.promotion import follow, settle
from lumbar.channel.refused import Refused
from lumbar.channel.replies import Replies, buttons, shown
from lumbar.channel.requests import Feedback, PressedButton, TypedMessage, plain_text, read_body
from lumbar.channel.tokens import Tokens
from lumbar.channel.tracker_store import RecentTrackerStore
from lumbar.language.redaction import redact
from lumbar.settings import settings

STEPS_OF_A_START = 20
"""Of the event loop, after the listener below has run; Sanic takes fewer."""

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
        self._tokens = Tokens(settings)
        self._health = Health()
        self._limits: Limits | None = None

    def blueprint(self, _: Handler) -> Blueprint:
        web = Blueprint("web")
        add_http(web)
        add_pages(web)

        @web.listener("after_server_start")
        async def begin_to_answer(app: Sanic, _: object) -> None:
            self.begin(app.ctx.agent)
            metrics.serve()
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, lambda: loop.create_task(_stop(app)))
            app.ctx.upkeep = asyncio.create_task(_keep_up(app.ctx.agent))

        @web.listener("before_server_stop")
        async def finish(app: Sanic, _: object) -> None:
            app.ctx.upkeep.cancel()
            with suppress(asyncio.CancelledError):
                await app.ctx.upkeep

        @web.listener("after_server_stop")
        async def write_what_waits(app: Sanic, _: object) -> None:
            # By now the answers that were begun are given.
            await app.ctx.agent.tracker_store.backlog.close()

        @web.get("/api/health/live")
        async def live(request: Request) -> HTTPResponse:
            return json({"status": "live"})

        @web.get("/api/health")
        async def health(request: Request) -> HTTPResponse:
            if not await self._health.answers(request.app.ctx.agent):
                raise Refused("not_ready")
            return json({"status": "ready"})

        @web.get("/api/health/ready")
        async def ready(request: Request) -> HTTPResponse:
            checks = await self._health.checks(request.app.ctx.agent)
            is_ready = all(checks.values())
            told = {name: "ok" if works else "failed" for name, works in checks.items()}
            status = "ready" if is_ready else "not ready"
            return json({"status": status, "checks": told}, 200 if is_ready else 503)

        @web.post("/api/sessions")
        async def begin(request: Request) -> HTTPResponse:
            agent, limits = self._ready(request)
            await limits.spend("address_rate", "sessions", _address(request))
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
            agent, limits = self._ready(request)
            with limits.one_at_a_time(session, _address(request)):
                async with agent.lock_store.lock(session):
                    await agent.tracker_store.forget(session)
            return empty()

        @web.post("/api/messages")
        async def message(request: Request) -> HTTPResponse:
            session = self._session(request)
            body = read_body(request, TypedMessage)
            # From here on nothing knows who the patient is.
            text = redact(plain_text(body.text))
            return await self._answer(request, "typed", session, text, body.id)

        @web.post("/api/buttons")
        async def button(request: Request) -> HTTPResponse:
            session = self._session(request)
            body = read_body(request, PressedButton)
            payload = self._tokens.pressed(session, body.button)
            return await self._answer(request, "button", session, payload, body.id)

        @web.post("/api/feedback")
        async def feedback(request: Request) -> HTTPResponse:
            session = self._session(request)
            body = read_body(request, Feedback)
            answer = self._tokens.answered(session, body.answer)
            agent, limits = self._ready(request)
            await _spend(limits, request, session)
            async with agent.lock_store.lock(session):
                await agent.tracker_store.refresh(session)
                tracker = await agent.tracker_store.retrieve(session)
                if tracker is None:
                    raise Refused("no_such_answer")
                tracker.update(SlotSet("feedback", {"answer": answer, "verdict": body.verdict}))
                await agent.tracker_store.save(tracker)
            return empty()

        return web

    def begin(self, agent: Agent) -> None:
        """Begin to take messages for `agent`, with the settings as they are now."""
        self._health = Health()
        self._limits = Limits(agent.lock_store.shared)
        # Rasa wraps it to go on without it after a failure, which it does by itself.
        while not isinstance(agent.tracker_store, RecentTrackerStore):
            agent.tracker_store = agent.tracker_store._tracker_store  # type: ignore[union-attr]
        if isinstance(agent.action_endpoint, EndpointConfig):
            agent.action_endpoint = ActionServer(agent.action_endpoint)
        if agent.processor:
            agent.processor.tracker_store = agent.tracker_store
            agent.processor.action_endpoint = agent.action_endpoint

    def _session(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        session = self._tokens.session(token if scheme.lower() == "bearer" else "")
        bind_contextvars(session=sha256(session.encode()).hexdigest()[:16])
        return session

    def _ready(self, request: Request) -> tuple[Agent, Limits]:
        agent: Agent = request.app.ctx.agent
        # Requests may arrive before the server is told that it has started.
        if self._limits is None or not agent.is_ready():
            raise Refused("not_ready")
        return agent, self._limits

    async def _answer(
        self, request: Request, kind: str, session: str, text: str, message_id: str
    ) -> HTTPResponse:
        start = time.monotonic()
        agent, limits = self._ready(request)
        with limits.one_at_a_time(session, _address(request)):
            await _spend(limits, request, session)
            # The same message sent again, to whichever process, has the same name.
            named = sha256(f"{session} {message_id} {text}".encode()).hexdigest()[:32]
            message = UserMessage(
                text,
                Replies(),
                session,
                input_channel=self.name(),
                message_id=named if message_id else None,
            )
            try:
                turn = await asyncio.wait_for(turns.take(agent, message), settings.answer_seconds)
            except asyncio.TimeoutError:
                logger.error("No answer within %s seconds.", settings.answer_seconds)
                raise Refused("timed_out") from None
        reply = self._shown(session, turn)
        seconds = time.monotonic() - start
        metrics.count(kind, turn.label, seconds)
        logger.info("Answered.", extra={"intent": turn.label, "seconds": round(seconds, 4)})
        return json(reply)

    def _shown(self, session: str, turn: turns.Turn) -> dict[str, Any]:
        known = content.load()
        tokens = self._tokens.at(turn.time)
        said = (shown(one, known, tokens, session) for one in turn.messages)
        messages = [one for one in said if one]
        if not messages:
            logger.error("The assistant had no reply to a message.")
            raise Refused("no_answer")
        return {"answer": tokens.answer(session, turn.id), "messages": messages}


async def _keep_up(agent: Agent) -> None:
    """Write what an earlier process left, warm up, and follow the served model."""
    await agent.tracker_store.backlog.begin()
    if agent.is_ready():
        # The first answer and the first comparison take a third of a second.
        await ask(agent, QUESTIONS)
        settle()
        await follow(agent, QUESTIONS)


async def _stop(app: Sanic) -> None:
    """Stop, but not before Sanic is done with starting: it fails then, or forgets it."""
    for _ in range(STEPS_OF_A_START):
        await asyncio.sleep(0)
    app.stop()


async def _spend(limits: Limits, request: Request, session: str) -> None:
    await limits.spend("session_rate", session)
    await limits.spend("address_rate", "messages", _address(request))


def _address(request: Request) -> str:
    return request.remote_addr or request.ip
