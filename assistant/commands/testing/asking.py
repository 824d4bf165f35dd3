"""Asking the model for calls, whatever the language."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from assistant.commands.checking.proposing import CALLS, ask_for_calls, room_for_source, seeds_of
from assistant.commands.protocol import Job
from assistant.commands.testing.framework import Bench


async def proposed(job: Job, bench: Bench, names: Sequence[str]) -> tuple[list[str], int]:
    """Calls to try, and how often the model was asked. ``names`` may be used in them."""
    seeds = seeds_of(job.options)
    replies = await asyncio.gather(*(_asked(job, bench, seed) for seed in seeds))
    found = [call for text in replies for call in bench.calls(text, names)]
    shown = [example.call for example in bench.examples]
    calls = list(dict.fromkeys([*found[: CALLS // 2], *bench.typed()]))
    calls += bench.neighbours([*calls, *shown], CALLS - len(calls))
    return [call for call in calls if call not in shown], len(seeds)


async def _asked(job: Job, bench: Bench, seed: int | None) -> str:
    target = bench.target
    room = room_for_source(job)
    source = target.source if len(target.text) > room // 2 else target.text
    return await ask_for_calls(job, target.name, target.call, source[:room], bench.fence, seed)
