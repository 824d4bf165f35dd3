"""A mined set: one JSON line about the repository, then one for each hole.

No line holds source text: offsets and digests only, so a set may be passed on where the code
may not. Whoever reads it needs the same files, and is told when they have changed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import UsageError

KIND = Literal["line", "block", "function"]
KINDS: tuple[KIND, ...] = ("line", "block", "function")


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Origin(_Line):
    """Where holes were mined, and how; ``commit`` is empty outside git."""

    root: str
    commit: str = ""
    seed: int
    per_kind: int
    language: str = ""
    version: str


class Target(_Line):
    """A hole: ``start`` to ``end`` in code points of the file as UTF-8 without a byte order
    mark, on 0-based lines ``line`` to ``end_line`` (inclusive). ``names`` are defined in other
    files. The digests are sha256: of the file's bytes, and of the hole's text as UTF-8."""

    id: str
    path: str
    language: str
    kind: KIND
    start: int
    end: int
    line: int
    end_line: int
    names: tuple[str, ...]
    file_sha256: str
    target_sha256: str


class MinedSet(_Line):
    origin: Origin
    targets: tuple[Target, ...]

    def text(self) -> str:
        """As JSON lines."""
        lines = [self.origin.model_dump_json(), *(t.model_dump_json() for t in self.targets)]
        return "\n".join(lines) + "\n"

    def digest(self) -> str:
        return sha256(self.text().encode())


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def load(path: Path) -> MinedSet:
    """Read a set. Raises UsageError."""
    try:
        first, *rest = path.read_text(encoding="utf-8").splitlines()
        origin = Origin.model_validate_json(first)
        return MinedSet(
            origin=origin, targets=tuple(Target.model_validate_json(line) for line in rest)
        )
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except (ValidationError, ValueError) as error:
        raise UsageError(f"{path} is no set of `assistant eval mine`: mine it anew") from error
