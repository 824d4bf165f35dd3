"""The product's own path: index, context, layout, stopping and filters of ``completion/``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant import syntax
from assistant.completion.completer import Completer
from assistant.context.repository import Repository
from assistant.errors import UsageError
from assistant.settings import ContextSettings
from assistant.types import CompletionRequest, Document
from eval.door import PATIENCE, Door, Setting
from eval.types import Answer, ChatAsk, CommandAsk, CompletionAsk

ALONE = Path("/evaluation")
"""Where a file that belongs to no repository is said to lie; nothing is read there."""


class Repositories:
    """The index of each workspace folder, made at the first question about it."""

    def __init__(self, settings: ContextSettings) -> None:
        self._settings = settings
        self._found: dict[Path, Repository] = {}
        self._making: dict[Path, asyncio.Lock] = {}

    def __call__(self, root: Path) -> Repository | None:
        return self._found.get(root)

    async def make(self, root: Path) -> None:
        async with self._making.setdefault(root, asyncio.Lock()):
            if root not in self._found:
                repository = await asyncio.to_thread(Repository.open, root, self._settings)
                self._found[root] = repository
                await asyncio.to_thread(repository.refresh)

    def close(self) -> None:
        for repository in self._found.values():
            repository.close()


class ProductDoor:
    """Asks a :class:`Completer` as an editor would whose only open file is the sample's."""

    def __init__(self, completer: Completer, repositories: Repositories, setting: Setting) -> None:
        self._completer = completer
        self._repositories = repositories
        self._setting = setting
        self._count = 0

    async def complete(self, ask: CompletionAsk) -> Answer:
        if ask.left_only:
            raise UsageError("the product has no left-only prompt: use --through raw")
        if ask.root is not None and self._setting.settings.context.enabled:
            await self._repositories.make(ask.root)
        self._count += 1
        # A path of its own each time: what is known of one sample's file is not another's.
        path = (ask.root or ALONE / str(self._count)) / ask.path
        text = ask.prefix + ask.suffix
        language = syntax.of_document(path, text)
        document = Document(path, text, language.name if language else "")
        request = CompletionRequest(
            document,
            len(ask.prefix),
            ask.root,
            automatic=not self._setting.invoked,
            snippets=ask.snippets or None,
        )
        began = time.perf_counter()
        done = await self._completer.complete(request)
        return Answer(
            text=done.text,
            replaces=done.end - len(ask.prefix),
            prompt_tokens=done.prompt_tokens,
            generated_tokens=done.generated_tokens,
            snippets=len(done.snippets),
            seconds=time.perf_counter() - began,
            dropped=done.dropped,
        )

    async def chat(self, ask: ChatAsk) -> Answer:
        raise UsageError("chat tasks go through the chat endpoint: use --through raw")

    async def command(self, ask: CommandAsk) -> Answer:
        raise UsageError("this asks for a command of the product: use --through command")

    def attempt(self, number: int) -> Door:
        return self


@dataclass(frozen=True, slots=True)
class Product:
    name: str = "product"
    summary: str = "completion as the product does it: context, stopping, filters, checks"
    chats: bool = False
    samples: bool = False

    @asynccontextmanager
    async def open(self, setting: Setting) -> AsyncIterator[Door]:
        settings = setting.settings
        patient = settings.completion.model_copy(update={"timeout": PATIENCE})
        repositories = Repositories(settings.context)
        completer = Completer(settings.model_copy(update={"completion": patient}), repositories)
        try:
            completer.connect(setting.endpoint)
            yield ProductDoor(completer, repositories, setting)
        finally:
            await completer.close()
            repositories.close()


DOOR = Product()
