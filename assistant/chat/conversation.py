"""Conversations, kept as JSON lines: one file each, added to and never rewritten, so that a crash
loses nothing that was answered."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from assistant import paths
from assistant.errors import UsageError

MOST_TITLE = 60
"""Characters of the first question that a list shows."""


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

    def add(self, turn: Turn) -> None:
        """Append ``turn``, and write it down."""
        stamped = Turn(**{**asdict(turn), "time": datetime.now(UTC).isoformat(timespec="seconds")})
        file = _file(self.id)
        lines = [] if self.turns else [{"conversation": self.id, "root": self.root}]
        lines.append(asdict(stamped))
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as opened:
            opened.write(text)
        self.turns.append(stamped)


def conversations(root: Path | None = None) -> list[Conversation]:
    """Those about ``root``, or all, the newest first."""
    found = [_read(file) for file in sorted(_folder().glob("*.jsonl"), reverse=True)]
    return [c for c in found if c.turns and (root is None or c.root == str(root))]


def load(name: str, root: Path | None = None) -> Conversation:
    """The conversation whose id begins with ``name``; the newest for ``last``. Raises
    UsageError."""
    found = conversations(root)
    if name == "last" and found:
        return found[0]
    fitting = [each for each in found if each.id.startswith(name)]
    if len(fitting) != 1:
        why = "several begin so" if fitting else "there is none"
        raise UsageError(f"no conversation {name!r} ({why}): `assistant chat --list` names them")
    return fitting[0]


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


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            read = json.loads(line)
        except ValueError:
            continue
        if isinstance(read, dict):
            yield read


def _turn(line: dict[str, Any]) -> Turn:
    known = {name: line[name] for name in Turn.__dataclass_fields__ if name in line}
    return Turn(**{**known, "citations": tuple(known.get("citations", ()))})
