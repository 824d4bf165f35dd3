"""Limits of one key: requests a minute, requests at a time."""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.gateway.errors import LimitReached
from assistant.gateway.keys import Key

_MINUTE = 60.0


class Limits:
    """Kept in this process. The rate holds for any sixty seconds: a bucket that leaks at it would
    let twice as many through in the first minute."""

    def __init__(self) -> None:
        self._begun: defaultdict[str, deque[float]] = defaultdict(deque)
        self._running: Counter[str] = Counter()

    def count(self, key: Key) -> None:
        """Take one request off the key's rate. Raises LimitReached."""
        if not key.requests_per_minute:
            return
        now, begun = time.monotonic(), self._begun[key.digest]
        while begun and now - begun[0] >= _MINUTE:
            begun.popleft()
        if len(begun) >= key.requests_per_minute:
            raise LimitReached(
                f"the key {key.name} has had its {key.requests_per_minute} requests a minute",
                retry_after=_MINUTE - (now - begun[-key.requests_per_minute]),
            )
        begun.append(now)

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
