"""Processes that a benchmark starts, and ends again."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assistant.errors import EngineError

END_SECONDS = 20.0


@asynccontextmanager
async def process(
    *command: str, read: bool = True, **env: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A child that is ended with the block; ``read`` says whether somebody reads its output."""
    pipe = asyncio.subprocess.PIPE if read else asyncio.subprocess.DEVNULL
    child = await asyncio.create_subprocess_exec(
        *command,
        stdout=pipe,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, **env},
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.terminate()
            try:
                await asyncio.wait_for(child.wait(), END_SECONDS)
            except TimeoutError:
                child.kill()
                await child.wait()


@asynccontextmanager
async def gateway(*sets: str) -> AsyncIterator[tuple[str, int]]:
    """The gateway with those settings, once its engine answers: its URL, with ``/v1``, and its
    process id. Raises EngineError where it does not start."""
    given = [f"--set={each}" for each in ("gateway.audit=false", *sets)]
    serve = (sys.executable, "-P", "-m", "assistant", *given, "serve", "--port", "0", "--json")
    async with process(*serve) as child:
        yield await _url(child), child.pid


async def _url(child: asyncio.subprocess.Process) -> str:
    assert child.stdout is not None
    async for line in child.stdout:
        if endpoint := json.loads(line).get("endpoint"):
            return str(endpoint["url"])
    raise EngineError("the gateway did not start: see `assistant serve`")


def percentiles(values: list[float]) -> dict[str, float]:
    """``p50``, ``p95`` and ``p99``, by the nearest rank."""
    ordered = sorted(values)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)

    return {"p50": at(0.5), "p95": at(0.95), "p99": at(0.99)}
