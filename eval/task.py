"""What a task is, and where tasks are found.

A task is one file in :mod:`eval.tasks` that defines ``TASK``; a stranger's comes by
``plugins`` (see :mod:`assistant.registry`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal, Protocol

from assistant.registry import Registry
from eval.data import Data
from eval.door import Door
from eval.types import Answer, ChatAsk, CommandAsk, CompletionAsk, Grade, Sample


class Task(Protocol):
    """A benchmark."""

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str:
        """One line: what is asked, what is scored, where it is from."""
        ...

    @property
    def asks(self) -> Literal["completion", "chat"]:
        """Completion tasks go through any door; chat tasks through ``raw``."""
        ...

    @property
    def arms(self) -> Mapping[str, str]:
        """Variants by name, with one line each; the first is the default. Never empty."""
        ...

    @property
    def metrics(self) -> Sequence[str]:
        """Names of the scores that :meth:`grade` gives, the main one first. More is better.

        ``pass`` is reported as pass@k over several answers; the others as their mean.
        """
        ...

    @property
    def executes(self) -> bool:
        """Whether grading runs the model's code, and so needs the sandbox."""
        ...

    def samples(self, data: Data, arm: str) -> Sequence[Sample]:
        """Every record of that arm, in the file's order. Raises UsageError."""
        ...

    async def answer(self, sample: Sample, door: Door) -> Answer:
        """Ask what there is to ask; mostly one call of ``door``."""
        ...

    def grade(self, sample: Sample, answer: Answer) -> Grade:
        """Score one answer. Called in a thread; may take seconds in the sandbox.

        Never raises for anything that a model may write.
        """
        ...


class CompletionTask:
    """What tasks share that ask for one completion a sample."""

    @property
    def asks(self) -> Literal["completion"]:
        return "completion"

    async def answer(self, sample: Sample, door: Door) -> Answer:
        assert isinstance(sample.ask, CompletionAsk)
        return await door.complete(sample.ask)


class ChatTask:
    """What tasks share that ask for one message a sample."""

    @property
    def asks(self) -> Literal["chat"]:
        return "chat"

    async def answer(self, sample: Sample, door: Door) -> Answer:
        if isinstance(sample.ask, CommandAsk):
            return await door.command(sample.ask)
        assert isinstance(sample.ask, ChatAsk)
        return await door.chat(sample.ask)


@cache
def tasks() -> Registry[Task]:
    return Registry("eval.tasks", "TASK")
