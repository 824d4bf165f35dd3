"""Conversations, kept as JSON lines: one file each, added to and never rewritten, so that a crash
loses nothing that was answered, and two processes that talk on lose nothing of each other's."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from assistant import paths
from assistant.context.locking import exclusively
from assistant.errors import AssistantError, RepositoryIndexError, UsageError

MOST_TITLE = 60
"""Characters of the first question that a list shows."""
_WAIT = 10.0
"""Seconds for another process that is writing a turn down."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message. ``thinking`` is what a reasoning model thought before it answered;
    ``citations`` are places as ``path:line``; ``stopped``: the user had enough."""

    role: Literal["user", "assistant"]
    content: str
    thinking: str = ""
    citations: tuple[str, ...] = ()
    stopped: bool = False
    time: str = ""


@dataclass(slots=True)
class Conversation:
    """``root`` is the workspace folder that it is about."""

    id: str
    root: str
    turns: list[Turn] = field(default_factory=list)

    @property
    def title(self) -> str:
        first = next((turn.content for turn in self.turns if turn.role == "user"), "")
        line = " ".join(first.split())
        return line if len(line) <= MOST_TITLE else line[: MOST_TITLE - 1] + "…"

    @classmethod
    def new(cls, root: Path) -> Conversation:
        """One without a turn; its file is made with the first."""
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        return cls(f"{stamp}-{secrets.token_hex(3)}", str(root))

    def add(self, *turns: Turn) -> None:
        """Append ``turns``, and write them down together, after what others have written
        meanwhile. Raises AssistantError where another process does not let go of the file."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        stamped = [replace(turn, time=now) for turn in turns]
        file = _file(self.id)
        with _alone():
            old = file.read_bytes() if file.exists() else b""
            lines = [] if old else [{"conversation": self.id, "root": self.root}]
            text = "".join(_line(each) for each in [*lines, *map(asdict, stamped)])
            # A line that broke off must not take the next one along.
            start = "" if not old or old.endswith(b"\n") else "\n"
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as opened:
                opened.write(start + text)
            # The file system's own clock is too coarse to tell which was the last.
            os.utime(file, ns=(time.time_ns(), time.time_ns()))
            self.turns = _read(file).turns

    def refresh(self) -> None:
        """Read what others have written."""
        file = _file(self.id)
        if file.exists():
            self.turns = _read(file).turns


def conversations(root: Path | None = None) -> list[Conversation]:
    """Those about ``root``, or all; what was talked about last comes first."""
    files = sorted(_folder().glob("*.jsonl"), key=lambda file: file.stat().st_mtime_ns)
    found = [_read(file) for file in reversed(files)]
    wanted = root.resolve() if root is not None else None
    return [c for c in found if c.turns and (wanted is None or Path(c.root).resolve() == wanted)]


def load(name: str, root: Path | None = None) -> Conversation:
    """The conversation whose id begins with ``name``; ``last`` is that of the last
    turn. Raises UsageError."""
    found = conversations(root)
    if name == "last" and found:
        return found[0]
    fitting = [each for each in found if each.id.startswith(name)]
    if len(fitting) != 1:
        why = "several begin so" if fitting else "there is none"
        raise UsageError(f"no conversation {name!r} ({why}): `assistant chat --list` names them")
    return fitting[0]


@contextmanager
def _alone() -> Iterator[None]:
    try:
        with exclusively(_folder() / "lock", "", _WAIT):
            yield
    except RepositoryIndexError as error:
        raise AssistantError("another process is writing a chat down: ask again") from error


def _folder() -> Path:
    return paths.folder("chats")


def _file(identifier: str) -> Path:
    return _folder() / f"{identifier}.jsonl"


def _read(file: Path) -> Conversation:
    """What the file holds; a line that broke off is passed over."""
    lines = list(_lines(file))
    root = next((str(line["root"]) for line in lines if "conversation" in line), "")
    turns = [_turn(line) for line in lines if line.get("role") in ("user", "assistant")]
    return Conversation(file.stem, root, turns)


def _line(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    # Not ``splitlines``: a text may hold U+2028, which ends a line for Python and not for JSON.
    for line in file.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            read = json.loads(line)
        except ValueError:
            continue
        if isinstance(read, dict):
            yield read


def _turn(line: dict[str, Any]) -> Turn:
    known = {name: line[name] for name in Turn.__dataclass_fields__ if name in line}
    return Turn(**{**known, "citations": tuple(known.get("citations", ()))})
