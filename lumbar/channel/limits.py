"""How much one visitor may ask for."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from lumbar.channel.refused import Refused


class Limits:
    """Messages a minute per session and per address; at a time, one per session and
    `at_once` per address, since an answer keeps the process from all others."""

    def __init__(self, session_rate: int, address_rate: int, at_once: int) -> None:
        self._rates = {
            "session_rate": RateLimitItemPerMinute(session_rate),
            "address_rate": RateLimitItemPerMinute(address_rate),
        }
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._at_once = at_once
        self._answering: dict[str, str] = {}

    def spend(self, rate: str, *key: str) -> None:
        """Count one against `rate`.

        Raises:
            Refused: named as the rate, when it is used up.
        """
        if not self._limiter.hit(self._rates[rate], *key):
            window = self._limiter.get_window_stats(self._rates[rate], *key)
            raise Refused(rate, max(1, math.ceil(window.reset_time - time.time())))

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
