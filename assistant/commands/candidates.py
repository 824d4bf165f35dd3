"""Drawing answers until one holds: greedy first, then several at once, then the best one with what
is wrong about it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

from assistant.commands.protocol import Job
from assistant.errors import EngineError

DRAWN_AT = 0.8
"""Temperature of the answers beside the greedy one."""
FIRST_WAVE = 3
"""Answers drawn before the rest: often one of them holds, and fewer at a time come sooner."""


class Candidate(Protocol):
    @property
    def good(self) -> bool:
        """Whether nothing that was tried speaks against it."""
        ...

    @property
    def worth(self) -> Any:
        """More is better; of equal ones the first is taken."""
        ...


C = TypeVar("C", bound=Candidate)


async def best_of(
    job: Job,
    attempt: Callable[[C | None, int | None], Awaitable[C]],
    known: Sequence[C] = (),
    compare: Callable[[list[C]], Awaitable[list[C]]] | None = None,
) -> C:
    """The best of what ``attempt(failed, seed)`` gives: an answer to the question, or to why
    ``failed`` is not one; drawn with ``seed``, greedy where it is None. ``known`` are those that
    there are already. ``compare`` is given all that there are whenever more have come, and gives
    them back, in their order, with what it found out about them.

    Once the engine has failed it is asked no more, and the best of what came is taken. Raises
    EngineError where nothing came."""

    async def compared(found: list[C]) -> list[C]:
        return found if compare is None else await compare(found)

    options = job.options
    end = time.monotonic() + options.seconds
    job.report("writing")
    there = list(known)
    came, failure = await _drawn(attempt(None, None))
    if failure is not None and not there:
        raise failure
    found = await compared([*there, *came])
    seeds = range(options.seed, options.seed + options.candidates - 1)
    for wave in (seeds[:FIRST_WAVE], seeds[FIRST_WAVE:]):
        if failure is not None:
            break
        if wave and not any(each.good for each in found) and time.monotonic() < end:
            job.report("comparing other answers")
            came, failure = await _drawn(*(attempt(None, seed) for seed in wave))
            found = await compared([*found, *came])
    best = max(found, key=lambda each: each.worth)
    for number in range(options.repairs):
        if best.good or failure is not None or time.monotonic() > end:
            break
        job.report("correcting")
        came, failure = await _drawn(attempt(best, options.seed + number))
        found = await compared([*found, *came])
        best = max(found, key=lambda each: each.worth)
    return best


async def _drawn(*attempts: Awaitable[C]) -> tuple[list[C], EngineError | None]:
    """What came of ``attempts``, in their order, and the engine's first failure. Returns when all
    have ended; anything else that goes wrong with one is raised then."""
    came: list[C] = []
    failure: EngineError | None = None
    # Where this is cancelled, so are they.
    for each in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(each, EngineError):
            failure = failure or each
        elif isinstance(each, BaseException):
            raise each
        else:
            came.append(each)
    return came, failure
