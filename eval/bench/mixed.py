"""What typing costs while chats and batch work keep the engine full.

    assistant bench mixed [--seconds N] [--chats 4] [--batches 8]

The configured engine behind the gateway. A user asks for inline completions with pauses of
0.3 s, each prompt a little longer than the one before: first alone, then beside people who chat
and batch work that never ends, then the others alone for as long again. Prints one JSON document:

* ``inline_alone_ms``, ``inline_beside_ms`` and their ratio;
* ``tokens_a_second`` that chat and batch got beside the typing, and without it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from eval.bench.running import run
from eval.bench.serving import gateway, percentiles

if TYPE_CHECKING:
    import aiohttp

PAUSE_SECONDS = 0.3
FILLING_SECONDS = 3.0
"""For the others to fill the engine before somebody types."""
ANSWER_TOKENS = 200
_CODE = """\
def f_{n}(items):
    total = 0
    for item in items:
        total += item
    return total


"""


@dataclass(slots=True)
class Load:
    """Requests to one gateway. ``tokens`` counts what chat and batch were answered."""

    http: aiohttp.ClientSession
    url: str
    tokens: dict[str, int] = field(default_factory=lambda: {"chat": 0, "batch": 0})
    lines: int = 0
    refused: int = 0

    async def type(self, seconds: float) -> list[float]:
        """Milliseconds of each completion."""
        took: list[float] = []
        text, end = "".join(_CODE.format(n=n) for n in range(12)), time.monotonic() + seconds
        while time.monotonic() < end:
            self.lines += 1
            text += f"value_{self.lines} = f_{self.lines % 12}(["
            body = {"model": "", "prompt": text, "max_tokens": 12, "temperature": 0, "stream": True}
            began = time.perf_counter()
            async with self.http.post(f"{self.url}/completions", json=body) as answer:
                answer.raise_for_status()
                await answer.read()
            took.append((time.perf_counter() - began) * 1000)
            text += f"{self.lines}])\n"
            await asyncio.sleep(PAUSE_SECONDS)
        return took

    async def chat(self, person: int) -> None:
        """One question after the other, until cancelled."""
        for turn in count():
            message = {"role": "user", "content": f"Explain this code:\n{_code(person, turn)}"}
            await self._stream("chat", "chat/completions", {"messages": [message]})

    async def work(self, number: int) -> None:
        """One batch request after the other, until cancelled."""
        for turn in count():
            await self._stream("batch", "completions", {"prompt": _code(100 + number, turn)})

    async def _stream(self, kind: str, path: str, asked: dict[str, Any]) -> None:
        body = {"model": "", "max_tokens": ANSWER_TOKENS, "stream": True, **asked}
        headers = {"X-Assistant-Priority": kind}
        async with self.http.post(f"{self.url}/{path}", json=body, headers=headers) as answer:
            if answer.status in (429, 503):
                self.refused += 1
                await asyncio.sleep(float(answer.headers.get("Retry-After", "1")))
                return
            answer.raise_for_status()
            async for line in answer.content:
                self.tokens[kind] += line.startswith(b"data: {")


def _code(person: int, turn: int) -> str:
    """A text that no other request begins with."""
    return "".join(_CODE.format(n=n + turn * 100 + person * 1000) for n in range(10))


async def measure(seconds: float, chats: int, batches: int) -> dict[str, Any]:
    import aiohttp

    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None)
    )
    async with session as http, gateway() as (url, _):
        load = Load(http, url)
        await load.type(3)  # warm
        alone = await load.type(seconds)
        others = [asyncio.create_task(load.chat(n)) for n in range(chats)]
        others += [asyncio.create_task(load.work(n)) for n in range(batches)]
        await asyncio.sleep(FILLING_SECONDS)
        load.tokens |= dict.fromkeys(load.tokens, 0)
        beside = await load.type(seconds)
        while_typing = _rates(load, seconds)
        await asyncio.sleep(seconds)
        without = _rates(load, seconds)
        failed = [task.exception() for task in others if task.done()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
    before, after = percentiles(alone), percentiles(beside)
    return {
        "inline_alone_ms": before,
        "inline_beside_ms": after,
        "n": [len(alone), len(beside)],
        "ratio": {name: round(after[name] / before[name], 3) for name in before},
        "tokens_a_second": {"beside_typing": while_typing, "without_typing": without},
        "refused": load.refused,
        "errors": [str(error)[:200] for error in failed],
    }


def _rates(load: Load, seconds: float) -> dict[str, float]:
    """Since the last time that this was asked."""
    rates = {kind: round(number / seconds, 1) for kind, number in load.tokens.items()}
    load.tokens |= dict.fromkeys(load.tokens, 0)
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(prog="assistant bench mixed")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--chats", type=int, default=4)
    parser.add_argument("--batches", type=int, default=8)
    given = parser.parse_args()
    found = asyncio.run(measure(given.seconds, given.chats, given.batches))
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    run(main)
