"""The action server, as an endpoint that is asked over one connection and not for long."""

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import aiohttp
from rasa.utils.endpoints import EndpointConfig

SECONDS = 2
"""After that the assistant goes on without the action: Rasa would wait for five minutes."""
CONNECTIONS = 8
SECONDS_KEPT = 3
"""Shorter than the action server keeps a connection, which it may not close under a call."""


class ActionServer(EndpointConfig):
    """Made from the endpoint that `endpoints.yml` names, within the event loop."""

    def __init__(self, endpoint: EndpointConfig) -> None:
        super().__init__(endpoint.url, **endpoint.kwargs)
        connector = aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=SECONDS_KEPT)
        self._session = aiohttp.ClientSession(connector=connector)

    def session(self) -> AbstractAsyncContextManager[aiohttp.ClientSession]:  # type: ignore[override]
        return nullcontext(self._session)

    async def request(self, *arguments: Any, **options: Any) -> Any:
        """Call an action.

        Raises:
            asyncio.TimeoutError, aiohttp.ClientError: as of `EndpointConfig`.
        """
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        return await super().request(*arguments, **{**options, "timeout": timeout})

    async def close(self) -> None:
        await self._session.close()
