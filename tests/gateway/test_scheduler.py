"""Who goes next: by the order in which work starts, never by how long it takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from assistant.gateway.errors import Busy, Superseded
from assistant.gateway.scheduler import Scheduler, Turn
from assistant.gateway.work import Kind, Work
from assistant.settings import LaneSettings

Make = Callable[..., Scheduler]


@pytest.fixture
def make() -> Make:
    def scheduler(quiet: float = 0.0, chat_waits: float = 60.0, **lanes: LaneSettings) -> Scheduler:
        usual = LaneSettings(slots=1, queue=10, patience=60)
        return Scheduler({kind: lanes.get(kind.word, usual) for kind in Kind}, quiet, chat_waits)

    return scheduler


class Order:
    """Work that notes when it starts and runs until it is let go."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self.started: list[str] = []
        self._go: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.turns: dict[str, Turn] = {}

    async def add(
        self, name: str, kind: Kind, document: str = "", engine: str = "", held: bool = False
    ) -> None:
        self._go[name] = asyncio.Event()
        work = Work(kind, document, engine, held)
        self.tasks[name] = asyncio.create_task(self._run(name, work))
        await settle()

    async def _run(self, name: str, work: Work) -> None:
        async with self.scheduler.turn(work) as turn:
            self.turns[name] = turn
            self.started.append(name)
            await self._go[name].wait()

    async def end(self, name: str) -> None:
        self._go[name].set()
        await self.tasks[name]
        await settle()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@asynccontextmanager
async def ordering(scheduler: Scheduler) -> AsyncIterator[Order]:
    order = Order(scheduler)
    try:
        yield order
    finally:
        for task in order.tasks.values():
            task.cancel()
        await asyncio.gather(*order.tasks.values(), return_exceptions=True)


