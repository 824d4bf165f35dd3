"""Indexing in a process of its own, so that a language server goes on answering.

    python -m assistant.context.indexer ROOT [SETTINGS-JSON]

prints JSON lines: ``{"done": n, "todo": n}`` while it works, then ``{"report": {…}}``, or
``{"error": "…"}`` and exit status 1. It leaves when its standard input closes: a parent
that was killed leaves no indexer behind.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from assistant.context.indexing import IndexReport
from assistant.errors import AssistantError, RepositoryIndexError
from assistant.settings import ContextSettings

_LONGEST_LINE = 64 * 1024 * 1024


async def refresh_in_background(
    root: Path,
    settings: ContextSettings,
    on_progress: Callable[[int, int], None] | None = None,
) -> IndexReport:
    """:meth:`Repository.refresh` in a child process. Cancelling it ends the child.

    ``on_progress`` is told (files done, files to do) in the event loop. Raises
    RepositoryIndexError as refresh does, and when the child dies.
    """
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "assistant.context.indexer"),
        *(str(root), settings.model_dump_json()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=_LONGEST_LINE,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    try:
        async for line in child.stdout:
            message: dict[str, Any] = json.loads(line)
            if "report" in message:
                await child.wait()
                return IndexReport(**message["report"])
            if "error" in message:
                raise RepositoryIndexError(message["error"])
            if on_progress:
                on_progress(message["done"], message["todo"])
        status = await child.wait()
        raise RepositoryIndexError(f"the indexer of {root} ended with status {status}")
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
        child.stdin.close()
        with suppress(BrokenPipeError, ConnectionResetError):
            await child.stdin.wait_closed()


def _leave_with_parent() -> None:
    def watch() -> None:
        while os.read(0, 4096):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Index ``arguments[0]`` with the settings in ``arguments[1]``; gives the exit status."""
    from dataclasses import asdict

    from assistant.context.repository import Repository

    if not arguments:
        sys.stderr.write("usage: python -m assistant.context.indexer ROOT [SETTINGS-JSON]\n")
        return 2
    _leave_with_parent()
    try:
        settings = ContextSettings.model_validate_json([*arguments, "{}"][1])
        with Repository.open(Path(arguments[0]), settings) as repository:
            report = repository.refresh(lambda done, todo: _say({"done": done, "todo": todo}))
    except AssistantError as error:
        _say({"error": str(error)})
        return 1
    except ValueError as error:
        _say({"error": f"the settings cannot be read: {error}"})
        return 1
    _say({"report": asdict(report)})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
