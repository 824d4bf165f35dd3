"""Limits of one key: requests a minute, requests at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from assistant.gateway.errors import LimitReached
from assistant.gateway.keys import Key

if TYPE_CHECKING:
    from aiolimiter import AsyncLimiter


class Limits:
    """Kept in this process; a leaky bucket for the rate (aiolimiter, the event loop's clock)."""

    def __init__(self) -> None:
        self._rates: dict[str, AsyncLimiter] = {}
        self._running: Counter[str] = Counter()

    async def count(self, key: Key) -> None:
        """Take one request off the key's rate. Raises LimitReached."""
        if not key.requests_per_minute:
            return
        limiter = self._rates.get(key.digest)
        if limiter is None or limiter.max_rate != key.requests_per_minute:
            from aiolimiter import AsyncLimiter

            limiter = self._rates[key.digest] = AsyncLimiter(key.requests_per_minute, 60)
        if not limiter.has_capacity():
            raise LimitReached(
                f"the key {key.name} has had its {key.requests_per_minute} requests a minute",
                retry_after=60 / key.requests_per_minute,
            )
        await limiter.acquire()

    @contextmanager
    def running(self, key: Key) -> Iterator[None]:
        """Hold one of the key's places. Raises LimitReached."""
        if key.concurrent and self._running[key.digest] >= key.concurrent:
            raise LimitReached(
                f"the key {key.name} has {key.concurrent} requests under way, which is its limit",
                retry_after=1,
                code="concurrency_limit",
            )
        self._running[key.digest] += 1
        try:
            yield
        finally:
            self._running[key.digest] -= 1
