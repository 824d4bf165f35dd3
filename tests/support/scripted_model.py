"""A model that answers from a script, and the command ``implement`` asked with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant import sandbox
from assistant.commands.model import Reply
from assistant.commands.protocol import Answer, Job, Options, Place, commands
from assistant.engines.protocol import Message
from assistant.types import Document

NOWHERE = Path("/nowhere/bag.py")


class Scripted:
    """A model that says what it is told to, in order; the last again and again."""

    window = 8192
    name = "scripted"

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[Sequence[Message]] = []

    def count(self, text: str) -> int:
        return len(text) // 4

    async def ask(self, messages: Sequence[Message], max_tokens: int, **fields: Any) -> Any:
        self.asked.append(messages)
        return Reply(self.answers[min(len(self.asked), len(self.answers)) - 1])


def place(text: str, at: str, path: Path = NOWHERE, language: str = "python", **more: Any) -> Place:
    offset = text.index(at)
    return Place(Document(path, text, language), offset, offset, **more)


def implement(model: Scripted, where: Place, **options: Any) -> Answer:
    job = Job(where, model, sandbox.run, options=Options(**options))  # type: ignore[arg-type]
    return asyncio.run(commands().get("implement").run(job))
