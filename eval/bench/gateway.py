"""What the gateway adds to an engine's own time, and what it carries.

    assistant bench gateway [--requests N] [--streams N] [--soak SECONDS] [--litellm]

The engine is a fast one without a model, so that the door itself is seen:

* ``latency_ms``: one request after the other, each way in turn: raw, gateway (and LiteLLM's
  proxy, installed into an environment of its own at the first time). ``added`` is the
  difference of the medians (p50) and of the 99th percentiles.
* ``streams``: N streams at a time of an engine that takes 20 ms a token: chunks a second of
  each way, and the gateway's share of the raw figure.
* ``ceiling``: an engine without pauses: chunks that passed for each second of the gateway's own
  processor time, which other work on the machine does not change.
* ``soak``: resident memory of the gateway at the start and the end of that many seconds with 100
  connections.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from assistant.errors import EngineError
from eval.bench.running import run
from eval.bench.serving import gateway, percentiles, process

if TYPE_CHECKING:
    import aiohttp

TOKENS = 100
"""Chunks of one stream."""
STEP_SECONDS = 0.02
SOAK_CONNECTIONS = 100
SOAK_PAUSE = 1.0
"""Seconds between two requests of one connection."""
_CHUNK = b'{"id":"c","object":"text_completion","choices":[{"index":0,"text":" word"}]}'
_EVENT = b"data: " + _CHUNK + b"\n\n"
_FRAME = b"%x\r\n" % len(_EVENT) + _EVENT + b"\r\n"
_DONE = b"data: [DONE]\n\n"
_LAST = b"%x\r\n" % len(_DONE) + _DONE + b"\r\n0\r\n\r\n"


# The engine without a model, in a process of its own.


async def _serve_client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            found = re.search(r"(?i)content-length: *(\d+)", head)
            body = await reader.readexactly(int(found[1]) if found else 0)
            if head.startswith("GET"):
                _whole(writer, {"data": [{"id": "bench", "owned_by": "vllm"}]})
                continue
            asked = json.loads(body)
            if not asked.get("stream"):
                _whole(writer, {"id": "c", "choices": [{"index": 0, "text": " word"}]})
                continue
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n")
            writer.write(b"transfer-encoding: chunked\r\n\r\n")
            for _ in range(int(asked["max_tokens"])):
                writer.write(_FRAME)
                if asked.get("seed"):  # paced
                    await asyncio.sleep(STEP_SECONDS)
            writer.write(_LAST)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def _whole(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    body = json.dumps(answer).encode()
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
    writer.write(b"content-length: %d\r\n\r\n" % len(body) + body)


async def engine() -> None:
    """Listen and say where, until killed."""
    server = await asyncio.start_server(_serve_client, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


# What is measured.


async def ask(http: aiohttp.ClientSession, url: str, body: dict[str, Any]) -> tuple[float, int]:
    """Seconds, and chunks that came."""
    began, chunks = time.perf_counter(), 0
    async with http.post(f"{url}/completions", json={"model": "bench", **body}) as answer:
        answer.raise_for_status()
        async for data in answer.content.iter_any():
            chunks += data.count(b"data: ")
    return time.perf_counter() - began, chunks


async def latency(http: aiohttp.ClientSession, ways: dict[str, str], requests: int) -> Any:
    took: dict[str, list[float]] = {name: [] for name in ways}
    body = {"prompt": "x" * 4000, "max_tokens": 1}
    for number in range(requests + 20):
        for name, url in ways.items():
            seconds, _ = await ask(http, url, body)
            if number >= 20:  # connections made, code warm
                took[name].append(seconds * 1000)
    found: dict[str, Any] = {name: percentiles(values) for name, values in took.items()}
    for name in ways:
        if name != "raw":
            added = {q: round(found[name][q] - found["raw"][q], 3) for q in ("p50", "p99")}
            found[name]["added"] = added
    return found


async def streams(http: aiohttp.ClientSession, ways: dict[str, str], count: int) -> Any:
    found: dict[str, Any] = {}
    body = {"prompt": "x", "max_tokens": TOKENS, "stream": True, "seed": 1}
    for name, url in [*ways.items(), *ways.items()]:  # twice; the better of both
        began = time.perf_counter()
        done = await asyncio.gather(*(ask(http, url, body) for _ in range(count)))
        rate = sum(chunks for _, chunks in done) / (time.perf_counter() - began)
        found[name] = max(found.get(name, 0.0), round(rate))
    return {"chunks_per_second": found, "gateway_share": round(found["gateway"] / found["raw"], 3)}


async def ceiling(http: aiohttp.ClientSession, url: str, pid: int, count: int) -> Any:
    gateway = psutil.Process(pid)
    body = {"prompt": "x", "max_tokens": TOKENS * 20, "stream": True}
    before, began = sum(gateway.cpu_times()[:2]), time.perf_counter()
    done = await asyncio.gather(*(ask(http, url, body) for _ in range(count)))
    chunks = sum(number for _, number in done)
    cpu = sum(gateway.cpu_times()[:2]) - before
    return {
        "chunks": chunks,
        "per_cpu_second": round(chunks / cpu),
        "per_second": round(chunks / (time.perf_counter() - began)),
    }


async def soak(http: aiohttp.ClientSession, url: str, pid: int, seconds: float) -> Any:
    gateway, end = psutil.Process(pid), time.monotonic() + seconds
    asked = 0

    async def client() -> None:
        nonlocal asked
        body = {"prompt": "x" * 2000, "max_tokens": 20, "stream": True, "seed": 1}
        while time.monotonic() < end:
            await ask(http, url, body)
            asked += 1
            await asyncio.sleep(SOAK_PAUSE)

    sizes: list[float] = []

    async def watch() -> None:
        while time.monotonic() < end:
            sizes.append(gateway.memory_info().rss / (1 << 20))
            await asyncio.sleep(min(5.0, seconds / 20))

    await asyncio.gather(watch(), *(client() for _ in range(SOAK_CONNECTIONS)))
    tenth = max(1, len(sizes) // 10)
    early = statistics.median(sizes[tenth : 2 * tenth] or sizes)
    return {
        "seconds": seconds,
        "requests": asked,
        "mib_early": round(early, 1),
        "mib_end": round(statistics.median(sizes[-tenth:]), 1),
    }


def litellm_python() -> Path:
    """The interpreter of an environment with LiteLLM's proxy, made where there is none."""
    from assistant import paths
    from assistant.errors import AssistantError

    folder = paths.folder("bench") / "litellm"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        sys.stderr.write("bench: installing LiteLLM's proxy\n")
        commands = (
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            [str(python), "-m", "pip", "install", "--quiet", "litellm[proxy]"],
        )
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                last = done.stderr.strip().splitlines()[-1:] or ["?"]
                raise AssistantError(f"LiteLLM cannot be installed: {last[0]}")
        (folder / "ready").touch()
    return python