async def eventually(condition: Callable[[], bool] | Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_lane_runs_as_many_as_it_has_slots_in_the_order_they_came(make: Make) -> None:
    async with ordering(make(chat=LaneSettings(slots=2, queue=10, patience=60))) as order:
        for name in "abcd":
            await order.add(name, Kind.CHAT)
        assert order.started == ["a", "b"]
        await order.end("b")
        await order.end("a")
        assert order.started == ["a", "b", "c", "d"]


async def test_inline_starts_while_every_other_lane_is_full(make: Make) -> None:
    async with ordering(make()) as order:
        for name, kind in (("b", Kind.BATCH), ("b2", Kind.BATCH), ("c", Kind.CHAT)):
            await order.add(name, kind)
        await order.add("i", Kind.INLINE)
        assert order.started == ["b", "c", "i"]


async def test_nothing_else_starts_while_inline_runs(make: Make) -> None:
    async with ordering(make()) as order:
        await order.add("i", Kind.INLINE)
        for name, kind in (("b", Kind.BATCH), ("m", Kind.MEDIA), ("c", Kind.CHAT)):
            await order.add(name, kind)
        assert order.started == ["i"]
        await order.end("i")
        # Chat goes before media, media before batch; each has a lane of its own.
        await eventually(lambda: len(order.started) == 4)
        assert order.started == ["i", "c", "m", "b"]


async def test_media_and_batch_wait_for_a_chat_that_waits(make: Make) -> None:
    async with ordering(make()) as order:
        await order.add("c", Kind.CHAT)
        await order.add("c2", Kind.CHAT)
        await order.add("b", Kind.BATCH)
        assert order.started == ["c"]
        await order.end("c")
        assert order.started == ["c", "c2", "b"]


async def test_chat_does_not_wait_for_ever(make: Make) -> None:
    async with ordering(make(chat_waits=0.05)) as order:
        await order.add("i", Kind.INLINE)
        await order.add("c", Kind.CHAT)
        await order.add("b", Kind.BATCH)
        assert order.started == ["i"]
        await eventually(lambda: "c" in order.started)
        assert order.started == ["i", "c"]


async def test_a_pause_in_typing_lets_the_others_start(make: Make) -> None:
    async with ordering(make(quiet=0.05)) as order:
        await order.add("i", Kind.INLINE)
        await order.add("b", Kind.BATCH)
        await order.end("i")
        assert order.started == ["i"]
        await eventually(lambda: "b" in order.started)


async def test_running_batch_and_media_are_told_to_yield(make: Make) -> None:
    async with ordering(make()) as order:
        for name, kind in (("b", Kind.BATCH), ("m", Kind.MEDIA), ("c", Kind.CHAT)):
            await order.add(name, kind)
        assert not any(turn.wanted.is_set() for turn in order.turns.values())
        await order.add("i", Kind.INLINE)
        wanted = {name for name, turn in order.turns.items() if turn.wanted.is_set()}
        assert wanted == {"b", "m"}


async def test_what_its_own_engine_holds_minds_other_engines_only(make: Make) -> None:
    async with ordering(make(batch=LaneSettings(slots=2, queue=10, patience=60))) as order:
        await order.add("i", Kind.INLINE, engine="main")
        await order.add("c", Kind.CHAT, engine="main", held=True)
        await order.add("b", Kind.BATCH, engine="main", held=True)
        assert order.started == ["i", "c", "b"]
        await order.end("i")
        await order.add("elsewhere", Kind.INLINE, engine="other")
        assert order.turns["b"].wanted.is_set()
        await order.add("b2", Kind.BATCH, engine="main", held=True)
        assert "b2" not in order.started
        await order.end("elsewhere")
        await eventually(lambda: "b2" in order.started)
        await order.add("again", Kind.INLINE, engine="main")
        assert not order.turns["b2"].wanted.is_set()


async def test_what_must_wait_holds_up_nobody_behind_it(make: Make) -> None:
    async with ordering(make()) as order:
        await order.add("i", Kind.INLINE, engine="main")
        await order.add("waits", Kind.BATCH, engine="other", held=True)
        await order.add("goes", Kind.BATCH, engine="main", held=True)
        assert order.started == ["i", "goes"]


async def test_a_full_queue_refuses_at_once(make: Make) -> None:
    scheduler = make(inline=LaneSettings(slots=1, queue=1, patience=60))
    async with ordering(scheduler) as order:
        await order.add("a", Kind.INLINE)
        await order.add("b", Kind.INLINE)
        with pytest.raises(Busy) as raised:
            async with scheduler.turn(Work(Kind.INLINE)):
                pass
        assert raised.value.code == "queue_full"
        assert raised.value.retry_after >= 1
        await order.end("a")
        assert order.started == ["a", "b"]


async def test_who_waits_too_long_is_refused_and_leaves_no_hole(make: Make) -> None:
    scheduler = make(chat=LaneSettings(slots=1, queue=5, patience=0.05))
    async with ordering(scheduler) as order:
        await order.add("a", Kind.CHAT)
        with pytest.raises(Busy) as raised:
            async with scheduler.turn(Work(Kind.CHAT)):
                pass
        assert raised.value.code == "queue_deadline"
        await order.end("a")
        await order.add("c", Kind.CHAT)
        assert order.started == ["a", "c"]


async def test_a_newer_request_takes_the_place_of_one_that_waits(make: Make) -> None:
    async with ordering(make()) as order:
        await order.add("running", Kind.INLINE, "a.py")
        await order.add("old", Kind.INLINE, "a.py")
        await order.add("other", Kind.INLINE, "b.py")
        await order.add("unknown", Kind.INLINE)
        await order.add("new", Kind.INLINE, "a.py")
        with pytest.raises(Superseded):
            await order.tasks["old"]
        for name in ("running", "other", "unknown", "new"):
            await order.end(name)
        assert order.started == ["running", "other", "unknown", "new"]


@pytest.mark.parametrize("granted", [False, True])
async def test_who_leaves_gives_the_slot_back(make: Make, granted: bool) -> None:
    async with ordering(make()) as order:
        await order.add("a", Kind.CHAT)
        await order.add("b", Kind.CHAT)
        await order.add("c", Kind.CHAT)
        gone = "a" if granted else "b"
        order.tasks[gone].cancel()
        await settle()
        if not granted:
            await order.end("a")
        assert order.started[-1] == ("b" if granted else "c")
        assert not order.scheduler.waiting[Kind.CHAT] or granted


async def test_one_cancelled_in_the_moment_it_is_granted_leaks_no_slot(make: Make) -> None:
    async with ordering(make()) as order:
        await order.add("a", Kind.CHAT)
        await order.add("b", Kind.CHAT)
        # Both in the same turn of the loop: the grant is set, then its task is cancelled.
        order._go["a"].set()
        await asyncio.sleep(0)
        order.tasks["b"].cancel()
        await settle()
        await order.add("c", Kind.CHAT)
        assert order.started[-1] == "c"
