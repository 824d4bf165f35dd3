"""The nouns of evaluation: what is asked, what comes back, how it scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.engines.protocol import Message
from assistant.types import Snippet

__all__ = ["Answer", "ChatAsk", "CommandAsk", "CompletionAsk", "Grade", "Message", "Sample"]


@dataclass(frozen=True, slots=True)
class CompletionAsk:
    """A hole to fill: between ``prefix`` and ``suffix`` of a file.

    ``path`` is the file's, relative to ``root`` with forward slashes (its ending names the
    language); ``root`` is a workspace folder that may be indexed, None where the file stands
    alone. The file on disk below ``root``, if there is one, must hold ``prefix + suffix``:
    never the answer. ``snippets`` are shown instead of what the product would retrieve.
    ``max_tokens`` bounds the plain (raw) answer; the product decides for itself.
    """

    path: str
    prefix: str
    suffix: str
    root: Path | None = None
    snippets: tuple[Snippet, ...] = ()
    max_tokens: int = 256
    published: tuple[str, str] | None = None
    """Raw: prefix and suffix as the benchmark's own harness sends them, where they do not make
    the file that they were cut from."""
    left_only: bool = False
    """Raw: show the model nothing but the prefix, without a fill-in-the-middle template."""


@dataclass(frozen=True, slots=True)
class ChatAsk:
    """A conversation to answer, through the engine's chat endpoint.

    Where the last message is the assistant's, the answer goes on with it, and holds only
    what comes after.
    """

    messages: tuple[Message, ...]
    max_tokens: int = 768
    stop: tuple[str, ...] = ()
    """Texts that end the answer; at most four, which is what servers take."""


@dataclass(frozen=True, slots=True)
class CommandAsk:
    """A command of the product at ``offset`` of the file ``text``; ``material`` is what comes with
    it (a traceback, a diff), by kind. Its answer is the file that its edits make."""

    command: str
    path: str
    text: str
    offset: int
    material: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, as a user would have got it.

    ``replaces`` is the number of characters of the suffix that the text stands for (the
    product may bring closing brackets that stand there already). ``parts`` holds what came
    before in a task of several steps.
    """

    text: str
    replaces: int = 0
    finish_reason: str = ""
    prompt_tokens: int = 0
    generated_tokens: int = 0
    snippets: int = 0
    seconds: float = 0.0
    dropped: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One record of a task. ``extra`` is the task's own (tests, entry point, provenance).

    ``texts`` are the record's parts that a training set must not hold even without the words
    that the question puts around them: the problem, its tests.
    """

    id: str
    ask: CompletionAsk | ChatAsk | CommandAsk
    reference: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grade:
    """The scores of one answer: a number for each metric of the task, 0..1 where it is a share.

    A metric that says nothing about this answer (coverage of a test that does not parse) is
    given its worst value, not left out, unless the task's docstring says otherwise. ``detail``
    is one line for people (why it failed).
    """

    scores: Mapping[str, float]
    detail: str = ""