@asynccontextmanager
async def litellm(http: aiohttp.ClientSession, url: str) -> AsyncIterator[str]:
    """LiteLLM's proxy in front of the same engine."""
    from assistant.engines.supervisor import free_port

    python, port = litellm_python(), free_port()
    settings = {"model": "text-completion-openai/bench", "api_base": url, "api_key": "none"}
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"  # JSON is YAML
        listed = [{"model_name": "bench", "litellm_params": settings}]
        config.write_text(json.dumps({"model_list": listed}), encoding="utf-8")
        # It listens on the loopback address only, for as long as this runs.
        quiet = {
            "LITELLM_LOG": "ERROR",
            "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
        }
        command = [str(python.parent / "litellm"), "--config", str(config), "--port", str(port)]
        async with process(*command, "--host", "127.0.0.1", read=False, **quiet):
            own = f"http://127.0.0.1:{port}/v1"
            for _ in range(600):
                try:
                    await ask(http, own, {"prompt": "x", "max_tokens": 1})
                    break
                except Exception:  # noqa: BLE001 - it starts
                    await asyncio.sleep(0.2)
            else:
                raise EngineError("LiteLLM's proxy does not answer: run it by hand to see why")
            yield own


async def door(options: argparse.Namespace) -> dict[str, Any]:
    """The gateway before the engine without a model."""
    import aiohttp

    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=300)
    )
    slots = f"{{slots={max(options.streams, SOAK_CONNECTIONS)}, queue=1000, patience=300}}"
    async with (
        session as http,
        process(sys.executable, "-m", "eval.bench.gateway", "--engine") as fast,
    ):
        assert fast.stdout is not None
        raw = f"http://127.0.0.1:{int(await fast.stdout.readline())}/v1"
        async with gateway(f"engine.url={raw}", f"gateway.inline={slots}") as (url, pid):
            ways = {"raw": raw, "gateway": url}
            found: dict[str, Any] = {}
            if options.litellm:
                async with litellm(http, raw) as other:
                    three = {**ways, "litellm": other}
                    found["latency_ms"] = await latency(http, three, options.requests)
                    found["streams"] = await streams(http, three, options.streams)
            else:
                found["latency_ms"] = await latency(http, ways, options.requests)
                found["streams"] = await streams(http, ways, options.streams)
            found["ceiling"] = await ceiling(http, url, pid, options.streams)
            if options.soak:
                found["soak"] = await soak(http, url, pid, options.soak)
            return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="assistant bench gateway")
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--streams", type=int, default=64)
    parser.add_argument("--soak", type=float, default=0)
    parser.add_argument("--litellm", action="store_true")
    parser.add_argument("--engine", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        asyncio.run(engine())
        return
    found = asyncio.run(door(options))
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    run(main)
