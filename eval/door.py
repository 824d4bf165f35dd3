"""What a door is, and where doors are found: one file each in :mod:`eval.doors`."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from assistant.engines.protocol import Endpoint
from assistant.registry import Registry
from assistant.settings import Settings
from eval.types import Answer, ChatAsk, CommandAsk, CompletionAsk

PATIENCE = 600.0
"""Seconds for one answer: a batch on two cores makes each of its requests wait."""


class Door(Protocol):
    """How questions reach the model. Any number may be asked at a time."""

    async def complete(self, ask: CompletionAsk) -> Answer:
        """The text for the hole. Raises EngineError, or UsageError for what it cannot ask."""
        ...

    async def chat(self, ask: ChatAsk) -> Answer:
        """The model's next message. Raises as :meth:`complete` does."""
        ...

    async def command(self, ask: CommandAsk) -> Answer:
        """The file that a command makes. Raises as :meth:`complete` does."""
        ...

    def attempt(self, number: int) -> Door:
        """The same door for the answer of that number (0-based) to each question: where
        answers are drawn at random, each number draws by its own seed."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What a door is opened with. ``invoked`` says that the user asked by a key."""

    settings: Settings
    endpoint: Endpoint
    temperature: float = 0.0
    seed: int = 0
    invoked: bool = True


class DoorKind(Protocol):
    """A plug-in: a module of :mod:`eval.doors` defines it as ``DOOR``."""

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str:
        """One line for people."""
        ...

    @property
    def chats(self) -> bool:
        """Whether it takes chat tasks."""
        ...

    @property
    def samples(self) -> bool:
        """Whether it draws several different answers to one question."""
        ...

    def open(self, setting: Setting) -> AbstractAsyncContextManager[Door]: ...


@cache
def doors() -> Registry[DoorKind]:
    return Registry("eval.doors", "DOOR")
