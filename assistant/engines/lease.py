"""A client's hold on an engine: it runs at least as long as somebody holds a lease.

    lease = await acquire(settings, on_progress=print)
    client = EngineClient(lease.endpoint)
    …
    await lease.close()

The first client starts a supervisor (:mod:`assistant.engines.supervisor`), the others find
it. A lease is an open connection, so a client that is killed gives it back as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from assistant import paths
from assistant.engines import rendezvous
from assistant.engines.protocol import Endpoint, Progress
from assistant.errors import EngineUnavailable
from assistant.settings import Settings

OnProgress = Callable[[Progress], None]
CONNECT_SECONDS = 60.0
"""From starting a supervisor to its socket; it only has to import itself."""
ATTEMPTS = 3


class Lease:
    """Held until :meth:`close`. ``endpoint`` is the engine's, and stays over restarts."""

    def __init__(
        self,
        endpoint: Endpoint,
        reader: asyncio.StreamReader | None = None,
        writer: asyncio.StreamWriter | None = None,
    ) -> None:
        self.endpoint = endpoint
        self._reader = reader
        self._writer = writer
        self._closed = asyncio.Event()

    async def events(self) -> AsyncIterator[Progress]:
        """What happens to the engine from now on: ``restart``, ``start``, ``ready``, ``failed``.

        Ends when the engine has gone or the lease is closed; for an engine that this project
        did not start nothing is ever seen, and it ends with the lease.
        """
        if self._reader is None:
            await self._closed.wait()
            return
        while line := await _line(self._reader):
            if "endpoint" in line:
                self.endpoint = decode(line["endpoint"])
            elif "progress" in line:
                yield Progress(**line["progress"])

    async def restart(self) -> None:
        """Have the engine ended and started again, for every client; see :meth:`events`."""
        await self._send(b"restart\n")

    async def stop(self) -> None:
        """End the engine, whoever else uses it."""
        await self._send(b"stop\n")

    async def _send(self, command: bytes) -> None:
        if self._writer is not None:
            with contextlib.suppress(ConnectionError):
                self._writer.write(command)
                await self._writer.drain()

    async def close(self) -> None:
        """Give it back; safe to call again."""
        self._closed.set()
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()

    async def __aenter__(self) -> Lease:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def acquire(
    settings: Settings, *, start: bool = True, on_progress: OnProgress | None = None
) -> Lease:
    """A lease on the engine of these settings, once it is ready.

    With ``engine.url`` nothing is started: the server must answer now. Else a running
    engine of the same settings is shared, or with ``start`` one is started, which may take
    minutes and is reported to ``on_progress``; cancelling gives up the wait and the lease.
    Raises EngineUnavailable with one line on why there is none.
    """
    report = on_progress or (lambda _: None)
    if settings.engine.url:
        from assistant.engines.remote import remote_endpoint

        return Lease(await remote_endpoint(settings))
    key = rendezvous.key(settings)
    for _ in range(ATTEMPTS):
        connection = await _connection(settings, key, start)
        reader, writer = await asyncio.open_unix_connection(sock=connection)
        try:
            endpoint = await _ready(reader, report)
        except BaseException:
            writer.close()
            raise
        if endpoint is not None:
            return Lease(endpoint, reader, writer)
        # It was about to end just as we came: the next one is ours.
        writer.close()
    log = rendezvous.log_path(key)
    log = log if log.exists() else _supervisor_log(key)
    raise EngineUnavailable(f"the engine ended while it started: see {log}")


async def _ready(reader: asyncio.StreamReader, report: OnProgress) -> Endpoint | None:
    """The endpoint, once it is there; None when the supervisor has gone without a word."""
    while line := await _line(reader):
        if "endpoint" in line:
            return decode(line["endpoint"])
        progress = Progress(**line["progress"])
        if progress.stage == "failed":
            raise EngineUnavailable(progress.detail)
        report(progress)
    return None


async def _connection(settings: Settings, key: str, start: bool) -> Any:
    found = await asyncio.to_thread(rendezvous.connect, key)
    if found is not None:
        return found
    if not start:
        raise EngineUnavailable("no engine runs: start one with `assistant serve`")
    # Asked here as well, so that a machine without any gets its answer at once.
    from assistant.engines.backends import choose

    choose(settings.engine)
    process = await asyncio.to_thread(_spawn, settings, key)
    deadline = asyncio.get_running_loop().time() + CONNECT_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        found = await asyncio.to_thread(rendezvous.connect, key)
        if found is not None:
            return found
        status = process.poll()
        if status:
            raise EngineUnavailable(_last_words(key) or f"the supervisor ended with {status}")
        await asyncio.sleep(0.03)
    raise EngineUnavailable(f"the supervisor does not answer: see {_supervisor_log(key)}")


def _spawn(settings: Settings, key: str) -> subprocess.Popen[bytes]:
    """A supervisor that belongs to nobody: it outlives this process while others use it."""
    environment = {**os.environ, "ASSISTANT_HANDOVER": settings.model_dump_json()}
    with _supervisor_log(key).open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "assistant.engines.supervisor"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            cwd=paths.folder("run"),
            start_new_session=True,
        )


def _supervisor_log(key: str) -> Path:
    return paths.folder("log") / f"supervisor-{key}.log"


def _last_words(key: str) -> str:
    with contextlib.suppress(OSError):
        lines = _supervisor_log(key).read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1] if lines else ""
    return ""


async def _line(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next message; empty at the end."""
    try:
        line = await reader.readline()
    except (ConnectionError, ValueError):
        return {}
    return json.loads(line) if line.endswith(b"\n") else {}


def decode(values: dict[str, Any]) -> Endpoint:
    """What the supervisor's JSON says."""
    tokenizer = values["tokenizer"]
    return Endpoint(**{**values, "tokenizer": Path(tokenizer) if tokenizer else None})
