"""One message of a conversation at a time, in all processes.

Rasa's `RedisLockStore` reads, changes and writes a list of tickets without anything to
keep two processes apart; this is the Redis client's own lock.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any
from weakref import WeakValueDictionary

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LockError, LockStore
from redis.asyncio.lock import Lock
from redis.exceptions import LockError as LockIsLost

from lumbar.channel import metrics
from lumbar.channel.shared import Away, Shared
from lumbar.settings import settings

SECONDS_HELD = 8
"""After its holder's death; while it lives, the lock is renewed."""
SECONDS_BETWEEN_RENEWALS = 2
SECONDS_BETWEEN_TRIES = 0.05

logger = logging.getLogger(__name__)


class SessionLocks(LockStore):
    """Locks in this process, and in Redis where `settings` name one and it answers."""

    def __init__(self, **_: Any) -> None:
        self.shared = Shared(settings.redis) if settings.redis else None
        metrics.locks_up.set(1)
        self._here: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def lock(
        self, conversation_id: str, *_: Any, **__: Any
    ) -> AsyncGenerator[TicketLock, None]:
        """Hold the conversation.

        Raises:
            LockError: another process held it for `settings.answer_seconds`.
        """
        async with self._here.setdefault(conversation_id, asyncio.Lock()):
            if self.shared is None:
                yield TicketLock(conversation_id)
                return
            async with _held(self.shared, conversation_id):
                yield TicketLock(conversation_id)


@asynccontextmanager
async def _held(shared: Shared, conversation: str) -> AsyncGenerator[None, None]:
    lock = await _acquire(shared, conversation)
    if lock is None:
        yield
        return
    renewing = asyncio.create_task(_renew(shared, lock))
    try:
        yield
    finally:
        renewing.cancel()
        await _release(shared, lock)


async def _acquire(shared: Shared, conversation: str) -> Lock | None:
    """Return None while Redis is away.

    Raises:
        LockError: another process held the conversation for `settings.answer_seconds`.
    """
    lock = shared.client.lock(
        f"lumbar:lock:{conversation}",
        timeout=SECONDS_HELD,
        sleep=SECONDS_BETWEEN_TRIES,
        blocking_timeout=settings.answer_seconds,
        thread_local=False,
    )
    start = time.monotonic()
    try:
        acquired = await shared.ask(lock.acquire)
    except Away:
        return None
    metrics.lock_seconds.observe(time.monotonic() - start)
    if not acquired:
        raise LockError("Another process holds the conversation.")
    return lock


async def _renew(shared: Shared, lock: Lock) -> None:
    while True:
        await asyncio.sleep(SECONDS_BETWEEN_RENEWALS)
        with suppress(Away, LockIsLost):
            await shared.ask(lock.reacquire)


async def _release(shared: Shared, lock: Lock) -> None:
    try:
        with suppress(Away):
            await shared.ask(lock.release)
    except LockIsLost:
        metrics.locks_lost.inc()
        logger.error("A conversation's lock expired while it was held.")
