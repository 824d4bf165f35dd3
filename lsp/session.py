"""What one client's connection holds: settings, buffers, folders, engine, suggestions."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from assistant.completion.completer import Completer
from assistant.completion.debounce import Debounce
from assistant.completion.reuse import SuggestionCache
from assistant.completion.suggester import Counters, Suggester
from assistant.context.repositories import Repositories
from assistant.engines.link import EngineLink
from assistant.errors import AssistantError, EngineUnavailable, where
from assistant.settings import Settings
from assistant.types import Completion, CompletionRequest, Surroundings
from lsp import options
from lsp.documents import Buffer, Documents
from lsp.log import set_level
from lsp.progress import WorkDone

if TYPE_CHECKING:
    from assistant.engines.protocol import Endpoint, Progress
    from lsp.server import AssistantServer

logger = logging.getLogger(__name__)

MOST_LINE = 20_000
"""Characters on the cursor's line; longer ones are minified or data."""
_LOOK_FOR_NUL = 8_192
_TELL_AGAIN = 600.0
"""Seconds after which the same message may be shown again."""


@dataclass(slots=True)
class Acceptance:
    """What became of the suggestions; characters count code points."""

    shown: int = 0
    accepted: int = 0
    partially_accepted: int = 0
    rejected: int = 0
    accepted_characters: int = 0


