from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from assistant.context import Repository
from assistant.context.store import index_file
from assistant.context.watch import _with_new_folders, watch

Write = Callable[..., Path]


@asynccontextmanager
async def watching(repository: Repository, root: Path) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(watch(repository, stop))
    try:
        await until_seen(repository, root, "probe")
        yield
    finally:
        stop.set()
        await task


async def until_seen(repository: Repository, root: Path, name: str) -> None:
    """The watcher is up when it has seen a first change, in a file of that name."""
    for attempt in count():
        (root / f"{name}.py").write_text(f"def {name}_{attempt}(): pass\n")
        await asyncio.sleep(0.1)
        if any(repository.defines(f"{name}_{n}") for n in range(attempt + 1)):
            return


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.02)


async def test_follows_the_disk(write: Write, repository: Repository) -> None:
    root = write({"a.py": "def f(): pass\n", "p/b.py": "def g(): pass\n"})
    repository.refresh()
    async with asyncio.timeout(60), watching(repository, root):
        write({"a.py": "def f2(): pass\n", "new/c.py": "def h(): pass\n"})
        await until(lambda: repository.defines("f2") and repository.defines("h"))
        assert not repository.defines("f")
        shutil.rmtree(root / "p")
        await until(lambda: not repository.defines("g"))


async def test_a_changed_ignore_file_means_a_scan(write: Write, repository: Repository) -> None:
    root = write({"a.py": "def f(): pass\n"})
    repository.refresh()
    async with asyncio.timeout(60), watching(repository, root):
        write({".gitignore": "a.py\n"})
        await until(lambda: not repository.defines("f"))


async def test_a_lost_index_means_a_scan(write: Write, repository: Repository) -> None:
    root = write({"a.py": "def f(): pass\n"})
    repository.refresh()
    async with asyncio.timeout(60), watching(repository, root):
        for path in index_file(root).parent.iterdir():
            path.unlink()
        write({"b.py": "def g(): pass\n"})
        await until(lambda: repository.defines("g") and repository.defines("f"))


async def test_a_root_that_vanishes_is_waited_for(write: Write, repository: Repository) -> None:
    root = write({"a.py": "def f(): pass\n"})
    repository.refresh()
    async with asyncio.timeout(60), watching(repository, root):
        shutil.rmtree(root)
        await until(lambda: not repository.defines("f"))
        write({"b.py": "def g(): pass\n"})
        await until_seen(repository, root, "again")
        await until(lambda: repository.defines("g"))


def test_a_new_folder_brings_its_files(write: Write) -> None:
    root = write({".gitignore": "out/\n", "new/deep/a.py": "", "out/b.py": "", "c.py": ""})
    paths = [root / "new", root / "out", root / "c.py"]
    assert _with_new_folders(root, paths) == [*paths, root / "new" / "deep" / "a.py"]
