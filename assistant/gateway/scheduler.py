"""Who goes next on one device, whichever of its engines does the work.

An engine that this project starts holds everything else while inline completion runs in it
(:mod:`assistant.engines.vllm_scheduler`). Others order only the requests that wait, and engines
beside each other know nothing of one another. So work is let in here, by these rules:

* Inline completion starts as soon as one of its slots is free.
* Chat starts in a pause of inline completion, or after ``chat_waits`` seconds in any case:
  its prefill would make an inline request wait for several steps.
* Media and batch start only in a pause of ``quiet`` seconds, and when no chat waits. When an
  inline request comes they are told to yield (:attr:`Turn.wanted`): batch work leaves the
  engine within a step and goes on later, media work that has not begun to answer starts over
  (:mod:`assistant.gateway.yielding`).
* Work that its own engine holds (``Work.held``) keeps out of the way of other engines' inline
  completion only.

Queues have a bound and a deadline. Times are the event loop's clock, which no change of the
wall clock moves.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import chain

from assistant.gateway.errors import Busy, Superseded
from assistant.gateway.work import Kind, Work
from assistant.settings import GatewaySettings, LaneSettings

_MEMORY = 0.2
"""Weight of the newest request in the mean time of one, for ``Retry-After``."""


class Turn:
    """A slot that was granted, or is waited for."""

    __slots__ = ("granted", "since", "wanted", "work")

    def __init__(self, work: Work, since: float) -> None:
        self.work = work
        self.since = since
        self.granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.wanted = asyncio.Event()
        """Set once inline completion waits for what this holds."""


class Scheduler:
    """Slots of one device. ``on_change`` is called whenever something starts, waits or ends."""

    def __init__(
        self,
        lanes: Mapping[Kind, LaneSettings],
        quiet: float = 0.25,
        chat_waits: float = 2.0,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.lanes = dict(lanes)
        self.running: dict[Kind, set[Turn]] = {kind: set() for kind in Kind}
        self.waiting: dict[Kind, deque[Turn]] = {kind: deque() for kind in Kind}
        self._quiet = quiet
        self._chat_waits = chat_waits
        self._on_change = on_change
        self._inline_ended: dict[str, float] = {}
        self._seconds = dict.fromkeys(Kind, 1.0)
        self._wake: asyncio.TimerHandle | None = None

    @classmethod
    def of(
        cls, settings: GatewaySettings, on_change: Callable[[], None] = lambda: None
    ) -> Scheduler:
        lanes = {
            Kind.INLINE: settings.inline,
            Kind.CHAT: settings.chat,
            Kind.MEDIA: settings.media,
            Kind.BATCH: settings.batch,
        }
        return cls(lanes, settings.quiet_ms / 1000, settings.chat_waits_ms / 1000, on_change)

    @asynccontextmanager
    async def turn(self, work: Work) -> AsyncIterator[Turn]:
        """Wait for a slot, hold it. Raises Busy or Superseded without one."""
        turn = await self._granted(work)
        began = asyncio.get_running_loop().time()
        try:
            yield turn
        finally:
            self._end(turn, began)

    def retry_after(self, kind: Kind) -> float:
        """Seconds after which a slot may be free, at least one."""
        ahead = len(self.waiting[kind]) + 1
        return max(1.0, ahead * self._seconds[kind] / self.lanes[kind].slots)

    async def _granted(self, work: Work) -> Turn:
        loop = asyncio.get_running_loop()
        queue, lane = self.waiting[work.kind], self.lanes[work.kind]
        turn = Turn(work, loop.time())
        if work.kind is Kind.INLINE:
            self._supersede(work.document)
            for kind in (Kind.MEDIA, Kind.BATCH):
                for other in self.running[kind]:
                    if _meet(other.work, work.engine):
                        other.wanted.set()
        queue.append(turn)
        self._dispatch()
        if not turn.granted.done() and len(queue) > lane.queue:
            queue.remove(turn)
            raise Busy(
                f"{len(queue)} {work.kind.word} requests wait already: try again later",
                retry_after=self.retry_after(work.kind),
                code="queue_full",
            )
        try:
            async with asyncio.timeout(lane.patience):
                await turn.granted
        except TimeoutError:
            self._forget(turn)
            raise Busy(
                f"no slot for {work.kind.word} work within {lane.patience:g} s: try again later",
                retry_after=self.retry_after(work.kind),
                code="queue_deadline",
            ) from None
        except BaseException:
            self._forget(turn)
            raise
        return turn

    def _supersede(self, document: str) -> None:
        for older in [t for t in self.waiting[Kind.INLINE] if document and _same(t, document)]:
            self.waiting[Kind.INLINE].remove(older)
            if not older.granted.done():
                older.granted.set_exception(Superseded("a newer request for this document came"))

    def _forget(self, turn: Turn) -> None:
        """One that no longer waits; it may have been granted at the same moment."""
        if turn in self.running[turn.work.kind]:
            self._end(turn, asyncio.get_running_loop().time())
        elif turn in self.waiting[turn.work.kind]:
            self.waiting[turn.work.kind].remove(turn)
            self._dispatch()

    def _end(self, turn: Turn, began: float) -> None:
        now = asyncio.get_running_loop().time()
        kind = turn.work.kind
        self.running[kind].discard(turn)
        self._seconds[kind] += _MEMORY * (now - began - self._seconds[kind])
        if kind is Kind.INLINE:
            self._inline_ended[turn.work.engine] = now
        self._dispatch()

    def _busy(self, work: Work) -> bool:
        """Whether inline completion runs, waits or has just ended that ``work`` would disturb."""
        now = asyncio.get_running_loop().time()
        inline = chain(self.waiting[Kind.INLINE], self.running[Kind.INLINE])
        ended = (name for name, at in self._inline_ended.items() if now - at < self._quiet)
        return any(_meet(work, name) for name in chain((t.work.engine for t in inline), ended))

    def _may(self, turn: Turn) -> bool:
        kind = turn.work.kind
        if kind is Kind.INLINE or not self._busy(turn.work):
            return kind in (Kind.INLINE, Kind.CHAT) or not self.waiting[Kind.CHAT]
        waited = asyncio.get_running_loop().time() - turn.since
        return kind is Kind.CHAT and waited >= self._chat_waits

    def _next(self, queue: deque[Turn]) -> Turn | None:
        """The first that may start: one that waits for another engine's inline completion holds
        up nobody behind it."""
        held_up: set[tuple[str, bool]] = set()
        for turn in queue:
            alike = (turn.work.engine, turn.work.held)
            # One like it that came before has waited longer.
            if alike not in held_up and self._may(turn):
                return turn
            held_up.add(alike)
        return None

    def _dispatch(self) -> None:
        for kind in Kind:
            queue, running = self.waiting[kind], self.running[kind]
            while len(running) < self.lanes[kind].slots and (turn := self._next(queue)):
                queue.remove(turn)
                running.add(turn)
                if not turn.granted.done():
                    turn.granted.set_result(None)
        self._look_again()
        self._on_change()

    def _look_again(self) -> None:
        """Set the clock for the moment at which a rule about time changes its answer."""
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        loop = asyncio.get_running_loop()
        now, times = loop.time(), []
        held = any(self.waiting[kind] for kind in (Kind.CHAT, Kind.MEDIA, Kind.BATCH))
        if held:
            times += [at + self._quiet for at in self._inline_ended.values()]
        if self.waiting[Kind.CHAT]:
            times.append(self.waiting[Kind.CHAT][0].since + self._chat_waits)
        if later := [when for when in times if when > now]:
            self._wake = loop.call_at(min(later) + 0.001, self._dispatch)


def _meet(work: Work, engine: str) -> bool:
    """Whether ``work`` and an inline completion in ``engine`` get in each other's way."""
    return not (work.held and work.engine == engine)


def _same(turn: Turn, document: str) -> bool:
    return turn.work.document == document
