"""What the language server adds to the engine's own time.

    python -m eval.bench.lsp [--repository PATH] [--keystrokes N]

starts `python -m lsp` as an editor would, beside an engine that takes 2 ms a token, types into
a file of the repository, and prints JSON:

* ``overhead_ms``: from a request of the editor to its answer, less what the engine took, for
  keystrokes that reach the engine;
* ``cached_ms``: the whole round trip of keystrokes that do not;
* ``cpu_ms``: processor time of the server a keystroke of either kind, which other work on the
  machine does not change;
* ``initialize_ms``: from the start of the process to the answer to ``initialize``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from eval.bench.running import run
from eval.editor import Editor, server

ANSWER = "value_of_the_thing(first, second)"
TOKENS = re.findall(r"\w+|\W", ANSWER)
TOKEN_SECONDS = 0.002


class Engine:
    """OpenAI's completions over SSE, without a model. Keeps how long each answer took."""

    def __init__(self) -> None:
        self.took: list[float] = []
        self.port = 0

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._client, "127.0.0.1", 0)
        self.port = int(server.sockets[0].getsockname()[1])
        return server

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = re.search(r"(?i)content-length: *(\d+)", head)
                await reader.readexactly(int(length[1]) if length else 0)
                if head.startswith("GET"):
                    await self._models(writer)
                else:
                    await self._answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _models(self, writer: asyncio.StreamWriter) -> None:
        body = json.dumps({"data": [{"id": "bench"}]}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        began = time.perf_counter()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n")
        writer.write(b"transfer-encoding: chunked\r\n\r\n")
        for i, token in enumerate(TOKENS):
            reason = "stop" if i + 1 == len(TOKENS) else None
            choice = {"index": 0, "text": token, "finish_reason": reason}
            self._event(writer, json.dumps({"choices": [choice]}))
            # What is done while the engine computes costs nobody's time.
            await asyncio.sleep(TOKEN_SECONDS)
        self._event(writer, "[DONE]")
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        self.took.append(time.perf_counter() - began)

    def _event(self, writer: asyncio.StreamWriter, data: str) -> None:
        line = f"data: {data}\n\n".encode()
        writer.write(b"%x\r\n" % len(line) + line + b"\r\n")


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Milliseconds."""
    ordered = sorted(s * 1000 for s in seconds)
    cut = statistics.quantiles(ordered, n=100, method="inclusive")
    return {
        "p50": round(cut[49], 2),
        "p90": round(cut[89], 2),
        "p99": round(cut[98], 2),
        "max": round(ordered[-1], 2),
    }


async def measure(repository: Path, file: Path, keystrokes: int) -> dict[str, Any]:
    engine = Engine()
    listening = await engine.start()
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "ASSISTANT_HOME": home,
            "ASSISTANT_ENGINE__URL": f"http://127.0.0.1:{engine.port}/v1",
            "ASSISTANT_ENGINE__FIM": "qwen2.5-coder",
            "ASSISTANT_LSP__DEBOUNCE_MAX_MS": "0",
        }
        began = time.perf_counter()
        try:
            async with server(environment) as editor:
                return await session(editor, engine, repository, file, keystrokes, began)
        finally:
            listening.close()


async def session(
    editor: Editor, engine: Engine, repository: Path, file: Path, keystrokes: int, began: float
) -> dict[str, Any]:
    await editor.initialize([repository], {})
    initialize = time.perf_counter() - began
    while True:
        status = await editor.status()
        index = status["indexes"][0] if status["indexes"] else {}
        if status["engine"]["state"] == "failed" or index.get("state") == "failed":
            raise SystemExit(f"bench: {status}")
        if status["engine"]["state"] == "ready" and index.get("state") == "ready":
            break
        await asyncio.sleep(0.1)
    overhead, cached = [], []
    process = psutil.Process(editor.process.pid)
    spent = sum(process.cpu_times()[:2])
    text = await asyncio.to_thread(file.read_text, "utf-8")
    uri = file.as_uri()
    item = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    editor.notify("textDocument/didOpen", {"textDocument": item})
    # Half-way down, after a blank line: an expression to write.
    line = next(
        (i for i, t in enumerate(text.splitlines()) if not t and i > text.count("\n") / 2), 0
    )
    typed = 0
    for key in range(keystrokes):
        if typed == 0:
            type_text(editor, uri, line, 0, f"    result_{key} = \n", key)
        column = len(f"    result_{key - typed} = ") + typed
        answer, took = await ask(editor, uri, line, column)
        if typed == 0:
            overhead.append(took - engine.took[-1])
        else:
            cached.append(took)
        if not answer["items"]:
            raise SystemExit("bench: an empty answer")
        type_text(editor, uri, line, column, ANSWER[typed], key)
        typed = (typed + 1) % 4
    spent = sum(process.cpu_times()[:2]) - spent
    status = await editor.status()
    return {
        "repository": {"files": index["files"], "symbols": index["symbols"]},
        "file_lines": text.count("\n"),
        "keystrokes": keystrokes,
        "initialize_ms": round(initialize * 1000),
        "overhead_ms": percentiles(overhead[5:]),
        "cached_ms": percentiles(cached[5:]),
        "cpu_ms": round(1000 * spent / keystrokes, 2),
        "engine_ms": percentiles(engine.took[5:]),
        "without_engine": round(status["completions"]["without_engine"], 3),
    }


def type_text(editor: Editor, uri: str, line: int, column: int, text: str, key: int) -> None:
    at = {"line": line, "character": column}
    change = {"range": {"start": at, "end": at}, "text": text}
    editor.notify(
        "textDocument/didChange",
        {"textDocument": {"uri": uri, "version": key + 2}, "contentChanges": [change]},
    )


async def ask(editor: Editor, uri: str, line: int, column: int) -> tuple[Any, float]:
    began = time.perf_counter()
    answer = await editor.request(
        "textDocument/inlineCompletion",
        {
            "textDocument": {"uri": uri},
            "position": {"line": line, "character": column},
            "context": {"triggerKind": 2},
        },
    )
    return answer, time.perf_counter() - began


def largest(repository: Path) -> Path:
    """A Python file of some size in ``repository``."""
    files = [p for p in repository.rglob("*.py") if 2_000 < p.stat().st_size < 60_000]
    if not files:
        raise SystemExit(f"bench: no Python file of 2 to 60 kB below {repository}")
    return max(files, key=lambda p: p.stat().st_size)


def main() -> None:
    parse = argparse.ArgumentParser(description="Overhead of the language server")
    parse.add_argument("--repository", type=Path, default=Path.cwd())
    parse.add_argument("--file", type=Path, help="the file that is typed into")
    parse.add_argument("--keystrokes", type=int, default=400)
    given = parse.parse_args()
    repository = given.repository.resolve()
    file = given.file.resolve() if given.file else largest(repository)
    result = asyncio.run(measure(repository, file, given.keystrokes))
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    run(main)
