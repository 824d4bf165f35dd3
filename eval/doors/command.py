"""The product's commands, as ``assistant do`` runs them: what their edits make of the file."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from assistant import sandbox, syntax
from assistant.commands.edits import applied
from assistant.commands.model import Model
from assistant.commands.protocol import Job, Options, Place, commands
from assistant.errors import UsageError
from assistant.types import Document
from eval.door import PATIENCE, Door, Setting
from eval.types import Answer, ChatAsk, CommandAsk, CompletionAsk

ALONE = Path("/evaluation")
"""Where a file that belongs to no repository is said to lie; nothing is read there."""


@dataclass(frozen=True, slots=True)
class CommandDoor:
    model: Model
    setting: Setting
    number: int = 0

    async def command(self, ask: CommandAsk) -> Answer:
        path = ALONE / ask.path
        language = syntax.of_document(path, ask.text)
        document = Document(path, ask.text, language.name if language else "")
        began = time.perf_counter()
        with sandbox.stoppable() as run:
            job = Job(
                Place(document, ask.offset, ask.offset),
                self.model,
                lambda asked: run(replace(asked, steps_back=False)),
                material=dict(ask.material),
                options=Options(seed=self.setting.seed * 1000 + 100 * self.number),
            )
            done = await commands().get(ask.command).run(job)
        said = "; ".join(
            f"{check.name}: {check.detail or check.passed}"
            for check in done.checks
            if not check.passed
        )
        # A command that writes another file (tests) has made that one, not this.
        made = "".join(edit.text for edit in done.edits if edit.path != path)
        return Answer(
            text=made or applied(ask.text, [edit for edit in done.edits if edit.path == path]),
            seconds=time.perf_counter() - began,
            dropped=said,
            parts=(str(done.attempts),),
        )

    async def chat(self, ask: ChatAsk) -> Answer:
        raise UsageError("this asks the model itself: use --through raw")

    async def complete(self, ask: CompletionAsk) -> Answer:
        raise UsageError("this asks for a completion: use --through product")

    def attempt(self, number: int) -> Door:
        return replace(self, number=number)


@dataclass(frozen=True, slots=True)
class Commands:
    name: str = "command"
    summary: str = "a command of the product: candidates, checks in the sandbox, repairs"
    chats: bool = True
    samples: bool = False

    @asynccontextmanager
    async def open(self, setting: Setting) -> AsyncIterator[Door]:
        window = setting.settings.engine.max_model_len
        async with Model.open(setting.endpoint, window, PATIENCE) as model:
            yield CommandDoor(model, setting)


DOOR = Commands()
