"""One run of a model server: started under the guard, waited for, warmed up, ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

from assistant.engines.out_of_memory import out_of_memory
from assistant.engines.protocol import Endpoint, Launch
from assistant.engines.server_log import milestone, tail
from assistant.errors import EngineError

POLL_SECONDS = 0.05
MOST_POLL_SECONDS = 0.5


class ServerDied(Exception):
    """The process ended; the message is one line on why."""


async def guarded(
    command: Sequence[str],
    environment: Mapping[str, str],
    stdout: int | IO[bytes] | None,
    stderr: int | IO[bytes] | None,
) -> asyncio.subprocess.Process:
    """``command`` under the guard: it dies with this process."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "assistant.engines.guard", *command),
        stdin=asyncio.subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        env={**os.environ, **environment},
        start_new_session=True,
    )


async def end(process: asyncio.subprocess.Process) -> None:
    """Stop the only guarded command of this process; returns when nothing of it is left."""
    await stop(process)
    sweep()


async def stop(process: asyncio.subprocess.Process) -> None:
    """Stop one guarded command and its tree; returns when the guard has gone."""
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), 15)
        except TimeoutError:
            process.kill()
            await process.wait()


def sweep() -> None:
    """Kill descendants that a killed guard left; this process has adopted them."""
    for orphan in psutil.Process().children(recursive=True):
        try:
            orphan.kill()
        except psutil.Error:
            continue
    for orphan in psutil.Process().children():
        try:
            orphan.wait(2)
        except (psutil.Error, ChildProcessError):
            continue


async def start(launch: Launch, log: Path, key: str) -> asyncio.subprocess.Process:
    """Start a server; its output goes to ``log``, and the last run's is kept beside it."""
    with _fresh(log) as file:
        return await guarded(
            launch.argv,
            {**launch.env, "ASSISTANT_ENGINE_KEY": key},
            file,
            asyncio.subprocess.STDOUT,
        )


def _fresh(log: Path) -> IO[bytes]:
    if log.exists():
        log.replace(log.with_suffix(".old.log"))
    return log.open("wb")


async def healthy(
    process: asyncio.subprocess.Process,
    url: str,
    log: Path,
    patience: float,
    on_wait: Callable[[str], None],
) -> None:
    """Return when ``url`` ends its start (``/health`` says 200).

    ``on_wait`` is told now and then what the server is doing. Raises ServerDied when the
    process ends or ``patience`` seconds have passed.
    """
    import httpx

    health = url.removesuffix("/v1") + "/health"
    loop = asyncio.get_running_loop()
    began = told = loop.time()
    pause = POLL_SECONDS
    async with httpx.AsyncClient(timeout=2, trust_env=False) as http:
        while True:
            if process.returncode is not None:
                raise ServerDied(why_it_died(process.returncode, log))
            try:
                if (await http.get(health)).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            now = loop.time()
            if now - began > patience:
                raise ServerDied(
                    f"it was not ready after {patience:g} s (engine.start_timeout): see {log}"
                )
            if now - told > 1:
                told = now
                on_wait(f"{milestone(log)}, {now - began:.0f} s")
            await asyncio.sleep(pause)
            pause = min(MOST_POLL_SECONDS, pause * 1.2)


async def warm_up(endpoint: Endpoint) -> None:
    """Ask for a few tokens, once plainly and once under a constraint.

    So that what an engine prepares at its first request (kernels, the grammar's tables for
    the vocabulary) does not fall on the user's first keystroke. Raises EngineError.
    """
    import httpx

    body = {
        "model": endpoint.model,
        "prompt": "def add(a, b):\n    return",
        "max_tokens": 4,
        "temperature": 0,
        "user": "warm-up",
    }
    bodies = [body]
    if endpoint.constraints:
        bodies.append({**body, "structured_outputs": {"regex": r" a[\s\S]*"}})
    async with httpx.AsyncClient(timeout=120, trust_env=False) as http:
        for each in bodies:
            try:
                answer = await http.post(f"{endpoint.url}/completions", json=each)
            except httpx.HTTPError as error:
                raise EngineError(f"no answer to its first request: {error!r}") from error
            if answer.status_code >= 500:
                raise EngineError(f"its first request failed with status {answer.status_code}")


def why_it_died(status: int, log: Path) -> str:
    """One line: the status, the last error that the log holds, and what to do where that was
    about memory."""
    lines = tail(log)
    short, advice = out_of_memory(status, lines)
    errors = [line for line in lines if re.search(r"\b\w*(Error|Exception|error): \S", line)]
    # The first error of a traceback's chain is the cause; the last ones say "engine failed".
    telling = [line for line in errors if "Engine core initialization failed" not in line]
    said = re.sub(
        r"^(\(\w+[^)]*\)\s*)?((ERROR|WARNING|INFO)\s+[\d-]+\s[\d:]+\s\[\S+\]\s*)?",
        "",
        short or (telling or errors or [""])[-1],
    ).strip()[:300]
    how = f"signal {status - 128}" if status > 128 else f"status {status}"
    # A replica's last words are part of its runner's, advice and all.
    parts = (f"it ended with {how}", said, "" if advice in said else advice)
    return f"{': '.join(part for part in parts if part)} (log: {log})"
