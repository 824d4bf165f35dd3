"""What one command needs to complete code: the index, an engine, and a completer on both."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.cli.output import err
from assistant.errors import AssistantError, UsageError
from assistant.types import Completion, CompletionRequest, Document, Position

if TYPE_CHECKING:
    from assistant.completion.completer import Completer
    from assistant.context.repository import Repository
    from assistant.engines.protocol import Progress
    from assistant.settings import Settings

MAX_BYTES = 10_000_000
TIMEOUT = 300.0
"""Seconds for one completion of a command."""


@dataclass(frozen=True, slots=True)
class OneShot:
    """An indexed workspace folder (None without context) and a connected completer."""

    completer: Completer
    repository: Repository | None
    cached: Callable[[], Any]


def read_document(file: Path, unsaved: str) -> Document:
    """The document of ``file``; with ``unsaved`` ``"-"`` its text comes from stdin, else from
    the file that ``unsaved`` names.

    Bytes that are no UTF-8 become U+FFFD, as in the index. Raises UsageError for files that
    are not text or cannot be read.
    """
    from assistant import syntax
    from assistant.context.reading import decode

    if unsaved == "-":
        data = sys.stdin.buffer.read()
    else:
        source = Path(unsaved) if unsaved else file
        try:
            data = source.read_bytes()
        except OSError as error:
            raise UsageError(f"{source}: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"{file} is larger than {MAX_BYTES // 1_000_000} MB: nothing is completed")
    if b"\0" in data[:8192]:
        raise UsageError(f"{file} is not a text file")
    text = decode(data)
    language = syntax.of_document(file, text)
    return Document(file, text, language.name if language else "")


def request_at(
    file: Path, line: int, character: int, unsaved: str, root: Path | None
) -> tuple[CompletionRequest, Path]:
    """The request that a command's options name, and the workspace folder.

    ``line`` and ``character`` are 0-based, in UTF-16 units, and clamped to the text.
    """
    from assistant.cli.options import existing_file, existing_folder
    from assistant.context.roots import find_root
    from assistant.positions import offset_at

    path = file.resolve() if unsaved else existing_file(file)
    folder = existing_folder(root) if root else find_root(path)
    document = read_document(path, unsaved)
    offset = offset_at(document.text, Position(line, character))
    return CompletionRequest(document, offset, folder, automatic=False), folder


@asynccontextmanager
async def session(settings: Settings, root: Path) -> AsyncIterator[OneShot]:
    """Index ``root``, find or start an engine, and connect a completer to both.

    A repository that cannot be indexed costs the context, with a note on stderr, not the
    completion.
    """
    from assistant.completion.completer import Completer
    from assistant.engines.client import EngineClient
    from assistant.engines.lease import acquire

    repository = await asyncio.to_thread(indexed, settings, root)
    try:
        with err().status("engine") as status:
            lease = await acquire(settings, on_progress=lambda p: status.update(_say(p)))
        # Whoever runs a command waits for its answer, unlike somebody who types.
        patient = settings.completion.model_copy(update={"timeout": TIMEOUT})
        completer = Completer(
            settings.model_copy(update={"completion": patient}), lambda _: repository
        )
        probe = EngineClient(lease.endpoint)
        try:
            completer.connect(lease.endpoint)
            yield OneShot(completer, repository, probe.prefix_cache_hits)
        finally:
            await probe.close()
            await completer.close()
            await lease.close()
    finally:
        if repository is not None:
            repository.close()


def indexed(settings: Settings, root: Path) -> Repository | None:
    """The refreshed index of ``root``; None, with a note, where it cannot be had."""
    from assistant.context.repository import Repository

    if not settings.context.enabled:
        return None
    try:
        repository = Repository.open(root, settings.context)
        with err().status(f"indexing {root}"):
            repository.refresh()
    except AssistantError as error:
        err().print(f"no repository context: {error}", markup=False)
        return None
    return repository


async def complete(one: OneShot, request: CompletionRequest) -> Completion:
    """One completion, with the tokens that the engine had cached.

    A stream that is left early never hears of them, so they are read off the engine's own
    counters; with other users on the same engine they are an upper bound.
    """
    from dataclasses import replace

    before = await one.cached()
    answer = await one.completer.complete(request)
    if answer.cached_tokens or before is None:
        return answer
    after = await one.cached()
    return replace(answer, cached_tokens=min(after - before, answer.prompt_tokens))


def _say(progress: Progress) -> str:
    share = "" if progress.fraction is None else f" {progress.fraction:.0%}"
    return f"engine: {progress.stage}{share} {progress.detail}".strip()
