"""Reading one file: is it text, and what is in it. Runs in worker processes too."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from assistant.context.chunks import chunk
from assistant.context.terms import terms
from assistant.syntax import Outline, of_path, outline

_BINARY_SAMPLE = 8192
_LONGEST_LINE = 20_000


@dataclass(frozen=True, slots=True)
class Content:
    """What the index keeps of a file. ``pieces`` are (first line, end line, terms)."""

    path: str
    size: int
    mtime_ns: int
    digest: bytes
    language: str
    lines: int
    outline: Outline = field(default_factory=Outline)
    pieces: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that cannot be indexed, and why; ``gone`` when it is not there any more."""

    path: str
    why: str
    gone: bool = False


def decode(data: bytes) -> str:
    """UTF-8 text; bytes that are not become U+FFFD. A byte order mark is dropped."""
    return data.decode("utf-8", "replace").removeprefix("\ufeff")


def refusal(data: bytes) -> str:
    """Why these bytes are not worth indexing; empty when they are."""
    if b"\0" in data[:_BINARY_SAMPLE]:
        return "binary"
    if len(data) > _LONGEST_LINE:
        longest = max(map(len, data.split(b"\n")))
        if longest > _LONGEST_LINE:
            return f"generated or minified: a line of {longest} characters"
    return ""


def read(root: str, path: str, known: bytes | None = None) -> Content | Unread | None:
    """Read and analyse ``root/path``; None when its digest is still ``known``."""
    file = Path(root, path)
    try:
        stat = file.stat()
        data = file.read_bytes()
    except FileNotFoundError:
        return Unread(path, "deleted while it was read", gone=True)
    except OSError as error:
        return Unread(path, f"unreadable: {error.strerror or error}")
    digest = hashlib.blake2b(data, digest_size=16).digest()
    if digest == known:
        return None
    why = refusal(data)
    if why:
        return Unread(path, why)
    try:
        return analyse(path, decode(data), len(data), stat.st_mtime_ns, digest)
    except Exception as error:  # noqa: BLE001
        # One strange file must not cost the others their index, nor go unmentioned.
        return Unread(path, f"cannot be analysed: {error!r}")


def analyse(path: str, text: str, size: int, mtime_ns: int, digest: bytes) -> Content:
    """The content of a file whose text is at hand."""
    language = of_path(path, text.partition("\n")[0])
    found = outline(text, language) if language else Outline()
    lines = text.split("\n")
    pieces = []
    for start, end in chunk(lines, {d.start_line for d in found.definitions}):
        words = terms("\n".join(lines[start:end]))
        if len(words) >= 3:
            pieces.append((start, end, " ".join(words)))
    return Content(
        path=path,
        size=size,
        mtime_ns=mtime_ns,
        digest=digest,
        language=language.name if language else "",
        lines=len(lines) - (not lines[-1]),
        outline=found,
        pieces=tuple(pieces),
    )
