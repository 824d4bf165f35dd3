"""Waiting for an engine, and when to stop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from assistant.gateway.errors import EngineFailed
from assistant.gateway.upstream import HUNG

if TYPE_CHECKING:
    from assistant.gateway.engine import Engine
    from assistant.types import Completion

T = TypeVar("T")


async def unless(event: asyncio.Event, work: Coroutine[Any, Any, T], otherwise: Exception) -> T:
    """What ``work`` gives; once ``event`` is set it is cancelled, and ``otherwise`` raised."""
    doing = asyncio.ensure_future(work)
    waiting = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({doing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise otherwise
        return doing.result()
    finally:
        for task in (doing, waiting):
            task.cancel()
        await asyncio.gather(doing, waiting, return_exceptions=True)


class Silence:
    """Engines that do not even accept requests. A completion's own time is shorter than the one
    after which an engine counts as hung (``most`` seconds), so several have to find it silent."""

    def __init__(self, most: float) -> None:
        self._most = most
        self._since: dict[str, float] = {}

    def heard(self, engine: Engine, done: Completion) -> None:
        """Raises EngineFailed where the engine said nothing to this request at all."""
        if done.timings.queue or not done.timings.total:
            self._since.pop(engine.name, None)
            engine.heard = time.monotonic()
            return
        seconds, now = done.timings.total / 1000, time.monotonic()
        if now - self._since.setdefault(engine.name, now - seconds) >= self._most:
            del self._since[engine.name]
            engine.hung()
        raise EngineFailed(f"the engine {engine.name} said nothing for {seconds:.0f} s", code=HUNG)
