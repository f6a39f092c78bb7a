"""What every request and response has in common, on a server that Rasa sets up."""

import asyncio
import logging
import re
import traceback
from typing import Any
from uuid import uuid4

from rasa.core.lock_store import LockError
from sanic import Blueprint, Sanic
from sanic.exceptions import InvalidUsage, SanicException, ServiceUnavailable
from sanic.handlers import ErrorHandler
from sanic.http import Http
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json, redirect
from structlog.contextvars import bind_contextvars, clear_contextvars

from lumbar.channel import metrics
from lumbar.channel.refused import BY_STATUS, Refused
from lumbar.channel.requests import MAX_BODY
from lumbar.settings import settings

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
CORS = {
    "Access-Control-Allow-Headers": "authorization, content-type",
    "Access-Control-Allow-Methods": "DELETE, GET, POST",
    "Access-Control-Expose-Headers": "retry-after",
    "Access-Control-Max-Age": "3600",
}
SECONDS_TO_SEND = 20
"""For a request's body, for its first lines without a byte, and between two requests."""

logger = logging.getLogger(__name__)

_sanics_empty_request = Http.create_empty_request


def add_http(web: Blueprint) -> None:
    """Add limits, headers and errors, for addresses that do not exist too."""

    @web.listener("before_server_start")
    async def set_up(app: Sanic, _: object) -> None:
        app.config.REQUEST_MAX_SIZE = MAX_BODY
        app.config.REQUEST_TIMEOUT = SECONDS_TO_SEND
        app.config.KEEP_ALIVE_TIMEOUT = SECONDS_TO_SEND
        app.config.PROXIES_COUNT = settings.proxies
        app.error_handler = _JsonErrors()
        app.request_class = _Request
        Http.create_empty_request = _empty_request  # type: ignore[assignment]
        # In place of Rasa's, which sends `Allow-Credentials` to whoever asks.
        app.request_middleware.clear()
        app.response_middleware.clear()
        app.register_middleware(_name, "request")
        app.register_middleware(_check_origin, "request")
        app.register_middleware(_show_demo, "request")
        app.register_middleware(_add_headers, "response")  # type: ignore[arg-type]

    @web.signal("http.lifecycle.request")
    async def check_length(request: Request, **_: object) -> None:
        # Sanic would wait for a body of negative length, and a proxy in front may
        # read two lengths otherwise than Sanic does.
        lengths = request.headers.getall("content-length", [])
        codings = request.headers.getall("transfer-encoding", [])
        plain = all(re.fullmatch("[0-9]+", one.strip()) for one in lengths)
        if not plain or codings not in ([], ["chunked"]) or len(lengths) + len(codings) > 1:
            raise InvalidUsage("Bad Request")


class _Request(Request):
    """A request whose body must arrive in time, however many pieces it comes in."""

    async def receive_body(self) -> None:
        try:
            await asyncio.wait_for(super().receive_body(), SECONDS_TO_SEND)
        except asyncio.TimeoutError:
            raise Refused("too_slow") from None


class _JsonErrors(ErrorHandler):
    """Tells every error as JSON, and logs ours without what a patient wrote."""

    def response(self, request: Request, exception: Exception) -> HTTPResponse:
        connection: Any = request.transport
        if isinstance(exception, ServiceUnavailable) and connection.is_closing():
            # The visitor left before the answer: nothing failed, and nobody reads this.
            return empty(503)
        refused = _refused(request, exception)
        metrics.errors.labels(refused.code).inc()
        if refused.code == "failed":
            where = "".join(traceback.format_tb(exception.__traceback__))
            logger.error("%s in the channel:\n%s", type(exception).__name__, where)
        if refused.code in ("unreadable", "too_slow") and request.stream:
            # What is left of the body, Sanic would try to read again.
            request.stream.request_body = None
            request.stream.keep_alive = False
        headers = dict(getattr(exception, "headers", {}))
        if refused.retry_after:
            headers["Retry-After"] = str(refused.retry_after)
        return json(refused.body, refused.status, headers)


def _refused(request: Request, exception: Exception) -> Refused:
    if isinstance(exception, Refused):
        return exception
    if isinstance(exception, LockError):
        return Refused("busy", 1)
    status = (
        getattr(exception, "status_code", 500) if isinstance(exception, SanicException) else 500
    )
    # Sanic calls the method so when it failed to read the request's first lines.
    if status < 500 or request.method == "NONE":
        return Refused(BY_STATUS.get(status, "unreadable"))
    return Refused("failed")


def _empty_request(http: Http) -> None:
    # Sanic fails a second time, and silently, on an address that it could not read.
    http.url = None
    _sanics_empty_request(http)


def _name(request: Request) -> None:
    """Let what is logged of a request be told apart, by the proxy's name for it."""
    named = request.headers.get("x-request-id", "")
    clear_contextvars()
    bind_contextvars(request=named if re.fullmatch("[0-9a-f-]{16,36}", named) else uuid4().hex)


async def _check_origin(request: Request) -> HTTPResponse | None:
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    if origin and origin not in (f"http://{host}", f"https://{host}") and not _is_allowed(origin):
        raise Refused("foreign_origin")
    if request.method == "OPTIONS":
        await request.receive_body()
        return empty()
    return None


def _show_demo(request: Request) -> HTTPResponse | None:
    # Rasa has a page of its own here, which tells its version.
    return redirect("/demo/") if request.route and not request.route.path else None


def _add_headers(request: Request, response: HTTPResponse) -> None:
    headers = dict(HEADERS)
    origin = request.headers.get("origin", "")
    if _is_allowed(origin):
        headers.update(CORS, **{"Access-Control-Allow-Origin": origin})
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    response.headers.add("Vary", "Origin")


def _is_allowed(origin: str) -> bool:
    return origin in settings.origins.split()
