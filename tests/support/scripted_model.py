"""A model that answers from a script, and the command ``implement`` asked with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assistant import sandbox
from assistant.commands.model import Reply
from assistant.commands.protocol import Answer, Job, Options, Place, commands
from assistant.engines.protocol import Message
from assistant.errors import EngineError
from assistant.types import Document

NOWHERE = Path("/nowhere/bag.py")


class Scripted:
    """A model that says what it is told to, in order; the last again and again."""

    window = 8192
    name = "scripted"

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[Sequence[Message]] = []
        self.hold: asyncio.Event | None = None
        """Waited for once the answer was said."""
        self.fault: EngineError | None = None
        """Raised then."""

    def count(self, text: str) -> int:
        return len(text) // 4

    async def ask(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        on_text: Callable[[str], None] = lambda text: None,
        **fields: Any,
    ) -> Any:
        self.asked.append(messages)
        text = self.answers[min(len(self.asked), len(self.answers)) - 1]
        on_text(text)
        if self.hold is not None:
            await self.hold.wait()
        if self.fault is not None:
            raise self.fault
        return Reply(text)


def place(text: str, at: str, path: Path = NOWHERE, language: str = "python", **more: Any) -> Place:
    offset = text.index(at)
    return Place(Document(path, text, language), offset, offset, **more)


def implement(model: Scripted, where: Place, **options: Any) -> Answer:
    job = Job(where, model, sandbox.run, options=Options(**options))  # type: ignore[arg-type]
    return asyncio.run(commands().get("implement").run(job))
