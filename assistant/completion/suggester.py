"""From keystrokes to as few engine requests as possible.

For each document at most one request runs. In order, a keystroke is answered by the cache;
by the running request, when the user typed what it is generating; else that one is closed,
so that the engine stops, and after a pause that fits the user's rhythm a new one starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from assistant.completion.debounce import Debounce
from assistant.completion.reuse import Suggestion, SuggestionCache, carry_over, typed_since
from assistant.types import Completion, CompletionRequest, Document

_MOST_BEHIND = 24
"""Characters that a running request may lag behind the user and still be waited for."""


class Source(Protocol):
    """What generates. Cancelling the call closes the engine's request."""

    async def complete(
        self, request: CompletionRequest, on_text: Callable[[str], None] | None = None
    ) -> Completion:
        """``on_text`` is given all the text generated so far, each time it grows."""
        ...


@dataclass(slots=True)
class Counters:
    """Since the start. Every request ends in one of the six after ``requests``."""

    requests: int = 0
    cached: int = 0
    """Answered by an earlier suggestion: type-through, going back."""
    joined: int = 0
    """Answered by a request that already ran."""
    generated: int = 0
    """Answered by a request of their own."""
    superseded: int = 0
    """Answered empty, because a newer one came."""
    cancelled: int = 0
    failed: int = 0
    engine_requests: int = 0
    engine_aborted: int = 0
    """Of them, closed before their end."""

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


class _Flight:
    """A running request, and who waits for it: at most one, none after a cancellation."""

    def __init__(self, source: Source, request: CompletionRequest) -> None:
        self.request = request
        self.text = ""
        self.on_text: Callable[[], None] | None = None
        self.expiry: asyncio.TimerHandle | None = None
        self.task = asyncio.create_task(source.complete(request, self._grown))
        # Nobody may be left to read a failure; it is not worth a warning then.
        self.task.add_done_callback(lambda task: task.cancelled() or task.exception())

    def _grown(self, text: str) -> None:
        self.text = text
        if self.on_text is not None:
            self.on_text()

    def fits(self, request: CompletionRequest) -> bool:
        """Whether this may still turn out as the answer to ``request``."""
        mine = self.request
        if (mine.selected, mine.root) != (request.selected, request.root):
            return False
        if mine.automatic and not request.automatic:
            return False
        typed = typed_since(mine, request)
        if typed is None or self.task.cancelled():
            return False
        if len(typed) < len(self.text):
            return self.text.startswith(typed)
        ahead = typed[len(self.text) :]
        return (
            typed.startswith(self.text)
            and len(ahead) <= _MOST_BEHIND
            and "\n" not in ahead
            and not self.task.done()
        )

    def keep(self) -> None:
        if self.expiry is not None:
            self.expiry.cancel()
            self.expiry = None


@dataclass(slots=True)
class _Lane:
    """One document's latest request and its running one."""

    latest: asyncio.Future[None] | None = None
    flight: _Flight | None = None


