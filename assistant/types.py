"""The nouns that every part shares. Plain data: no behaviour that needs another module.

Two ways to name a place in a text:

* an **offset** is an index into a Python ``str`` (code points); everything inside uses it;
* a :class:`Position` is LSP's line and character, whose unit depends on the client
  (UTF-8, UTF-16 or UTF-32). Only the edges use it: see :mod:`assistant.positions`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class PositionEncoding(StrEnum):
    """Unit of :attr:`Position.character`, named as in LSP 3.17."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """0-based line, and 0-based character in the client's encoding."""

    line: int
    character: int


@dataclass(frozen=True, slots=True)
class Range:
    """From ``start`` (inclusive) to ``end`` (exclusive)."""

    start: Position
    end: Position


@dataclass(frozen=True, slots=True)
class Document:
    """A file as the editor sees it, which need not be what the disk holds.

    ``path`` is absolute; ``language`` is a name from :mod:`assistant.syntax`, or ``""`` when
    it is not known. ``version`` is the editor's own counter (0 from the command line).
    """

    path: Path
    text: str
    language: str = ""
    version: int = 0


class SnippetKind(StrEnum):
    """Why a snippet may be worth showing; also its place in the prompt, in this order.

    The order runs from what changes least while the user types to what changes most,
    so that the engine's prefix cache keeps as much as possible.
    """

    IMPORTED = "imported"
    SIMILAR = "similar"
    OPEN = "open"
    RECENT = "recent"
    CALLED = "called"
    """Called, or asked for a member, on the line that is being typed."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of another file that the model may be shown.

    ``path`` is relative to the workspace folder, with forward slashes. Lines are 0-based,
    ``end_line`` is exclusive. ``score`` is comparable only among snippets of one ``kind``
    and grows with relevance. ``why`` is one phrase for people.
    """

    path: str
    start_line: int
    end_line: int
    text: str
    kind: SnippetKind
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A recent change by the user: which lines of ``path`` (absolute) were touched, when.

    Lines are 0-based, ``end_line`` exclusive, and name the text after the change.
    ``when`` is seconds of :func:`time.monotonic`.
    """

    path: Path
    start_line: int
    end_line: int
    when: float


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the editor knows beside the document: unsaved buffers win over the disk."""

    open_documents: Sequence[Document] = ()
    """Open buffers other than the current one, the last used first."""
    recent_edits: Sequence[Edit] = ()
    """The latest changes, the newest first; they may lie in any file."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a client that is no editor of ours asks beside the text.

    ``max_tokens`` bounds the answer, 0 leaves that to the plan. ``seconds`` bounds the time in
    which it is generated, counted from the first token: then it ends with the lines that it
    has; 0 is no bound. ``fields`` goes into the engine's request as it is (its priority, a
    seed, the name of an adapter); ``headers`` gives HTTP headers for it when it is sent.
    """

    max_tokens: int = 0
    seconds: float = 0.0
    fields: Mapping[str, Any] = field(default_factory=dict)
    headers: Callable[[], Mapping[str, str]] = dict


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """Everything one completion depends on.

    ``root`` is the workspace folder, None when the file belongs to none.
    ``selected`` is the text of the item selected in the editor's own completion menu
    (LSP ``selectedCompletionInfo``), with the offset where it starts: the suggestion must
    then begin with it.
    """

    document: Document
    offset: int
    root: Path | None = None
    surroundings: Surroundings = field(default_factory=Surroundings)
    selected: tuple[int, str] | None = None
    automatic: bool = True
    """False when the user asked for it by a key: then more is worth waiting for."""
    snippets: Sequence[Snippet] | None = None
    """Shown in place of what would be retrieved, as far as the budget goes; None retrieves."""
    terms: Terms = field(default_factory=Terms)
    asked: float = field(default_factory=time.perf_counter, compare=False)
    """When, on :func:`time.perf_counter`: a trace begins there."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds. ``first_token`` and ``total`` count from when the request arrived."""

    context: float = 0.0
    queue: float = 0.0
    first_token: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer: replace ``start:end`` of the document by ``text``; empty means nothing.

    ``start`` is normally the cursor; ``end`` may lie behind it on the same line, where the
    text brings closing brackets that already stand there. ``dropped`` says why there is
    no text, in the words of the filter that dropped it.
    """

    text: str
    start: int
    end: int
    engine: str = ""
    model: str = ""
    snippets: tuple[Snippet, ...] = ()
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    timings: Timings = field(default_factory=Timings)
    applied: tuple[str, ...] = ()
    """Names of the post-processing steps that changed the text, in order."""
    dropped: str = ""
