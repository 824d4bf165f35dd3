"""What the status page shows of the past: the last requests, sums, latency over time.

Of bounded size, and cheap for a request: a span of time is summed up once, when it is over.
"""

from __future__ import annotations

import random
import time
from collections import Counter, deque
from dataclasses import dataclass, field

from assistant.gateway.call import Call
from assistant.gateway.metrics import WATCHED
from assistant.gateway.work import Kind

RECENT = 100
"""Requests that are kept one by one."""
SPAN = 10.0
"""Seconds that are one point of a plot."""
SPANS = 60
"""Points of a plot."""
_SAMPLES = 256
"""Requests of a span whose times are kept; of more, a random choice."""


@dataclass(frozen=True, slots=True)
class Point:
    """One span: its number since the clock's zero, requests, and milliseconds."""

    at: int
    requests: int
    first_p50: float
    first_p95: float
    total_p50: float
    total_p95: float


@dataclass(slots=True)
class _Open:
    """The span that is not over; pairs are seconds to the first byte and to the end."""

    at: int
    requests: int = 0
    pairs: list[tuple[float, float]] = field(default_factory=list)

    def add(self, first: float, total: float) -> None:
        self.requests += 1
        if len(self.pairs) < _SAMPLES:
            self.pairs.append((first, total))
        elif (place := random.randrange(self.requests)) < _SAMPLES:  # noqa: S311
            self.pairs[place] = (first, total)

    def point(self) -> Point:
        firsts = sorted(first for first, _ in self.pairs)
        totals = sorted(total for _, total in self.pairs)
        figures = (quantile(values, q) for values in (firsts, totals) for q in (0.5, 0.95))
        return Point(self.at, self.requests, *(round(f * 1000, 2) for f in figures))


def quantile(ordered: list[float], share: float) -> float:
    """Of values in order, the smallest that ``share`` of them do not exceed."""
    return ordered[max(0, min(len(ordered) - 1, round(share * len(ordered) + 0.499999) - 1))]


class Latency:
    """The last ``SPANS`` spans of one kind of work in which there was any."""

    def __init__(self) -> None:
        self._points: deque[Point] = deque(maxlen=SPANS)
        self._open: _Open | None = None

    def add(self, now: float, first: float, total: float) -> None:
        at = int(now // SPAN)
        if self._open is None or self._open.at != at:
            if self._open is not None:
                self._points.append(self._open.point())
            self._open = _Open(at)
        self._open.add(first, total)

    def points(self, now: float) -> list[Point]:
        """Oldest first, none older than the plot is wide."""
        points = [*self._points, *([self._open.point()] if self._open is not None else [])]
        return [point for point in points if point.at > now // SPAN - SPANS]


class History:
    """``sums`` counts since the start; ``tokens`` by engine and ``prompt``, ``cached`` or
    ``generated``."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.recent: deque[Call] = deque(maxlen=RECENT)
        self.sums: Counter[str] = Counter()
        self.tokens: Counter[tuple[str, str]] = Counter()
        self.latency = {kind: Latency() for kind in Kind}

    def add(self, call: Call) -> None:
        """A request has ended. Those that only look at the gateway are no work of it, nor are
        questions that no engine was asked."""
        if call.path in WATCHED or (call.kind is None and call.status < 400):
            return
        self.recent.append(call)
        self.sums["requests"] += 1
        if call.outcome in ("gone", "superseded"):
            self.sums[call.outcome] += 1
        elif call.outcome or call.status >= 400:
            self.sums["refused" if 400 <= call.status < 500 else "failed"] += 1
        if call.engine:
            self.tokens[call.engine, "prompt"] += call.prompt_tokens
            self.tokens[call.engine, "cached"] += call.cached_tokens
            self.tokens[call.engine, "generated"] += call.generated_tokens
        if call.kind is not None and call.status == 200 and not call.outcome and call.first_byte:
            first, total = call.first_byte - call.began, call.ended - call.began
            self.latency[call.kind].add(call.ended, first, total)