class Suggester:
    """Answers requests for many documents; runs on one event loop.

    ``grace`` is the seconds that a request whose caller cancelled runs on, in case the next
    keystroke can use it: editors cancel and ask again at each one.
    """

    def __init__(
        self,
        source: Source,
        cache: SuggestionCache,
        debounce: Debounce,
        counters: Counters | None = None,
        grace: float = 0.25,
    ) -> None:
        self.source = source
        self.cache = cache
        self.debounce = debounce
        self.counters = counters or Counters()
        self.grace = grace
        self._lanes: dict[Path, _Lane] = {}

    async def suggest(self, request: CompletionRequest) -> tuple[str, Completion] | None:
        """The suggestion's id and what to show; None when there is nothing.

        A request that a newer one for the same document supersedes gives None. Raises what
        the source raises, and nothing else.
        """
        self.counters.requests += 1
        lane = self._lanes.setdefault(request.document.path, _Lane())
        if lane.latest is not None and not lane.latest.done():
            lane.latest.set_result(None)
        superseded = lane.latest = asyncio.get_running_loop().create_future()
        try:
            return await self._answer(request, lane, superseded)
        except asyncio.CancelledError:
            self.counters.cancelled += 1
            if lane.latest is superseded and lane.flight is not None:
                self._orphan(lane, lane.flight)
            raise
        except Exception:
            self.counters.failed += 1
            raise

    def changed(self, document: Document, offset: int | None = None) -> None:
        """The user changed ``document``; ``offset`` is where the change ended, if known.

        A running request that the change makes useless is closed at once.
        """
        self.debounce.keystroke()
        lane = self._lanes.get(document.path)
        if lane is None or lane.flight is None or offset is None:
            return
        mine = lane.flight.request
        now = CompletionRequest(
            document, offset, mine.root, selected=mine.selected, automatic=mine.automatic
        )
        if not lane.flight.fits(now):
            self._abort(lane)

    def closed(self, path: Path) -> None:
        """The document was closed: its request is closed too."""
        lane = self._lanes.pop(path, None)
        if lane is not None:
            if lane.latest is not None and not lane.latest.done():
                lane.latest.set_result(None)
            self._abort(lane)

    async def close(self) -> None:
        """Close every running request."""
        tasks = [lane.flight.task for lane in self._lanes.values() if lane.flight is not None]
        for path in list(self._lanes):
            self.closed(path)
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task

    async def _answer(
        self, request: CompletionRequest, lane: _Lane, superseded: asyncio.Future[None]
    ) -> tuple[str, Completion] | None:
        found = self.cache.find(request)
        if found is not None:
            if lane.flight is not None and not lane.flight.fits(request):
                self._abort(lane)
            self.counters.cached += 1
            return self._show(*found)
        if lane.flight is not None:
            if lane.flight.fits(request):
                joined = await self._ride(lane.flight, request, lane, superseded)
                if joined is not None:
                    self.counters.joined += 1
                    return self._show(*joined)
            if not superseded.done():
                self._abort(lane)
        pause = self.debounce.delay(_line_before(request), request.automatic)
        if pause > 0 and not superseded.done():
            await asyncio.wait({superseded}, timeout=pause)
        if superseded.done():
            self.counters.superseded += 1
            return None
        lane.flight = _Flight(self.source, request)
        self.counters.engine_requests += 1
        own = await self._ride(lane.flight, request, lane, superseded)
        if own is None:
            self.counters.superseded += 1
            return None
        self.counters.generated += 1
        return self._show(*own)

    async def _ride(
        self,
        flight: _Flight,
        request: CompletionRequest,
        lane: _Lane,
        superseded: asyncio.Future[None],
    ) -> tuple[Suggestion, Completion] | None:
        """Wait for ``flight``; None when it turns out another way or a newer request came."""
        began = time.monotonic()
        strayed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def check() -> None:
            if not strayed.done() and not flight.fits(request):
                strayed.set_result(None)

        flight.keep()
        flight.on_text = check
        ends: set[asyncio.Future[Any]] = {flight.task, strayed, superseded}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if superseded.done() or not flight.task.done() or flight.task.cancelled():
            return None
        if lane.flight is flight:
            lane.flight = None
        completion = flight.task.result()
        suggestion = self.cache.add(flight.request, completion)
        if flight.request is request:
            self.debounce.answered(time.monotonic() - began)
            return suggestion, completion
        rest = carry_over(flight.request, completion, request)
        return None if rest is None else (suggestion, rest)

    def _show(
        self, suggestion: Suggestion, completion: Completion
    ) -> tuple[str, Completion] | None:
        return (suggestion.id, completion) if completion.text else None

    def _orphan(self, lane: _Lane, flight: _Flight) -> None:
        flight.on_text = None
        flight.keep()
        loop = asyncio.get_running_loop()
        flight.expiry = loop.call_later(self.grace, self._expire, lane, flight)

    def _expire(self, lane: _Lane, flight: _Flight) -> None:
        if lane.flight is flight:
            self._abort(lane)

    def _abort(self, lane: _Lane) -> None:
        flight, lane.flight = lane.flight, None
        if flight is None:
            return
        flight.keep()
        if not flight.task.done():
            flight.task.cancel()
            self.counters.engine_aborted += 1
        elif not flight.task.cancelled() and flight.task.exception() is None:
            # It ended while nobody waited: its answer may still be of use.
            self.cache.add(flight.request, flight.task.result())


def _line_before(request: CompletionRequest) -> str:
    before = request.document.text[max(0, request.offset - 400) : request.offset]
    return before[max(before.rfind("\n"), before.rfind("\r")) + 1 :]
