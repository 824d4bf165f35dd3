"""Asking the model for calls, whatever the language."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from assistant.commands.blocks import within
from assistant.commands.candidates import DRAWN_AT
from assistant.commands.checking.proposing import ASKED, CALLS, MAX_TOKENS, SYSTEM
from assistant.commands.links import fenced
from assistant.commands.model import Message
from assistant.commands.protocol import Job
from assistant.commands.testing.framework import Bench


async def proposed(job: Job, bench: Bench, names: Sequence[str]) -> tuple[list[str], int]:
    """Calls to try, and how often the model was asked. ``names`` may be used in them."""
    options = job.options
    number = min(ASKED, options.candidates)
    seeds = [None, *range(options.seed, options.seed + number - 1)]
    replies = await asyncio.gather(*(_asked(job, bench, seed) for seed in seeds))
    found = [call for text in replies for call in bench.calls(text, names)]
    shown = [example.call for example in bench.examples]
    calls = list(dict.fromkeys(found))[: CALLS // 2]
    calls += bench.neighbours([*calls, *shown], CALLS - len(calls))
    return [call for call in calls if call not in shown], len(seeds)


async def _asked(job: Job, bench: Bench, seed: int | None) -> str:
    target = bench.target
    room = 3 * (job.model.window - MAX_TOKENS - 1024)
    source = target.source if len(target.text) > room // 2 else target.text
    asked = f"From {job.place.shown_path}:\n" + fenced(source[:room], bench.fence)
    for kind, text in job.material.items():
        asked += f"\nThe {kind} (material):\n{fenced(text[:2000])}"
    if job.instruction:
        asked += f"\n{job.instruction}\n"
    asked += f"\nWrite 12 calls of `{target.name}` with different inputs, one a line, without "
    asked += "results: usual ones, empty ones, the limits, and for each branch of the code one "
    asked += "that takes it."
    reply = await job.model.ask(
        [
            Message("system", SYSTEM),
            Message("user", asked),
            Message("assistant", f"```{bench.fence}\n{target.call}"),
        ],
        MAX_TOKENS,
        temperature=0.0 if seed is None else DRAWN_AT,
        seed=seed,
        stop=("\n```",),
    )
    return target.call + within(reply.text)
