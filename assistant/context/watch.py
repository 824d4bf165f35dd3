"""Following what changes on the disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from itertools import islice
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

from assistant.context.ignore import FILES, FOLDERS
from assistant.context.repository import Repository
from assistant.context.roots import too_wide
from assistant.context.walk import is_watched
from assistant.errors import AssistantError
from assistant.syntax import of_path

log = logging.getLogger(__name__)

# More changes at once than this are a checkout or a build: one scan is cheaper.
_MANY = 500


class _Interesting(DefaultFilter):
    """Files that may be indexed, ignore files, folders (their files may be gone), and the
    end of the root."""

    ignore_dirs = tuple(FOLDERS)

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.end = (Change.deleted, str(root))

    def __call__(self, change: Change, path: str) -> bool:
        if path == self.end[1]:
            return change is Change.deleted
        if not super().__call__(change, path):
            return False
        name = Path(path).name
        return (
            name in FILES
            or of_path(name) is not None
            or "." not in name
            or (change is Change.deleted and not Path(name).suffix)
        )


async def watch(
    repository: Repository,
    stop: asyncio.Event | None = None,
    on_rescan: Callable[[], None] | None = None,
) -> None:
    """Feed changes under the root to ``repository`` until ``stop`` is set or cancelled.

    ``on_rescan`` is called when single updates will not do (an ignore file changed, very
    many files at once, or the index has lost what it held): whoever calls should refresh.
    Without it, this refreshes itself, in a thread. A root that vanishes is waited for, one
    that is too wide for a workspace is not watched.
    """
    stop = stop or asyncio.Event()
    interesting = _Interesting(repository.root)
    anew = False
    while not stop.is_set():
        if not repository.root.is_dir() or too_wide(repository.root):
            await _pause(stop, 1.0)
            continue
        try:
            identity = _identity(repository.root)
            found = awatch(
                repository.root,
                watch_filter=interesting,
                stop_event=stop,
                debounce=400,
                step=50,
                recursive=True,
                ignore_permission_denied=True,
                yield_on_timeout=True,
            )
            async with aclosing(found):
                async for changes in found:
                    if anew:
                        # What was written before it was watched gave no event.
                        await _rescan(repository, on_rescan)
                    paths = [Path(path) for _, path in changes]
                    paths = await asyncio.to_thread(_with_new_folders, repository.root, paths)
                    await _take_in(repository, paths, on_rescan)
                    # The system watches the folder, not its name: another one of that name
                    # is not watched. It may even have the number of the old one.
                    anew = interesting.end in changes or _identity(repository.root) != identity
                    if anew:
                        break
        except (OSError, RuntimeError) as error:
            # Too many watches, or the root went away; saves in the editor still arrive.
            log.warning("watching %s paused: %s", repository.root, error)
            anew = True
            await _pause(stop, 5.0)


def _identity(root: Path) -> tuple[int, int] | None:
    try:
        stat = root.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def _with_new_folders(root: Path, paths: list[Path]) -> list[Path]:
    """``paths``, and what lies in the folders among them: files that were written into a new
    folder before the system watched it give no event of their own."""
    found = dict.fromkeys(paths)
    for folder in paths:
        if folder.is_dir() and not folder.is_symlink() and is_watched(root, folder / "x"):
            inside = (path for path in folder.rglob("*") if path.is_file())
            found.update(dict.fromkeys(islice(inside, _MANY + 1)))
    return list(found)


async def _take_in(
    repository: Repository, paths: list[Path], on_rescan: Callable[[], None] | None
) -> None:
    if len(paths) <= _MANY and not any(path.name in FILES for path in paths):
        for path in sorted(set(paths)):
            await _tolerant(repository.update, path)
        if not repository.needs_refresh:
            return
    await _rescan(repository, on_rescan)


async def _rescan(repository: Repository, on_rescan: Callable[[], None] | None) -> None:
    if on_rescan:
        on_rescan()
    else:
        await _tolerant(repository.refresh)


async def _tolerant(action: Callable[..., object], *arguments: object) -> None:
    try:
        await asyncio.to_thread(action, *arguments)
    except AssistantError as error:
        log.warning("%s", error)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
