"""A replica that hangs, found and ended alone: the runner starts it anew."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

from assistant.engines import adapters, rendezvous

PATIENCE_SECONDS = 60.0
"""For one token, asked before all other work."""


async def end_stuck(key: str, model: str, patience: float = PATIENCE_SECONDS) -> int:
    """Ask every replica of the engine with that rendezvous key for one token, and end those that
    give none; how many that were."""
    found = rendezvous.read(rendezvous.replicas_path(key)) or {"replicas": []}
    ready = [each for each in found["replicas"] if each["state"] == "ready"]
    alive = await asyncio.gather(*(_answers(each["url"], model, patience) for each in ready))
    ended = 0
    for replica, answers in zip(ready, alive, strict=True):
        if not answers and replica["pid"]:
            with contextlib.suppress(ProcessLookupError):
                # The guard's: the replica ends with it.
                os.kill(replica["pid"], signal.SIGTERM)
                ended += 1
    return ended


async def _answers(url: str, model: str, patience: float) -> bool:
    import httpx

    body = {"model": model, "prompt": "x", "max_tokens": 1, "priority": -1, "user": "warm-up"}
    async with adapters.client() as http:
        try:
            answer = await http.post(f"{url}/v1/completions", json=body, timeout=patience)
        except httpx.HTTPError:
            return False
    return answer.status_code < 500
