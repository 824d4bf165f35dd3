"""Measure engine settings side by side in one run, on the default model.

    python -m eval.bench.engine [--pairs block_size,precision,constraint] [--rounds 2]

Each pair starts two engines, asks them in turn (A, B, A, B, …), so that whatever else the
machine does falls on both, and prints one JSON document: seconds, tokens per second, and
the ratio B / A of the medians. Models are fetched as for serving.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from assistant.config import load
from assistant.engines.client import EngineClient
from assistant.engines.lease import Lease, acquire
from assistant.engines.protocol import GenerateRequest
from assistant.settings import Settings
from eval.bench.running import run

TEXT = (Path(__file__).resolve().parents[2] / "assistant" / "config.py").read_text("utf-8")

Figures = dict[str, float]


async def ask(lease: Lease, prompt: list[int], tokens: int, **extra: Any) -> Figures:
    """One request: seconds to the first token, tokens per second after it, cached share."""
    client = EngineClient(lease.endpoint, timeout=300)
    regex = extra.pop("regex", "")
    request = GenerateRequest(prompt, tokens, regex=regex, extra={"ignore_eos": True, **extra})
    began = time.perf_counter()
    first, last, usage = 0.0, 0.0, None
    try:
        async for chunk in client.generate(request):
            usage = chunk if chunk.prompt_tokens else usage
            # The first chunk of all is empty: the request was accepted.
            if chunk.text:
                last = time.perf_counter()
                first = first or last
    finally:
        await client.close()
    assert usage is not None
    return {
        "first_token_s": first - began,
        "prefill_tok_s": len(prompt) / (first - began),
        "decode_tok_s": (usage.generated_tokens - 1) / max(1e-6, last - first),
        "cached_share": usage.cached_tokens / usage.prompt_tokens,
    }


def token_ids(lease: Lease, text: str) -> list[int]:
    from tokenizers import Tokenizer

    assert lease.endpoint.tokenizer is not None
    encoded: list[int] = Tokenizer.from_file(str(lease.endpoint.tokenizer)).encode(text).ids
    return encoded


async def cold_and_typing(lease: Lease, regex: str = "") -> Figures:
    """A cold prompt of 1,200 tokens, then eight keystrokes of two tokens each."""
    ids = token_ids(lease, TEXT)
    salt = str(time.time_ns())
    cold = await ask(lease, ids[:1200], 24, cache_salt=salt, regex=regex)
    typed = [await ask(lease, ids[: 1200 + 2 * n], 2, cache_salt=salt) for n in range(1, 9)]
    return {
        "prefill_tok_s": cold["prefill_tok_s"],
        "decode_tok_s": cold["decode_tok_s"],
        "typing_first_token_s": statistics.median(t["first_token_s"] for t in typed),
        "typing_cached_share": statistics.mean(t["cached_share"] for t in typed),
    }


PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "block_size": ({"engine.block_size": 128}, {"engine.block_size": 32}),
    "block_size_small": ({"engine.block_size": 32}, {"engine.block_size": 16}),
    "precision": ({"engine.precision": "bf16"}, {"engine.precision": "int4"}),
    "batched_tokens": ({"engine.max_batched_tokens": 512}, {"engine.max_batched_tokens": 2048}),
}


async def compare(a: Settings, b: Settings, rounds: int, regex_b: str = "") -> dict[str, Any]:
    """Medians of both sides and the ratio B / A of each figure."""
    sides: tuple[list[Figures], list[Figures]] = ([], [])
    # Started one after the other: two that start together would share the cores.
    async with (
        await acquire(a, on_progress=_note) as first,
        await acquire(b, on_progress=_note) as second,
    ):
        for _ in range(rounds):
            sides[0].append(await cold_and_typing(first))
            sides[1].append(await cold_and_typing(second, regex_b))
    medians = [{k: statistics.median(f[k] for f in side) for k in side[0]} for side in sides]
    ratio = {k: medians[1][k] / medians[0][k] for k in medians[0] if medians[0][k]}
    return {"a": medians[0], "b": medians[1], "b_over_a": ratio}


def _note(progress: Any) -> None:
    sys.stderr.write(f"{progress.stage}: {progress.detail}\n")


async def measure(names: list[str], rounds: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names:
        if name == "constraint":
            literal = re.escape("x") + r"[\s\S]*"
            found[name] = await compare(load(), load(), rounds, regex_b=literal)
            continue
        a, b = PAIRS[name]
        found[name] = {"settings": [a, b], **await compare(load(a), load(b), rounds)}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    known = [*PAIRS, "constraint"]
    parser.add_argument("--pairs", default="block_size,precision,constraint", help=str(known))
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    names = given.pairs.split(",")
    if set(names) - set(known):
        parser.error(f"--pairs: choose among {', '.join(known)}")
    sys.stdout.write(json.dumps(asyncio.run(measure(names, given.rounds)), indent=2) + "\n")


if __name__ == "__main__":
    run(main)