class Session:
    """Made when the client connects, started by ``initialized``, closed with the connection."""

    def __init__(self, server: AssistantServer) -> None:
        self.server = server
        self.documents = Documents()
        self.folders: list[Path] = []
        self.settings = Settings()
        self.counters = Counters()
        self.acceptance = Acceptance()
        self.running: set[asyncio.Task[Any]] = set()
        """Commands and chats that somebody waits for."""
        self.chats: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """By conversation: one message is answered after the other."""
        self.diagnostics: dict[str, tuple[int, str]] = {}
        """By URI, what the client sent last, and the version of the document that it is about."""
        self.engine = EngineLink(self._endpoint, self._engine_progress, self._engine_failed)
        self.repositories = Repositories(self.settings.context, self._index_progress)
        self._layers: dict[str, Any] = {"command line": server.overrides}
        self._told: dict[str, float] = {}
        self._last_shown = ""
        self._failures: dict[Path, dict[str, str]] = {}
        self._faults: list[str] = []
        self._started = False
        self._configuring = asyncio.Lock()
        self._work: dict[str, WorkDone] = {}
        self._completer: Completer | None = None
        self._suggester: Suggester | None = None
        self._endpoint_now: Endpoint | None = None

    # Settings

    def layer(self, name: str, values: Any) -> None:
        """Settings from ``name`` (``initializationOptions``, ``client``), over the earlier."""
        self._layers[name] = values

    async def configure(self) -> None:
        """Put the settings in force; every fault in them is said in one message."""
        async with self._configuring:
            await self._configure()

    async def _configure(self) -> None:
        order = ("initializationOptions", "client", "command line")
        settings, faults = options.read(*(self._layers.get(name) for name in order))
        if faults and faults != self._faults:
            self.server.show("assistant settings: " + "; ".join(faults))
        self._faults = faults
        set_level(settings.log_level)
        if settings.plugins:
            from assistant.registry import add_plugins

            add_plugins(settings.plugins)
        old, self.settings = self.settings, settings
        if not self._started:
            return
        if old != settings or self._suggester is None:
            await self._rebuild()
        if old.context != settings.context or old.plugins != settings.plugins:
            await self.repositories.close()
            self.repositories = Repositories(settings.context, self._index_progress)
            await self._rebuild()
            for folder in self.folders:
                self.repositories.add(folder)
        if (old.engine, old.lsp.start_engine) != (settings.engine, settings.lsp.start_engine):
            await self.engine.stop()
            self._told.clear()
            self.engine.start(settings)

    async def start(self) -> None:
        """Begin to get the engine and the indexes; nothing here waits for either."""
        self._started = True
        self.repositories = Repositories(self.settings.context, self._index_progress)
        await self._rebuild()
        for folder in self.folders:
            self.repositories.add(folder)
        self.engine.start(self.settings)

    async def close(self) -> None:
        self._started = False
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)
        for step in (self._drop_suggester, self.engine.stop, self.repositories.close):
            with contextlib.suppress(AssistantError, OSError):
                await step()

    # Folders

    def add_folder(self, folder: Path) -> None:
        if folder not in self.folders:
            self.folders.append(folder)
            if self._started:
                self.repositories.add(folder)

    async def remove_folder(self, folder: Path) -> None:
        if folder in self.folders:
            self.folders.remove(folder)
            await self.repositories.remove(folder)

    def root_of(self, path: Path) -> Path | None:
        """The workspace folder that holds ``path``, the innermost of several."""
        holding = [f for f in self.folders if path.is_relative_to(f)]
        return max(holding, key=lambda f: len(f.parts), default=None)

    # Documents

    def changed(self, buffer: Buffer, start: int, end: int) -> None:
        """``start:end`` of ``buffer`` is new text."""
        self.documents.changed(buffer, start, end)
        if self._suggester is not None:
            self._suggester.changed(buffer.document(), end)

    def closed(self, buffer: Buffer) -> None:
        self._failures.pop(buffer.path, None)
        self.diagnostics.pop(buffer.uri, None)
        if self._suggester is not None:
            self._suggester.closed(buffer.path)

    def readable(self, buffer: Buffer) -> bool:
        """Whether it holds text, and not too much of it."""
        return not buffer.oversized and "\0" not in buffer.text[:_LOOK_FOR_NUL]

    # Suggestions

    def request(
        self,
        buffer: Buffer,
        offset: int,
        automatic: bool,
        selected: tuple[int, str] | None = None,
    ) -> CompletionRequest | None:
        """What is asked at ``offset``; None where completing code makes no sense."""
        if not self.readable(buffer):
            return None
        start, end = buffer.line_bounds(buffer.line_of(offset))
        if end - start > MOST_LINE:
            return None
        return CompletionRequest(
            document=buffer.document(),
            offset=offset,
            root=self.root_of(buffer.path) if buffer.in_file else None,
            surroundings=Surroundings(self.documents.others(buffer), self.documents.edits()),
            selected=selected,
            automatic=automatic,
        )

    async def suggest(self, request: CompletionRequest) -> tuple[str, Completion] | None:
        """The suggestion's id and text; None when there is nothing, whatever the reason."""
        path = request.document.path
        if self._suggester is None or self.engine.endpoint is None:
            self.engine.nudge()
            self._failed(path, EngineUnavailable.__name__, self.engine.detail or "no engine yet")
            return None
        try:
            found = await self._suggester.suggest(request)
        except AssistantError as error:
            self._failed(path, type(error).__name__, str(error))
            self.tell_once(str(error))
            return None
        except Exception as error:  # noqa: BLE001 - an editor must not see a bug as a popup
            self._failed(path, type(error).__name__, f"completion failed: {where(error)}")
            logger.error("completion failed: %s", where(error))
            return None
        self._failures.pop(path, None)
        if found is not None:
            # The same suggestion, typed through, is shown once.
            self.acceptance.shown += found[0] != self._last_shown
            self._last_shown = found[0]
        return found

    def failures(self) -> dict[str, dict[str, str]]:
        """By URI, why an open document's last request failed: ``error`` (a class) and
        ``message``. An answer, empty or not, takes it away."""
        found = ((buffer.uri, self._failures.get(buffer.path)) for buffer in self.documents)
        return {uri: failure for uri, failure in found if failure is not None}

    def _failed(self, path: Path, error: str, message: str) -> None:
        if any(buffer.path == path for buffer in self.documents):
            self._failures[path] = {"error": error, "message": message}

    def accepted(self, identifier: str) -> bool:
        suggestion = self._suggester.cache.get(identifier) if self._suggester else None
        if self._suggester is None or suggestion is None:
            return False
        self.acceptance.accepted += 1
        self.acceptance.accepted_characters += len(suggestion.completion.text)
        return True

    def partially_accepted(self, identifier: str, length: int) -> bool:
        """``length`` counts UTF-16 units from the start of the suggestion's text."""
        suggestion = self._suggester.cache.get(identifier) if self._suggester else None
        if self._suggester is None or suggestion is None:
            return False
        self._suggester.cache.keep(identifier)
        self.acceptance.partially_accepted += 1
        units = suggestion.completion.text.encode("utf-16-le", "surrogatepass")
        taken = units[: 2 * max(length, 0)].decode("utf-16-le", "ignore")
        self.acceptance.accepted_characters += len(taken)
        return True

    def rejected(self, identifier: str) -> bool:
        if self._suggester is None or self._suggester.cache.get(identifier) is None:
            return False
        self._suggester.cache.forget(identifier)
        self.acceptance.rejected += 1
        return True

    def tell_once(self, message: str) -> None:
        """Show ``message``, unless the user has read it lately."""
        logger.warning("%s", message)
        now = time.monotonic()
        if now - self._told.get(message, -_TELL_AGAIN) >= _TELL_AGAIN:
            self._told[message] = now
            self.server.show(message)

    def forgive(self) -> None:
        """Let a failure that was shown be shown again: the user asked for another try."""
        self._told.clear()

    # Inside

    async def _rebuild(self) -> None:
        await self._drop_suggester()
        settings = self.settings
        self._completer = Completer(settings, self.repositories)
        self._completer.connect(self._endpoint_now)
        debounce = Debounce(
            settings.lsp.debounce_min_ms / 1000, settings.lsp.debounce_max_ms / 1000
        )
        cache = SuggestionCache(settings.lsp.cache_size)
        self._suggester = Suggester(self._completer, cache, debounce, self.counters)

    async def _drop_suggester(self) -> None:
        suggester, self._suggester = self._suggester, None
        completer, self._completer = self._completer, None
        if suggester is not None:
            await suggester.close()
        if completer is not None:
            await completer.close()

    def _endpoint(self, endpoint: Endpoint | None) -> None:
        changed = endpoint is not None and endpoint != self._endpoint_now
        self._endpoint_now = endpoint
        if self._completer is not None:
            self._completer.connect(endpoint)
        if endpoint is not None:
            self._told.clear()
            self._end_work("engine", "ready")
            if changed and self._suggester is not None:
                # Another model's suggestions are not this one's.
                self._suggester.cache = SuggestionCache(self.settings.lsp.cache_size)

    def _engine_progress(self, progress: Progress) -> None:
        if progress.stage in ("ready", "failed"):
            self._end_work("engine", progress.detail)
        else:
            work = self._work.setdefault("engine", WorkDone(self.server, "Assistant: engine"))
            work.report(f"{progress.stage}: {progress.detail}", progress.fraction)

    def _engine_failed(self, why: str) -> None:
        self._end_work("engine", "failed")
        self.tell_once(f"No code completion: {why}")

    def _index_progress(self, root: Path, done: int | None, total: int) -> None:
        if done is None:
            self._end_work(str(root), "")
        else:
            work = self._work.setdefault(
                str(root), WorkDone(self.server, f"Assistant: indexing {root.name}")
            )
            work.report(f"{done}/{total} files", done / total if total else None)

    def _end_work(self, key: str, message: str) -> None:
        work = self._work.pop(key, None)
        if work is not None:
            work.end(message)
