from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.context import Repository
from assistant.context.indexer import refresh_in_background
from assistant.context.locking import exclusively
from assistant.context.store import index_file
from assistant.errors import RepositoryIndexError
from assistant.settings import ContextSettings


async def test_indexes_in_a_child(write: Callable[..., Path], repository: Repository) -> None:
    root = write({"a.py": "def f(): pass\n", "b.py": "x" * 300})
    seen: list[tuple[int, int]] = []
    settings = ContextSettings(max_file_bytes=200)
    report = await refresh_in_background(root, settings, lambda *step: seen.append(step))
    assert report.files == 1
    assert report.changed == 1
    assert seen[-1] == (1, 1)
    assert repository.defines("f")


async def test_what_the_child_cannot_do_is_raised(root: Path, home: Path) -> None:
    with pytest.raises(RepositoryIndexError, match="no folder"):
        await refresh_in_background(root / "nowhere", ContextSettings())


@pytest.mark.slow
async def test_cancelling_ends_the_child(
    write: Callable[..., Path], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children: list[asyncio.subprocess.Process] = []
    started = asyncio.Event()
    start = asyncio.create_subprocess_exec

    async def noted(*command: str, **options: Any) -> asyncio.subprocess.Process:
        children.append(await start(*command, **options))
        started.set()
        return children[0]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    root = write({"a.py": ""})
    lock = index_file(root).with_suffix(".lock")
    with exclusively(lock, "test", 0):
        # The child waits for the lock, and would do so for long.
        task = asyncio.create_task(refresh_in_background(root, ContextSettings()))
        await asyncio.wait_for(started.wait(), 30)
        os.kill(children[0].pid, 0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(ProcessLookupError):
            os.kill(children[0].pid, 0)


@pytest.mark.slow
def test_the_child_leaves_with_its_parent(write: Callable[..., Path], home: Path) -> None:
    root = write({"a.py": ""})
    command = [sys.executable, "-m", "assistant.context.indexer", str(root)]
    with (
        exclusively(index_file(root).with_suffix(".lock"), "test", 0),
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child,
    ):
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(30) != 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [([], 2, "usage"), (["ROOT", "{broken"], 1, "settings"), (["/no/where"], 1, "no folder")],
)
def test_misuse(root: Path, home: Path, arguments: list[str], status: int, says: str) -> None:
    arguments = [str(root) if one == "ROOT" else one for one in arguments]
    command = [sys.executable, "-m", "assistant.context.indexer", *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        # Its input stays open meanwhile: it would leave when that closes.
        output, errors = child.stdout.read(), child.stderr.read()
        assert child.wait(30) == status
    assert says in output + errors
    assert "Traceback" not in errors
    assert not output or "error" in json.loads(output.splitlines()[-1])
