"""A model server for tests: real HTTP, real SSE over a real socket, answers from a script.

It enters through the registry (``ASSISTANT_PLUGINS=fake_engine``, backend ``fake``), or runs
by itself as ``python fake_engine.py --port N``. Three environment variables drive it:

``FAKE_ENGINE_SCRIPT``
    a JSON file, read again at every request (see :data:`DEFAULTS` for what may stand in it).
``FAKE_ENGINE_LOG``
    a JSONL file that it appends to: ``start`` (pid, port), ``request`` (id, prompt as text
    where it is known, body, trace: its ``traceparent``) and ``end`` (id, status, sent tokens,
    aborted: whether the client closed the connection before the answer was complete).
``FAKE_ENGINE_TOKENIZER``
    a ``tokenizer.json`` that turns prompts of token ids into text for the rules.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fake_admin import Admin

if TYPE_CHECKING:
    from assistant.engines.protocol import Launch, LocalModel
    from assistant.settings import EngineSettings

DEFAULTS: dict[str, Any] = {
    "rules": [],  # [[regex searched in the prompt, answer], …]: the first that matches wins
    "default": "",  # the answer where no rule matches
    "tokens_per_chunk": 1,
    "chunk_delay_ms": 0,
    "first_delay_ms": 0,  # before the first chunk
    "start_delay_ms": 0,  # before the server listens; /health answers 503 no sooner than that
    "chunks": False,  # note every chunk sent in the log
    "refuse": 0,  # an HTTP status to refuse completions with
    "crash_after": -1,  # die in the middle of the answer to the request of this number
    "exit_at_start": -1,  # exit at once with this status; above 128 by the signal that it means
    "last_words": "",  # printed before that
    "thinks": "",  # a chat's reasoning, before its answer
    "constrain": True,  # put the literal head of a regex in front of the answer, as vLLM would
    "sleeps": "",  # which routes for sleep it has: "vllm" or "omni"
    "headers_first": False,  # send a stream's headers before its first delay, as vLLM does
    "metrics": "",  # the page at /metrics; none where it is empty
    "child": False,  # keep a child process, as vLLM keeps its EngineCore
}
TOKEN = re.compile(r"\w+|[^\S\n]+|\n|[^\w\s]")


class FakeBackend:
    """Starts this file as a server."""

    name = "fake"
    device: Literal["cpu"] = "cpu"
    rank = -1
    needs_model = False
    constraints = True
    inline_first = False

    def unavailable(self) -> str:
        return ""

    def launch(self, model: LocalModel, port: int, settings: EngineSettings) -> Launch:
        # Not at the top: the server itself starts faster without the project's settings.
        from assistant.engines.protocol import Launch

        argv = [sys.executable, __file__, "--port", str(port), "--model", model.name]
        return Launch(argv=argv)


BACKEND = FakeBackend()


def script() -> dict[str, Any]:
    path = os.environ.get("FAKE_ENGINE_SCRIPT")
    written = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    unknown = set(written) - set(DEFAULTS)
    if unknown:
        raise SystemExit(f"fake engine: unknown keys in its script: {sorted(unknown)}")
    return {**DEFAULTS, **written}


def log_file() -> Path | None:
    """The log; where tests that share an engine have a link there, that of the one that runs."""
    path = os.environ.get("FAKE_ENGINE_LOG")
    return Path(path).resolve() if path else None


def log(to: Path | None = None, **event: Any) -> None:
    path = to or log_file()
    if path:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")


def forced_head(regex: str) -> str:
    """The literal text that a healing constraint ``escaped[\\s\\S]*`` starts with."""
    escaped = regex.removesuffix(r"[\s\S]*") if regex.endswith(r"[\s\S]*") else ""
    return re.sub(r"\\(.)", r"\1", escaped, flags=re.DOTALL)


class Server:
    def __init__(self, model: str, owner: str = "fake") -> None:
        self.model = model
        self.owner = owner
        self.requests = 0
        self.seen: deque[Sequence[Any]] = deque(maxlen=64)
        self._tokenizer: Any = None
        self.admin = Admin()

    def text_of(self, prompt: str | list[int]) -> str:
        if isinstance(prompt, str):
            return prompt
        path = os.environ.get("FAKE_ENGINE_TOKENIZER")
        if not path:
            return ""
        if self._tokenizer is None:
            from tokenizers import Tokenizer

            self._tokenizer = Tokenizer.from_file(path)
        return str(self._tokenizer.decode(prompt, skip_special_tokens=False))

    def cached(self, prompt: str | list[int]) -> tuple[int, int]:
        """Tokens in the prompt, and how many of them start an earlier prompt."""
        tokens: Sequence[Any] = TOKEN.findall(prompt) if isinstance(prompt, str) else prompt
        best = 0
        for earlier in self.seen:
            same = 0
            for a, b in zip(tokens, earlier, strict=False):
                if a != b:
                    break
                same += 1
            best = max(best, same)
        self.seen.append(tokens)
        return len(tokens), best

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self.one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, path, _ = head.split(" ", 2)
        length = re.search(r"(?im)^content-length: *(\d+)", head)
        raw = await reader.readexactly(int(length[1])) if length else b""
        if path == "/health":
            await respond(writer, 200, {})
        elif path == "/v1/models":
            base = {"id": self.model, "object": "model", "owned_by": self.owner}
            listed = [base, *({**base, **card} for card in self.admin.cards())]
            await respond(writer, 200, {"object": "list", "data": listed})
        elif path == "/metrics" and (page := script()["metrics"]):
            await respond(writer, 200, page, "text/plain; version=0.0.4")
        elif path == "/v1/completions" and method == "POST":
            return await self.complete(json.loads(raw), reader, writer, trace_of(head))
        elif path == "/v1/chat/completions" and method == "POST":
            body = as_completion(json.loads(raw))
            return await self.complete(body, reader, writer, trace_of(head))
        else:
            body = json.loads(raw) if raw else {}
            answer, event = self.admin.answer(path, body, script()["sleeps"])
            if event:
                log(**event, pid=os.getpid())
            await respond(writer, *answer)
        return True

    async def complete(
        self,
        body: dict[str, Any],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        trace: str = "",
    ) -> bool:
        # What warms an engine up is not counted: tests number the requests they make.
        self.requests += body.get("user") != "warm-up"
        number = self.requests
        rules = script()
        text = self.text_of(body["prompt"])
        # An answer that is broken off may end during the next test.
        to = log_file()
        log(to, event="request", id=number, pid=os.getpid(), prompt=text, body=body, trace=trace)
        if rules["refuse"]:
            await respond(writer, rules["refuse"], error(rules["refuse"], "told to refuse"))
            log(to, event="end", id=number, status=rules["refuse"], tokens=0, aborted=False)
            return True
        if body.get("model") not in (self.model, *self.admin.adapters):
            await respond(writer, 404, error(404, f"the model {body.get('model')!r} is not here"))
            log(to, event="end", id=number, status=404, tokens=0, aborted=False)
            return True
        pieces, reason = answer(text, body, rules)
        crash = body.get("user") != "warm-up" and number == rules["crash_after"]
        answering = asyncio.create_task(self.send(body, pieces, reason, rules, writer, crash))
        # A client sends nothing while it waits, so all that can arrive is the end.
        leaving = asyncio.create_task(reader.read(1))
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        aborted = not answering.done()
        for task in (answering, leaving):
            task.cancel()
        results = await asyncio.gather(answering, leaving, return_exceptions=True)
        aborted = aborted or isinstance(results[0], ConnectionError)
        log(to, event="end", id=number, status=200, tokens=self.sent, aborted=aborted)
        return not aborted

    async def send(
        self,
        body: dict[str, Any],
        pieces: list[str],
        reason: str,
        rules: dict[str, Any],
        writer: asyncio.StreamWriter,
        crash: bool,
    ) -> None:
        self.sent = 0
        total, cached = self.cached(body["prompt"])
        usage = {
            "prompt_tokens": total,
            "completion_tokens": len(pieces),
            "total_tokens": total + len(pieces),
            "prompt_tokens_details": {"cached_tokens": cached},
        }
        common = {"id": "cmpl-fake", "object": "text_completion", "model": self.model}
        if body.get("stream") and rules["headers_first"]:
            await begin(writer)
        await asyncio.sleep(rules["first_delay_ms"] / 1000)
        if not body.get("stream"):
            if crash:
                os._exit(1)
            full = "".join(pieces)
            thought = {"reasoning": rules["thinks"]} if rules["thinks"] else {}
            message = {"message": {"role": "assistant", "content": full, **thought}}
            shown = message if "messages" in body else {"text": full}
            choice = {"index": 0, **shown, "finish_reason": reason}
            await respond(writer, 200, {**common, "choices": [choice], "usage": usage})
            self.sent = len(pieces)
            return
        if not rules["headers_first"]:
            await begin(writer)
        step = max(1, int(rules["tokens_per_chunk"]))
        options = body.get("stream_options") or {}
        if rules["thinks"] and "messages" in body:
            thought = {"index": 0, "delta": {"reasoning": rules["thinks"]}, "finish_reason": None}
            await event(writer, json.dumps({**common, "choices": [thought]}))
        for start in range(0, max(1, len(pieces)), step):
            chunk = pieces[start : start + step]
            last = start + step >= len(pieces)
            content = "".join(chunk)
            shown = {"delta": {"content": content}} if "messages" in body else {"text": content}
            choice = {"index": 0, **shown, "finish_reason": reason if last else None}
            self.sent += len(chunk)
            so_far = {**usage, "completion_tokens": self.sent}
            told = so_far if options.get("continuous_usage_stats") else None
            await event(writer, json.dumps({**common, "choices": [choice], "usage": told}))
            if rules["chunks"]:
                log(event="chunk", text=content)
            if crash:
                os._exit(1)
            await asyncio.sleep(rules["chunk_delay_ms"] / 1000)
        if options.get("include_usage"):
            await event(writer, json.dumps({**common, "choices": [], "usage": usage}))
        await event(writer, "[DONE]")
        writer.write(b"0\r\n\r\n")
        await writer.drain()


def as_completion(body: dict[str, Any]) -> dict[str, Any]:
    """A chat's request with a prompt for the rules: its messages, one after the other."""
    lines = [f"{message['role']}: {message.get('content')}" for message in body["messages"]]
    return {**body, "prompt": "\n".join(lines)}


