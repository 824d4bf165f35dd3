"""What a command is given, what it gives back, and where commands are found.

A command never touches a file: it answers with edits, and the editor asks its user.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from assistant.registry import Registry
from assistant.sandbox.environments import own
from assistant.types import Document, Snippet

if TYPE_CHECKING:
    from assistant.commands.model import Model
    from assistant.context.repository import Repository
    from assistant.sandbox import PythonEnvironment
    from assistant.sandbox.types import Job as Run
    from assistant.sandbox.types import Outcome


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command is asked for: the cursor, or a selection, in a document.

    ``start`` and ``end`` are offsets into the document's text, equal for a cursor. ``root`` is
    the workspace folder, None when the file belongs to none.
    """

    document: Document
    start: int
    end: int
    root: Path | None = None
    open_documents: Sequence[Document] = ()
    """Unsaved buffers: they win over the disk."""

    @property
    def selected(self) -> str:
        return self.document.text[self.start : self.end]

    @property
    def shown_path(self) -> str:
        """The file's path as people write it: relative to the workspace folder if it can be."""
        path = self.document.path
        if self.root is not None and path.is_relative_to(self.root):
            return path.relative_to(self.root).as_posix()
        return path.name


@dataclass(frozen=True, slots=True)
class FileEdit:
    """Replace ``start:end`` (offsets into the file's text as it was given) by ``text``. A file that
    does not exist is made from ``text``."""

    path: Path
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Check:
    """Something that was tried on an answer. ``passed`` is None where it could not be tried;
    ``detail`` is one line for people."""

    name: str
    passed: bool | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command came to. ``attempts`` counts the answers of the model that were tried."""

    markdown: str = ""
    edits: tuple[FileEdit, ...] = ()
    checks: tuple[Check, ...] = ()
    attempts: int = 0
    texts: Mapping[Path, str | None] = field(default_factory=dict)
    """What other files than the command's own held when their edits were made; None where there
    was none. An edit of what is another text now is not applied."""


@dataclass(frozen=True, slots=True)
class Options:
    """How much a command may do. ``candidates``: answers of the model that are compared, the
    first of them greedy; ``repairs``: times that one which failed is handed back."""

    candidates: int = 8
    repairs: int = 2
    seed: int = 0
    seconds: float = 300.0
    """After which no further answer is asked for."""


@dataclass(slots=True)
class Job:
    """One call of a command. Cancelling its task closes the engine's requests.

    ``instruction`` is what the user wrote beside the command; ``material`` is text that came with
    it (a diagnostic, a traceback, a diff), by kind. ``run`` is the sandbox: that of
    :func:`assistant.sandbox.stoppable`, so that nothing of it outlives the task. ``say`` takes
    Markdown as it comes, ``report`` one phrase about what is being done.
    """

    place: Place
    model: Model
    run: Callable[[Run], Outcome]
    repository: Repository | None = None
    instruction: str = ""
    material: Mapping[str, str] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    say: Callable[[str], None] = lambda text: None
    report: Callable[[str], None] = lambda phrase: None
    snippets: Sequence[Snippet] | None = None
    """Shown in place of what would be retrieved; None retrieves."""
    python: PythonEnvironment = field(default_factory=own)
    """What the project's Python code runs with."""


class Command(Protocol):
    """A plug-in: a module of :mod:`assistant.commands.catalogue` defines it as ``COMMAND``."""

    @property
    def name(self) -> str:
        """One word: ``assistant do NAME``, ``/NAME`` in a chat, ``assistant.NAME`` in LSP."""
        ...

    @property
    def title(self) -> str:
        """What an editor's menu shows."""
        ...

    @property
    def kind(self) -> str:
        """LSP's code action kind, such as ``quickfix`` or ``refactor.rewrite``."""
        ...

    def offers(self, place: Place) -> bool:
        """Whether it makes sense there; asked at every move of the cursor, so it is quick."""
        ...

    async def run(self, job: Job) -> Answer:
        """Do it. Raises UsageError where it makes no sense, EngineError."""
        ...


@cache
def commands() -> Registry[Command]:
    return Registry("assistant.commands.catalogue", "COMMAND")
