"""A mined set: one JSON line about each repository, then one for each hole.

No line holds source text: offsets and digests only, so a set may be passed on where the code
may not. Whoever reads it needs the same files, and is told when they have changed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from assistant.errors import UsageError

KIND = Literal["line", "block", "function"]
KINDS: tuple[KIND, ...] = ("line", "block", "function")


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Origin(_Line):
    """Where holes were mined, and how; ``commit`` is empty outside git.

    ``name`` tells several repositories of one set apart. ``root`` may be relative to the
    set's file. ``archive_sha256`` is of the source distribution that was unpacked there.
    ``max_file_bytes`` and ``max_files`` limited what was read (:class:`ContextSettings`): the
    copy without the holes is made of the same files, whatever the settings are then.
    """

    name: str = ""
    root: str
    commit: str = ""
    archive_sha256: str = ""
    seed: int
    per_kind: int
    language: str = ""
    # Not the settings' defaults, which may change: these are of the sets that name none.
    max_file_bytes: int = 1_000_000
    max_files: int = 200_000
    version: str


class Target(_Line):
    """A hole: ``start`` to ``end`` in code points of the file as UTF-8 without a byte order
    mark, on 0-based lines ``line`` to ``end_line`` (inclusive). ``names`` are defined in other
    files. The digests are sha256: of the file's bytes, and of the hole's text as UTF-8.
    ``origin`` is an origin's name."""

    id: str
    origin: str = ""
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
    origins: tuple[Origin, ...]
    targets: tuple[Target, ...]

    def text(self) -> str:
        """As JSON lines."""
        lines: tuple[_Line, ...] = (*self.origins, *self.targets)
        return "".join(f"{line.model_dump_json(exclude_defaults=True)}\n" for line in lines)

    def parts(self) -> tuple[MinedSet, ...]:
        """One set for each origin."""
        return tuple(
            MinedSet(
                origins=(origin,),
                targets=tuple(t for t in self.targets if t.origin == origin.name),
            )
            for origin in self.origins
        )

    def digest(self) -> str:
        return sha256(self.text().encode())


_LINE: TypeAdapter[Origin | Target] = TypeAdapter(Origin | Target)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def load(path: Path) -> MinedSet:
    """Read a set. Raises UsageError."""
    try:
        # JSON leaves U+2028 and its like as they are, and `splitlines` breaks there.
        lines = path.read_text(encoding="utf-8").split("\n")
        found = [_LINE.validate_json(line) for line in lines if line.strip()]
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except (ValidationError, ValueError) as error:
        raise UsageError(f"{path} is no set of `assistant eval mine`: mine it anew") from error
    origins = tuple(line for line in found if isinstance(line, Origin))
    targets = tuple(line for line in found if isinstance(line, Target))
    names = [origin.name for origin in origins]
    known = set(names)
    if len(names) > len(known) or not origins or any(t.origin not in known for t in targets):
        raise UsageError(f"{path} is no set of `assistant eval mine`: mine it anew")
    return MinedSet(origins=origins, targets=targets)
