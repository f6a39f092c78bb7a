"""How much one visitor may ask for."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter

from lumbar.channel.refused import Refused
from lumbar.channel.shared import Away, Shared
from lumbar.settings import settings

SECONDS_OF_A_STEP = 5
"""By which the clock was set, rather than kept right."""


class Limits:
    """Messages a minute per session and per address, in all processes that share a Redis;
    at a time, one per session and a few per address, since an answer keeps the process
    from all others."""

    def __init__(self, shared: Shared | None) -> None:
        self._rates = {
            "session_rate": RateLimitItemPerMinute(settings.session_rate),
            "address_rate": RateLimitItemPerMinute(settings.address_rate),
        }
        self._at_once = settings.address_at_once
        self._answering: dict[str, str] = {}
        self._shared = shared
        self._storages: list[MemoryStorage | RedisStorage] = [MemoryStorage()]
        if shared:
            storage = RedisStorage(
                f"async+{settings.redis}",
                implementation="redispy",
                key_prefix="lumbar:rate",
                connection_pool=shared.pool,  # type: ignore[arg-type]
            )
            self._storages.append(storage)
        self._limiters = [MovingWindowRateLimiter(one) for one in self._storages]
        self._clock = _clock()

    async def spend(self, rate: str, *key: str) -> None:
        """Count one against `rate`.

        Raises:
            Refused: named as the rate, when it is used up.
        """
        await self._begin_anew_after_a_step()
        # Neither a visitor's address nor a session goes to Redis in plain.
        hashed = sha256(" ".join(key).encode()).hexdigest()
        if self._shared:
            try:
                await self._shared.ask(self._hit, self._limiters[-1], rate, hashed)
            except Away:
                pass
            else:
                return
        await self._hit(self._limiters[0], rate, hashed)

    async def _hit(self, limiter: MovingWindowRateLimiter, rate: str, key: str) -> None:
        if not await limiter.hit(self._rates[rate], key):
            window = await limiter.get_window_stats(self._rates[rate], key)
            raise Refused(rate, max(1, math.ceil(window.reset_time - time.time())))

    async def _begin_anew_after_a_step(self) -> None:
        # A window holds messages of an hour to come when the clock was set back an hour.
        clock = _clock()
        if abs(clock - self._clock) > SECONDS_OF_A_STEP:
            self._clock = clock
            await self._storages[0].reset()
            if self._shared:
                with suppress(Away):
                    await self._shared.ask(self._storages[-1].reset)

    @contextmanager
    def one_at_a_time(self, session: str, address: str) -> Iterator[None]:
        """Hold `session`.

        Raises:
            Refused: `busy`, when it is held already, or `address_rate`.
        """
        if session in self._answering:
            raise Refused("busy", 1)
        if list(self._answering.values()).count(address) >= self._at_once:
            raise Refused("address_rate", 1)
        self._answering[session] = address
        try:
            yield
        finally:
            del self._answering[session]


def _clock() -> float:
    """Return what the clock of the day is ahead of the one that nobody sets, in seconds."""
    return time.time() - time.monotonic()
