"""tabby-agent 1.5.0, a real client of Tabby's API: fetched from npm once, run as it is.

It is both a language server (``--lsp``) and, without that, what Tabby's plug-ins for editors
talk to: a JSON array a line, ``[id, {"func": …, "args": […]}]`` and ``[id, result]``.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from lsp_client import Client, StreamWire

VERSION = "1.5.0"
SECONDS = 30.0


def fetched() -> Path:
    """Its command, in the user's cache folder. Raises RuntimeError with what to do."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "assistant-editors" / f"tabby-agent-{VERSION}"
    command = Path("node_modules") / "tabby-agent" / "dist" / "cli.js"
    if (folder / command).is_file():
        return folder / command
    if not shutil.which("node") or not shutil.which("npm"):
        raise RuntimeError("tabby-agent needs node and npm: install Node.js")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        # No package's script is run: tabby-agent needs none.
        npm = ["npm", "install", "--prefix", name, "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(
            [*npm, f"tabby-agent@{VERSION}"], capture_output=True, text=True, check=False
        )
        if not (Path(name) / command).is_file():
            raise RuntimeError(f"tabby-agent could not be fetched: {done.stderr.strip()[-300:]}")
        made = folder.with_suffix(".part")
        shutil.rmtree(made, ignore_errors=True)
        shutil.copytree(name, made, symlinks=True)
    if not folder.exists():
        made.rename(folder)
    return folder / command


def configured(home: Path, endpoint: str, token: str = "", **headers: str) -> dict[str, str]:
    """The environment of a user whose ``config.toml`` names this server."""
    folder = home / ".tabby-client" / "agent"
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        *("[server]", f"endpoint = {json.dumps(endpoint)}", f"token = {json.dumps(token)}"),
        "[server.requestHeaders]",
        *(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in headers.items()),
        *("[anonymousUsageTracking]", "disable = true"),
    ]
    (folder / "config.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


async def _start(command: Path, env: Mapping[str, str], *arguments: str) -> Any:
    return await asyncio.create_subprocess_exec(
        *("node", str(command), *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=2**24,
        env=dict(env),
    )


@asynccontextmanager
async def language_server(command: Path, env: Mapping[str, str]) -> AsyncIterator[Client]:
    """``tabby-agent --lsp --stdio``; it has ended when the block ends."""
    process = await _start(command, env, "--lsp", "--stdio")
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


class Agent:
    """What a plug-in holds: calls by name, one event loop."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.events: list[dict[str, Any]] = []
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reading = asyncio.create_task(self._read())

    def call(self, function: str, *arguments: Any) -> asyncio.Future[Any]:
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        line = json.dumps([number, {"func": function, "args": arguments}])
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        return answer

    async def ask(self, function: str, *arguments: Any) -> Any:
        async with asyncio.timeout(SECONDS):
            return await self.call(function, *arguments)

    async def close(self) -> None:
        self._reading.cancel()
        self.process.kill()
        await self.process.wait()

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            number, result = json.loads(line)
            if number == 0:
                self.events.append(result)
            elif not (answer := self._waiting.pop(number)).done():
                answer.set_result(result)


@asynccontextmanager
async def agent(command: Path, env: Mapping[str, str]) -> AsyncIterator[Agent]:
    """The agent as a plug-in starts it."""
    started = Agent(await _start(command, env))
    try:
        yield started
    finally:
        await started.close()
