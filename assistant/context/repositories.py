"""The indexes of several workspace folders: opened, refreshed in a child process, kept fresh.

For servers: the language server and the gateway.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError, where
from assistant.settings import ContextSettings

if TYPE_CHECKING:
    from assistant.context.repository import Repository

logger = logging.getLogger(__name__)

_PENDING = 1_000
"""File events kept for one folder; more at once mean a checkout, and a refresh is cheaper."""


@dataclass(slots=True)
class _Folder:
    root: Path
    repository: Repository | None = None
    state: str = "opening"
    detail: str = ""
    done: int = 0
    total: int = 0
    files: int = 0
    symbols: int = 0
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    saved: asyncio.Queue[Path] = field(default_factory=lambda: asyncio.Queue(_PENDING))


class Repositories:
    """One index for each workspace folder. Nothing here blocks the event loop.

    ``on_progress`` is given the folder, files done and files in all, and ``None`` in place of
    the two when it has ended.
    """

    def __init__(
        self,
        settings: ContextSettings,
        on_progress: Callable[[Path, int | None, int], None] = lambda root, done, total: None,
    ) -> None:
        self._settings = settings
        self._on_progress = on_progress
        self._folders: dict[Path, _Folder] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def __call__(self, root: Path) -> Repository | None:
        """The index of that folder once it is open; may be called from any thread.

        One that has lost what it held is scanned again meanwhile.
        """
        folder = self._folders.get(root)
        if folder is None or folder.repository is None:
            return None
        if folder.repository.needs_refresh and self._loop is not None:
            self._loop.call_soon_threadsafe(self._restore, folder)
        return folder.repository

    def add(self, root: Path) -> None:
        """Open and refresh the index of ``root`` in the background."""
        if root in self._folders or not self._settings.enabled:
            return
        self._loop = asyncio.get_running_loop()
        folder = self._folders[root] = _Folder(root)
        folder.tasks.append(self._guarded(folder, self._run(folder)))

    async def remove(self, root: Path) -> None:
        folder = self._folders.pop(root, None)
        if folder is None:
            return
        repository, folder.repository = folder.repository, None
        for task in folder.tasks:
            task.cancel()
        await asyncio.gather(*folder.tasks, return_exceptions=True)
        if repository is not None:
            await asyncio.to_thread(repository.close)

    async def close(self) -> None:
        for root in list(self._folders):
            await self.remove(root)

    def touched(self, path: Path) -> None:
        """A file was saved, made or deleted."""
        for folder in self._folders.values():
            if path.is_relative_to(folder.root):
                if folder.saved.full():
                    self.reindex(folder.root)
                    return
                folder.saved.put_nowait(path)

    def reindex(self, root: Path | None = None) -> int:
        """Scan again, one folder or all; returns how many scans were started."""
        started = 0
        for folder in self._folders.values():
            if folder.repository is not None and root in (None, folder.root):
                while not folder.saved.empty():
                    folder.saved.get_nowait()
                folder.state, folder.detail = "indexing", ""
                folder.tasks = [t for t in folder.tasks if not t.done()]
                folder.tasks.append(self._guarded(folder, self._refresh(folder)))
                started += 1
        return started

    def status(self) -> list[dict[str, Any]]:
        return [
            {
                "root": str(f.root),
                "state": f.state,
                "detail": f.detail,
                "done": f.done,
                "total": f.total,
                "files": f.files,
                "symbols": f.symbols,
            }
            for f in self._folders.values()
        ]

    def _guarded(self, folder: _Folder, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        async def run() -> None:
            try:
                await work
            except (AssistantError, OSError) as error:
                self._failed(folder, str(error))
            except Exception as error:  # noqa: BLE001 - completion goes on without an index
                self._failed(folder, f"the index could not be used: {where(error)}")

        return asyncio.create_task(run())

    async def _run(self, folder: _Folder) -> None:
        from assistant.context.repository import Repository

        folder.repository = await asyncio.to_thread(Repository.open, folder.root, self._settings)
        await self._refresh(folder)
        if self._settings.watch:
            folder.tasks.append(self._guarded(folder, self._watch(folder)))
        while True:
            await self._update(folder, await folder.saved.get())

    async def _refresh(self, folder: _Folder) -> None:
        from assistant.context.indexer import refresh_in_background

        def progress(done: int, total: int) -> None:
            folder.done, folder.total = done, total
            self._on_progress(folder.root, done, total)

        folder.state, folder.detail = "indexing", ""
        try:
            if folder.repository is not None:
                await asyncio.to_thread(folder.repository.mend)
            report = await refresh_in_background(folder.root, self._settings, progress)
            folder.state = "ready"
            folder.files, folder.symbols = report.files, report.symbols
            logger.info("indexed %d files in %.1f s", report.files, report.seconds)
        finally:
            self._on_progress(folder.root, None, 0)

    async def _watch(self, folder: _Folder) -> None:
        from assistant.context.watch import watch

        if folder.repository is None:
            return

        def rescan() -> None:
            self.reindex(folder.root)

        await watch(folder.repository, on_rescan=rescan)

    async def _update(self, folder: _Folder, path: Path) -> None:
        if folder.repository is None:
            return
        try:
            await asyncio.to_thread(folder.repository.update, path)
        except (AssistantError, OSError) as error:
            logger.warning("a changed file was not indexed: %s", error)
        self._restore(folder)

    def _restore(self, folder: _Folder) -> None:
        """Scan again when the index has lost what it held, unless a scan runs."""
        lost = folder.repository is not None and folder.repository.needs_refresh
        if lost and folder.state != "indexing":
            self.reindex(folder.root)

    def _failed(self, folder: _Folder, why: str) -> None:
        folder.state, folder.detail = "failed", why
        logger.warning("no index: %s", why)
