"""The editor's half of LSP over stdio, as far as asking for completions needs it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError

ENDED = "the language server has ended: `python -m lsp` in a terminal may say why"


class ServerFailed(AssistantError):
    """The language server ended, or refused."""


class Editor:
    """Requests and notifications to one server process; any number of requests at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._next = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reading = asyncio.create_task(self._read())

    async def request(self, method: str, params: Any = None) -> Any:
        """The result. Raises ServerFailed."""
        if self._reading.done():  # nobody would ever resolve the answer
            raise ServerFailed(ENDED)
        self._next += 1
        answer = asyncio.get_running_loop().create_future()
        self._waiting[self._next] = answer
        self._write({"id": self._next, "method": method, "params": params})
        return await answer

    def notify(self, method: str, params: Any = None) -> None:
        self._write({"method": method, "params": params})

    async def initialize(self, folders: list[Path], options: Mapping[str, Any]) -> None:
        await self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": None,
                "capabilities": {
                    "general": {"positionEncodings": ["utf-32"]},
                    "textDocument": {"inlineCompletion": {}},
                    "workspace": {"workspaceFolders": True},
                },
                "initializationOptions": options,
                "workspaceFolders": [{"uri": f.as_uri(), "name": f.name} for f in folders],
            },
        )
        self.notify("initialized", {})

    async def status(self) -> dict[str, Any]:
        return dict(await self.request("assistant/status"))

    async def end(self) -> None:
        """``shutdown``, ``exit``, and the process's end."""
        with contextlib.suppress(ServerFailed, ConnectionError, TimeoutError):
            await asyncio.wait_for(self.request("shutdown"), 30)
            self.notify("exit")
        try:
            await asyncio.wait_for(self.process.wait(), 30)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    def _write(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    async def _read(self) -> None:
        try:
            while (message := await self._message()) is not None:
                if "method" in message:
                    if "id" in message:
                        self._write({"id": message["id"], "result": None})
                    continue
                answer = self._waiting.pop(message["id"], None)
                if answer is None or answer.done():
                    continue
                if "error" in message:
                    answer.set_exception(ServerFailed(message["error"]["message"]))
                else:
                    answer.set_result(message["result"])
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(ServerFailed(ENDED))

    async def _message(self) -> dict[str, Any] | None:
        assert self.process.stdout is not None
        length = 0
        while line := await self.process.stdout.readline():
            if line == b"\r\n":
                return dict(json.loads(await self.process.stdout.readexactly(length)))
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return None


@asynccontextmanager
async def server(environment: Mapping[str, str] | None = None) -> AsyncIterator[Editor]:
    """A language server process of its own; it has ended when the block ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "lsp"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=None if environment is None else dict(environment),
        limit=2**26,
    )
    editor = Editor(process)
    try:
        yield editor
    finally:
        await editor.end()