def answer(text: str, body: dict[str, Any], rules: dict[str, Any]) -> tuple[list[str], str]:
    """The answer's tokens and why it ends, as the script and the request's limits say."""
    full = str(rules["default"])
    for pattern, reply in rules["rules"]:
        if re.search(pattern, text):
            full = reply
            break
    regex = (body.get("structured_outputs") or {}).get("regex") or ""
    head = forced_head(regex)
    if rules["constrain"] and head and not full.startswith(head):
        full = head + full
    stops = body.get("stop") or []
    for stop in [stops] if isinstance(stops, str) else stops:
        full = full.split(stop)[0] if stop else full
    pieces = TOKEN.findall(full)
    limit = int(body.get("max_tokens") or 16)
    return (pieces[:limit], "length") if len(pieces) > limit else (pieces, "stop")


def error(status: int, message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "fake", "param": None, "code": status}}


def trace_of(head: str) -> str:
    found = re.search(r"(?im)^traceparent: *(\S+)", head)
    return found[1] if found else ""


async def respond(
    writer: asyncio.StreamWriter, status: int, payload: Any, kind: str = "application/json"
) -> None:
    body = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    head = f"HTTP/1.1 {status} Fake\r\ncontent-type: {kind}\r\n"
    writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()


async def begin(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n")
    writer.write(b"transfer-encoding: chunked\r\n\r\n")
    await writer.drain()


async def event(writer: asyncio.StreamWriter, data: str) -> None:
    line = f"data: {data}\n\n".encode()
    writer.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
    await writer.drain()


def start_child() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])


async def run(port: int, model: str, owner: str = "fake") -> None:
    rules = script()
    child = start_child() if rules["child"] else None
    log(event="start", pid=os.getpid(), port=port, child=child.pid if child else None)
    if rules["exit_at_start"] >= 0:
        sys.stdout.write(f"{rules['last_words']}\n")
        sys.stdout.flush()
        if rules["exit_at_start"] > 128:
            os.kill(os.getpid(), rules["exit_at_start"] - 128)
        os._exit(rules["exit_at_start"])
    await asyncio.sleep(rules["start_delay_ms"] / 1000)
    fake = Server(model, owner)
    async with await asyncio.start_server(fake.serve, "127.0.0.1", port) as listening:
        # Whoever starts it with port 0 reads here which one it got.
        sys.stdout.write(f"listening {listening.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await listening.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--model", default="fake")
    parser.add_argument("--owner", default="fake")
    arguments = parser.parse_args()
    asyncio.run(run(arguments.port, arguments.model, arguments.owner))
