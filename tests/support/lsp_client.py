"""A client that speaks JSON-RPC by hand, so that tests see what is on the wire."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

ENGINE_READY = 30.0


async def eventually(
    condition: Callable[[], Any] | Callable[[], Awaitable[Any]], seconds: float = ENGINE_READY
) -> None:
    """Wait until ``condition()`` is true, for what no message tells."""
    async with asyncio.timeout(seconds):
        while True:
            value: Any = condition()
            if isinstance(value, Awaitable):
                value = await value
            if value:
                return
            await asyncio.sleep(0.03)


class Wire(Protocol):
    async def send(self, message: bytes) -> None: ...

    async def receive(self) -> bytes | None: ...


class StreamWire:
    """Messages with a ``Content-Length`` header."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, message: bytes) -> None:
        self.writer.write(b"Content-Length: %d\r\n\r\n" % len(message) + message)
        await self.writer.drain()

    async def receive(self) -> bytes | None:
        length = 0
        while True:
            line = await self.reader.readline()
            if not line:
                return None
            if line == b"\r\n":
                return await self.reader.readexactly(length)
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)


class ResponseError(Exception):
    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.code = error["code"]


class Client:
    """Requests, notifications, and everything that the server sent by itself.

    ``answers`` replies to what the server asks; by default null.
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.sent: list[dict[str, Any]] = []
        """Notifications and requests of the server, in order."""
        self.answers: dict[str, Callable[[Any], Any]] = {}
        self.capabilities: dict[str, Any] = {}
        self.process: asyncio.subprocess.Process | None = None
        self.errors = b""
        self._next = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._news = asyncio.Event()
        self._outbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
        self._collecting: asyncio.Task[None] | None = None

    # Messages

    async def request(self, method: str, params: Any = None) -> Any:
        return await self.start(method, params)[1]

    def start(self, method: str, params: Any = None) -> tuple[int, asyncio.Future[Any]]:
        """Ask without waiting: the request's id and its answer to come."""
        self._next += 1
        answer = asyncio.get_running_loop().create_future()
        self._waiting[self._next] = answer
        message = {"jsonrpc": "2.0", "id": self._next, "method": method, "params": params}
        self._send(message)
        return self._next, answer

    async def notify(self, method: str, params: Any = None) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    async def cancel(self, identifier: int) -> None:
        await self.notify("$/cancelRequest", {"id": identifier})

    async def until(self, method: str, wanted: Callable[[Any], bool] = lambda p: True) -> Any:
        """The parameters of the first message of the server that fits, past or to come."""
        async with asyncio.timeout(ENGINE_READY):
            while True:
                for message in self.sent:
                    if message["method"] == method and wanted(message["params"]):
                        return message["params"]
                self._news.clear()
                await self._news.wait()

    def of(self, method: str) -> list[Any]:
        return [m["params"] for m in self.sent if m["method"] == method]

    def shown(self) -> list[str]:
        return [p["message"] for p in self.of("window/showMessage")]

    # LSP

    async def initialize(
        self,
        *folders: Path,
        options: Any = None,
        capabilities: dict[str, Any] | None = None,
        encodings: list[str] | None = None,
    ) -> dict[str, Any]:
        client: dict[str, Any] = {
            "textDocument": {"inlineCompletion": {}},
            "window": {"workDoneProgress": True},
            "workspace": {"workspaceFolders": True},
        }
        if encodings is not None:
            client["general"] = {"positionEncodings": encodings}
        if capabilities is not None:
            client = capabilities
        result = await self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": None,
                "capabilities": client,
                "initializationOptions": options,
                "workspaceFolders": [{"uri": f.as_uri(), "name": f.name} for f in folders],
            },
        )
        self.capabilities = result["capabilities"]
        await self.notify("initialized", {})
        return dict(result)

    async def ready(self) -> None:
        """Until the engine answers."""
        async with asyncio.timeout(ENGINE_READY):
            while (status := await self.status())["engine"]["state"] != "ready":
                if status["engine"]["state"] == "failed":
                    raise AssertionError(status["engine"])
                await asyncio.sleep(0.02)

    async def status(self) -> dict[str, Any]:
        return dict(await self.request("assistant/status"))

    async def open(self, uri: str, text: str, language: str = "python") -> None:
        item = {"uri": uri, "languageId": language, "version": 1, "text": text}
        await self.notify("textDocument/didOpen", {"textDocument": item})

    async def change(self, uri: str, *changes: dict[str, Any], version: int = 2) -> None:
        document = {"uri": uri, "version": version}
        await self.notify(
            "textDocument/didChange", {"textDocument": document, "contentChanges": list(changes)}
        )

    async def insert(self, uri: str, line: int, character: int, text: str) -> None:
        at = {"line": line, "character": character}
        await self.change(uri, {"range": {"start": at, "end": at}, "text": text})

    def start_inline(
        self, uri: str, line: int, character: int, kind: int = 1, **context: Any
    ) -> tuple[int, asyncio.Future[Any]]:
        """Kind 1 is Invoked, 2 Automatic."""
        return self.start(
            "textDocument/inlineCompletion",
            {
                "textDocument": {"uri": uri},
                "position": {"line": line, "character": character},
                "context": {"triggerKind": kind, **context},
            },
        )

    async def inline(
        self, uri: str, line: int, character: int, kind: int = 1, **context: Any
    ) -> list[dict[str, Any]]:
        answer = await self.start_inline(uri, line, character, kind, **context)[1]
        return list(answer["items"])

    async def command(self, name: str, *arguments: Any) -> Any:
        return await self.request(
            "workspace/executeCommand", {"command": name, "arguments": list(arguments)}
        )

    async def close(self) -> None:
        """``shutdown`` and ``exit``, and the end of the process if it is ours."""
        if self.process is None or self.process.returncode is None:
            with contextlib.suppress(OSError, ResponseError, asyncio.CancelledError):
                await asyncio.wait_for(self.request("shutdown"), 20)
                await self.notify("exit")
        await self.gone()

    async def gone(self) -> int | None:
        """Wait for the process's end; its exit status."""
        if self.process is not None:
            if self.process.stdin is not None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._outbox.join(), 1)
                self.process.stdin.close()
            await asyncio.wait_for(self.process.wait(), 20)
            if self._collecting is not None:
                await self._collecting
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        return self.process.returncode if self.process is not None else None

    def watch_errors(self, stream: asyncio.StreamReader) -> None:
        async def collect() -> None:
            while data := await stream.read(65536):
                self.errors += data

        self._collecting = asyncio.create_task(collect())

    def _send(self, message: dict[str, Any]) -> None:
        self._outbox.put_nowait(json.dumps(message).encode())

    async def raw(self, message: bytes) -> None:
        """Send bytes that need not be a message."""
        self._outbox.put_nowait(message)

    async def _write(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                await self.wire.send(await self._outbox.get())
                self._outbox.task_done()

    async def _read(self) -> None:
        try:
            while (data := await self.wire.receive()) is not None:
                await self._handle(json.loads(data))
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.cancel()

    async def _handle(self, message: dict[str, Any]) -> None:
        if "method" in message:
            self.sent.append(message)
            self._news.set()
            if "id" in message:
                reply = self.answers.get(message["method"], _nothing)
                result: Any = reply(message.get("params"))
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": result})
            return
        answer = self._waiting.pop(message["id"], None)
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(ResponseError(message["error"]))
        else:
            answer.set_result(message.get("result"))


def _nothing(params: Any) -> Any:
    return None


@asynccontextmanager
async def stdio(*arguments: str, env: dict[str, str] | None = None) -> AsyncIterator[Client]:
    """A server process of its own; it has ended when the block ends.

    ``env`` replaces the environment; by default it is this process's.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "lsp",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=2**26,
        env=env,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    client = Client(StreamWire(process.stdout, process.stdin))
    client.process = process
    client.watch_errors(process.stderr)
    try:
        yield client
    finally:
        try:
            await client.close()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
