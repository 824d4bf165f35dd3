"""How long to wait after a keystroke before asking the engine.

Waiting pays when the next keystroke would come before the answer: then the request would
have been thrown away. So the pause follows how fast the user types and how slow the engine
answers, and there is none where people stop to look: on a fresh line, after a dot or an
opening bracket, or when they ask by a key.
"""

from __future__ import annotations

import time
from collections.abc import Callable

_TRIGGERS = frozenset(".([{,:=>@")
"""Behind these a person is likely to look at what is offered."""
_PAUSE = 1.0
"""Seconds between two keystrokes from which on it is a new burst, not a slow rhythm."""
_WEIGHT = 0.2
"""Of the newest measurement in the moving averages."""


class Debounce:
    """The pause before an automatic request, in seconds, between two bounds.

    ``clock`` gives seconds and never goes back.
    """

    def __init__(
        self,
        minimum: float = 0.0,
        maximum: float = 0.4,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.minimum = minimum
        self.maximum = max(minimum, maximum)
        self._clock = clock
        self._last: float | None = None
        self.interval = 0.15
        """Typical seconds between two keystrokes of a burst."""
        self.latency = 0.3
        """Typical seconds from a request to its answer."""

    def keystroke(self) -> None:
        """The user changed a document now."""
        now = self._clock()
        if self._last is not None and 0 < now - self._last < _PAUSE:
            self.interval += _WEIGHT * (now - self._last - self.interval)
        self._last = now

    def answered(self, seconds: float) -> None:
        """The engine took that long for a request that was not aborted."""
        self.latency += _WEIGHT * (max(seconds, 0.0) - self.latency)

    def delay(self, before: str, automatic: bool = True) -> float:
        """Seconds to wait still; ``before`` is the current line up to the cursor.

        What the client has already waited since the last keystroke counts.
        """
        if not automatic or not before.strip() or before.rstrip(" ")[-1] in _TRIGGERS:
            return 0.0
        # An engine that answers well within one keystroke may be asked at each.
        wanted = min(1.25 * self.interval, 0.5 * self.latency)
        wanted = min(max(wanted, self.minimum), self.maximum)
        since = self._clock() - self._last if self._last is not None else wanted
        return max(0.0, wanted - since)
