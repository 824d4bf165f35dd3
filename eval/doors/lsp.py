"""A real language server process, asked as an editor asks: ``textDocument/inlineCompletion``."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import syntax
from assistant.errors import EngineError, EngineUnavailable, RepositoryIndexError, UsageError
from assistant.positions import offset_at, position_at
from assistant.types import Position, PositionEncoding
from eval.door import PATIENCE, Door, Setting
from eval.doors.product import ALONE
from eval.editor import Editor, server
from eval.types import Answer, ChatAsk, CommandAsk, CompletionAsk

POLL_SECONDS = 0.1


class LspDoor:
    """Opens the sample's file in the server, asks at the hole, closes it."""

    def __init__(self, editor: Editor, setting: Setting) -> None:
        self._editor = editor
        self._setting = setting
        self._count = 0
        self._folders: dict[Path, asyncio.Task[None]] = {}
        self._turns: defaultdict[Path, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def complete(self, ask: CompletionAsk) -> Answer:
        if ask.left_only or ask.snippets:
            raise UsageError("an editor cannot supply chunks or leave out the suffix: use raw")
        if ask.root is not None and self._setting.settings.context.enabled:
            if ask.root not in self._folders:
                self._folders[ask.root] = asyncio.create_task(self._add(ask.root))
            await self._folders[ask.root]
        self._count += 1
        root = ask.root or ALONE / str(self._count)
        # One file of a folder at a time: the server shows the model what else is open there.
        async with self._turns[root]:
            return await self._opened(ask, root)

    async def _opened(self, ask: CompletionAsk, root: Path) -> Answer:
        path = root / ask.path
        text = ask.prefix + ask.suffix
        language = syntax.of_document(path, text)
        uri = path.as_uri()
        identifier = language.name if language else "plaintext"
        item = {"uri": uri, "languageId": identifier, "version": 1, "text": text}
        self._editor.notify("textDocument/didOpen", {"textDocument": item})
        began = time.perf_counter()
        try:
            found = await self._ask(uri, text, len(ask.prefix))
            seconds = time.perf_counter() - began
            if not found["items"]:
                await self._raise_failure(uri)
        finally:
            self._editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        if not found["items"]:
            return Answer("", seconds=seconds, dropped="the server showed nothing")
        shown = found["items"][0]
        end = shown["range"]["end"]
        at = offset_at(text, Position(end["line"], end["character"]), PositionEncoding.UTF32)
        return Answer(shown["insertText"], replaces=at - len(ask.prefix), seconds=seconds)

    async def chat(self, ask: ChatAsk) -> Answer:
        raise UsageError("chat tasks go through the chat endpoint: use --through raw")

    async def command(self, ask: CommandAsk) -> Answer:
        raise UsageError("this asks for a command of the product: use --through command")

    def attempt(self, number: int) -> Door:
        return self

    async def _ask(self, uri: str, text: str, offset: int) -> Any:
        at = position_at(text, offset, PositionEncoding.UTF32)
        return await self._editor.request(
            "textDocument/inlineCompletion",
            {
                "textDocument": {"uri": uri},
                "position": {"line": at.line, "character": at.character},
                "context": {"triggerKind": 1 if self._setting.invoked else 2},
            },
        )

    async def _raise_failure(self, uri: str) -> None:
        """Editors are answered empty whatever the reason; a failure is not the model's answer."""
        failure = (await self._editor.status())["failures"].get(uri)
        if failure is not None:
            unavailable = failure["error"] == EngineUnavailable.__name__
            raise (EngineUnavailable if unavailable else EngineError)(failure["message"])

    async def _add(self, root: Path) -> None:
        """Add a workspace folder and wait until it is indexed."""
        added = {"uri": root.as_uri(), "name": root.name}
        self._editor.notify(
            "workspace/didChangeWorkspaceFolders", {"event": {"added": [added], "removed": []}}
        )
        while True:
            for index in (await self._editor.status())["indexes"]:
                if Path(index["root"]) == root and index["state"] == "ready":
                    return
                if Path(index["root"]) == root and index["state"] == "failed":
                    raise RepositoryIndexError(f"{root}: {index['detail']}")
            await asyncio.sleep(POLL_SECONDS)


@dataclass(frozen=True, slots=True)
class Lsp:
    name: str = "lsp"
    summary: str = "a real language server process over stdio, asked as an editor does"
    chats: bool = False
    samples: bool = False

    @asynccontextmanager
    async def open(self, setting: Setting) -> AsyncIterator[Door]:
        settings = setting.settings.model_dump(mode="json")
        settings["completion"].update(timeout=PATIENCE)
        async with server() as editor:
            await editor.initialize([], settings)
            while (engine := (await editor.status())["engine"])["state"] != "ready":
                if engine["state"] == "failed":
                    raise EngineUnavailable(f"the language server has no engine: {engine}")
                await asyncio.sleep(POLL_SECONDS)
            yield LspDoor(editor, setting)


DOOR = Lsp()
