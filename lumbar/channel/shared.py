"""What several processes share in Redis, as long as it is there."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from circuitbreaker import CircuitBreaker
from limits.errors import StorageError
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, LockError, RedisError

from lumbar.channel import metrics

SECONDS = 2
"""For a connection from the pool, to the server, and for each command."""
SECONDS_LEFT_ALONE = 5
"""After a failure, so that not every patient waits for a server that hangs."""
CONNECTIONS = 32

FAILURES = (RedisError, StorageError, OSError)

logger = logging.getLogger(__name__)


class Away(Exception):
    """Redis does not answer."""


class Shared:
    """The Redis at `url`."""

    def __init__(self, url: str) -> None:
        # A connection that Redis closed meanwhile is opened anew, once.
        retry = Retry(NoBackoff(), 1, supported_errors=(ConnectionError,))
        self.pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=SECONDS,
            socket_timeout=SECONDS,
            socket_connect_timeout=SECONDS,
            retry=retry,
        )
        self.client = Redis(connection_pool=self.pool)
        self._breaker = CircuitBreaker(
            failure_threshold=1,
            recovery_timeout=SECONDS_LEFT_ALONE,
            expected_exception=_is_failure,
        )

    async def ask(self, command: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        """Return what `command` returns.

        Raises:
            Away: Redis failed, or failed within the last `SECONDS_LEFT_ALONE`.
            LockError: the lock is no longer ours.
        """
        if self._breaker.opened:
            raise Away
        was_up = self._breaker.closed
        try:
            with self._breaker:
                answer = await command(*arguments)
        except FAILURES as error:
            if isinstance(error, LockError):
                raise
            metrics.locks_up.set(0)
            if was_up:
                logger.error("Redis failed: %s. Each process goes on alone.", type(error).__name__)
            raise Away from None
        metrics.locks_up.set(1)
        return answer

    async def is_reachable(self) -> bool:
        try:
            await self.ask(self.client.ping)
        except Away:
            return False
        return True


def _is_failure(kind: type[Exception], _: Exception) -> bool:
    return issubclass(kind, FAILURES) and not issubclass(kind, LockError)
