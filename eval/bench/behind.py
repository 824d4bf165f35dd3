"""For :mod:`eval.bench.router`: people who type, and what stands in front of the replicas."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from assistant.engines import rendezvous
from assistant.engines.replication import router
from assistant.engines.supervisor import free_port
from assistant.errors import EngineError
from eval.bench.serving import process

START_SECONDS = 900.0


@dataclass(slots=True)
class Asked:
    """One request; times are of :func:`time.perf_counter`, ``first`` is seconds to the first
    text. ``begun``: some of the answer had come."""

    began: float
    ended: float = 0.0
    first: float = 0.0
    begun: bool = False
    whole: bool = False
    prompt_tokens: int = 0
    cached_tokens: int = 0


@dataclass(slots=True)
class Typist:
    """Types into ``text``: each prompt is the one before with some more at its end. ``salt``
    keeps a prefix from being found by others."""

    url: str
    model: str
    text: str
    salt: str
    asked: list[Asked] = field(default_factory=list)

    async def type(self, rounds: int) -> None:
        import httpx

        async with httpx.AsyncClient(timeout=300, trust_env=False) as http:
            for number in range(rounds):
                self.asked.append(Asked(time.perf_counter()))
                body = {
                    "model": self.model,
                    "prompt": f"# {self.salt}\n{self.text[: 3000 + 12 * number]}",
                    "max_tokens": 8,
                    "temperature": 0,
                    "stream": True,
                    "stream_options": {"include_usage": True},
                    "cache_salt": self.salt,
                }
                await self._ask(http, body, self.asked[-1])
                self.asked[-1].ended = time.perf_counter()

    async def _ask(self, http: Any, body: dict[str, Any], asked: Asked) -> None:
        import httpx

        try:
            async with http.stream("POST", f"{self.url}/completions", json=body) as answer:
                if answer.status_code != 200:
                    return
                async for line in answer.aiter_lines():
                    if line.startswith("data:"):
                        _take(line[5:].strip(), asked)
        except httpx.HTTPError:
            asked.whole = False


def _take(data: str, asked: Asked) -> None:
    if data == "[DONE]":
        # The gateway also ends a stream that broke off so, after an event that says it.
        asked.whole = asked.prompt_tokens > 0
        return
    event = json.loads(data)
    if any(choice.get("text") for choice in event.get("choices") or ()):
        asked.first = asked.first or time.perf_counter() - asked.began
        asked.begun = True
    if usage := event.get("usage"):
        asked.prompt_tokens = usage["prompt_tokens"]
        asked.cached_tokens = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0


def cards(key: str) -> list[dict[str, Any]]:
    """The replicas of the engine with that rendezvous key."""
    found = rendezvous.read(rendezvous.replicas_path(key))
    return found["replicas"] if found else []


async def decisions(key: str) -> dict[str, int]:
    """How the pool's router has chosen so far: ``prefix_hit``, ``prefix_miss``,
    ``missing_tokens`` (it could not compare), ``load_imbalance``."""
    import httpx

    async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
        page = await http.get(rendezvous.read(rendezvous.replicas_path(key))["metrics"])
    line = r'prefix_routing_decisions_total\{.*outcome="(\w+)"\} (\d+)'
    return {outcome: int(count) for outcome, count in re.findall(line, page.text)}


async def until_ready(key: str) -> None:
    """Return when every replica gets requests. Raises EngineError."""
    end = time.monotonic() + START_SECONDS
    while not (found := cards(key)) or any(each["state"] != "ready" for each in found):
        if time.monotonic() > end:
            raise EngineError(f"the replicas are not ready: {found}")
        await asyncio.sleep(0.1)


@asynccontextmanager
async def second_router(replicas: Sequence[dict[str, Any]], policy: str) -> AsyncIterator[str]:
    """Another router in front of the same replicas; gives its URL, with ``/v1``."""
    port = free_port()
    argv = router.command(port, free_port(), [each["url"] for each in replicas])
    argv[argv.index("--policy") + 1] = policy
    async with process(*argv, read=False) as child:
        await _answers(f"http://127.0.0.1:{port}/health", child)
        yield f"http://127.0.0.1:{port}/v1"


async def _answers(url: str, child: asyncio.subprocess.Process) -> None:
    import httpx

    async with httpx.AsyncClient(timeout=2, trust_env=False) as http:
        for _ in range(300):
            if child.returncode is not None:
                raise EngineError(f"what should answer at {url} ended with {child.returncode}")
            try:
                if (await http.get(url)).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.1)
    raise EngineError(f"nothing answers at {url}")
