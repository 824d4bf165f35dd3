"""Replicas of one model behind vllm-router: what its routing saves, what a death costs.

    assistant bench router [--replicas 2] [--users 4] [--rounds 8] [--through gateway]

Starts the configured engine as replicas and prints one JSON document:

* ``typing``: users who type at the same time, through the pool's router and through a second
  one in front of the same replicas that deals requests out by chance (``random``): the share
  of prompt tokens found in a prefix cache, and seconds to the first token; ``decisions`` are
  the pool's router's own counts;
* ``failover``: the same load again while one replica is killed: answers that were whole, that
  broke off after they had begun, and that were lost before (should be 0); seconds until the
  replica has joined again, and requests that it got then.

Without real engines: ``ASSISTANT_PLUGINS=fake_engine ASSISTANT_ENGINE__BACKEND=fake`` with
``PYTHONPATH`` naming ``tests/support``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from assistant.config import load
from assistant.engines import rendezvous
from assistant.engines.lease import Lease, acquire
from assistant.engines.protocol import Progress
from assistant.settings import Settings
from eval.bench.behind import Asked, Typist, cards, decisions, second_router, until_ready
from eval.bench.running import run
from eval.bench.serving import gateway

SOURCE = Path(__file__).resolve().parents[2] / "assistant"


def summary(asked: list[Asked]) -> dict[str, Any]:
    """Of answers that were whole."""
    whole = [each for each in asked if each.whole]
    first = [each.first for each in whole]
    # One alone has no quantiles.
    cut = statistics.quantiles(first, n=20, method="inclusive") if len(first) > 1 else []
    prompt = sum(each.prompt_tokens for each in whole)
    cached = sum(each.cached_tokens for each in whole)
    return {
        "requests": len(asked),
        "whole": len(whole),
        "cached_share": round(cached / prompt, 4) if prompt else None,
        "first_token_s_p50": round(cut[9], 4) if cut else None,
        "first_token_s_p95": round(cut[18], 4) if cut else None,
    }


def typists(url: str, model: str, count: int, salt: str) -> list[Typist]:
    """Each in a file of this project."""
    files = sorted(SOURCE.rglob("*.py"), key=lambda path: -path.stat().st_size)[:count]
    texts = [path.read_text(encoding="utf-8") for path in files]
    return [Typist(url, model, text, f"{salt}-{n}") for n, text in enumerate(texts)]


async def typing(url: str, model: str, users: int, rounds: int, salt: str) -> list[Asked]:
    people = typists(url, model, users, salt)
    await asyncio.gather(*(each.type(rounds) for each in people))
    return [asked for each in people for asked in each.asked]


async def failover(url: str, key: str, model: str, users: int, rounds: int) -> dict[str, Any]:
    """Kill the first replica in the middle of the load, and wait until it is back."""
    people = typists(url, model, users, f"failover-{time.time_ns()}")
    working = asyncio.gather(*(each.type(rounds) for each in people))
    while sum(len(each.asked) for each in people) < users * rounds // 3:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    dead = cards(key)[0]
    os.kill(dead["pid"], signal.SIGKILL)
    killed = time.perf_counter()
    await working
    asked = [each for person in people for each in person.asked]
    await until_ready(key)
    back = time.perf_counter() - killed
    after = await typing(url, model, users, 2, f"after-{time.time_ns()}")
    around = [each for each in asked if each.began < killed < each.ended]
    return {
        "requests": len(asked),
        "whole": sum(each.whole for each in asked),
        "lost_before_they_began": sum(not each.whole and not each.begun for each in asked),
        "broken_after_they_began": sum(not each.whole and each.begun for each in asked),
        "under_way_when_it_died": len(around),
        "slowest_of_those_s": round(max((e.ended - e.began for e in around), default=0.0), 3),
        "rejoined_after_s": round(back, 2),
        "whole_after_it_rejoined": sum(each.whole for each in after),
        "requests_after_it_rejoined": len(after),
    }


async def measure(settings: Settings, given: argparse.Namespace) -> dict[str, Any]:
    key = rendezvous.key(settings)
    async with await acquire(settings, on_progress=_note) as lease:
        await until_ready(key)
        model, users, rounds = lease.endpoint.model, given.users, given.rounds
        found: dict[str, Any] = {"engine": lease.endpoint.engine, "model": model}
        async with second_router(cards(key), "random") as other:
            # One after the other: together they would take each other's cores.
            sides = {"cache_aware": lease.endpoint.url, "random": other}
            found["typing"] = {
                name: summary(await typing(url, model, users, rounds, f"{name}-{time.time_ns()}"))
                for name, url in sides.items()
            }
        found["decisions"] = await decisions(key)
        found["failover"] = await _failover(lease, settings, given, key)
        return found


async def _failover(
    lease: Lease, settings: Settings, given: argparse.Namespace, key: str
) -> dict[str, Any]:
    model = lease.endpoint.model
    if given.through == "router":
        url = lease.endpoint.url
        return await failover(url, key, model, given.users, given.rounds * 2)
    sets = [
        f"engine.url={lease.endpoint.url}",
        f"engine.replicas={settings.engine.replicas}",
        "engine.fim=qwen2.5-coder",
    ]
    async with gateway(*sets) as (url, _):
        return await failover(url, key, model, given.users, given.rounds * 2)


def _note(progress: Progress) -> None:
    sys.stderr.write(f"{progress.stage}: {progress.detail}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--users", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=8, help="requests of each user")
    parser.add_argument("--through", choices=("gateway", "router"), default="gateway")
    given = parser.parse_args()
    settings = load({"engine.replicas": given.replicas})
    sys.stdout.write(json.dumps(asyncio.run(measure(settings, given)), indent=2) + "\n")


if __name__ == "__main__":
    run(main)
