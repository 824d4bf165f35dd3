"""The editor's buffers: text, line starts, what was changed last.

The protocol library splits lines as ``str.splitlines`` does, at form feeds and U+2028 too;
LSP does not, and one of them in a file would shift every later edit. So the text is kept
here.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from urllib.parse import quote, unquote

from assistant.positions import offset_at, position_at
from assistant.types import Document, Edit, Position, PositionEncoding, Range

_LINE_END = re.compile(r"\r\n|\r|\n")
_SURROGATE = re.compile("[\ud800-\udfff]")
_EDITS = 64
"""Recent changes kept."""
MOST_CHARACTERS = 2_000_000
"""Of a document whose text is kept; a larger one is data, not code."""


class Buffer:
    """One open document. Offsets count code points; positions are the client's."""

    def __init__(
        self, uri: str, path: Path, text: str, language: str, version: int, in_file: bool
    ) -> None:
        self.uri = uri
        self.path = path
        self.language = language
        self.version = version
        self.in_file = in_file
        """False for a document that has no file yet (``untitled:``) or a foreign scheme."""
        self.text = ""
        self.oversized = False
        """True: the text is not kept, and edits of it are ignored until it comes anew."""
        self._starts: list[int] = [0]
        self._carriage = False
        self._document: Document | None = None
        self.replace_all(text)

    @property
    def lines(self) -> int:
        return len(self._starts)

    def document(self) -> Document:
        """A snapshot that later changes do not touch."""
        if self._document is None:
            self._document = Document(self.path, self.text, self.language, self.version)
        return self._document

    def replace_all(self, text: str) -> None:
        self.oversized = len(text) > MOST_CHARACTERS
        self.text = "" if self.oversized else _clean(text)
        self._document = None
        self._carriage = "\r" in self.text
        self._starts = _line_starts(self.text)

    def line_bounds(self, line: int) -> tuple[int, int]:
        """Offsets of the line's first character and of the end of its text."""
        if line >= len(self._starts):
            return len(self.text), len(self.text)
        start = self._starts[line]
        if line + 1 == len(self._starts):
            return start, len(self.text)
        end = self._starts[line + 1] - 1
        if end > start and self.text[end] == "\n" and self.text[end - 1] == "\r":
            end -= 1
        return start, end

    def offset(self, line: int, character: int, encoding: PositionEncoding) -> int:
        """The offset of a position, clamped to its line and to the text."""
        start, end = self.line_bounds(max(line, 0))
        if character <= 0 or end == start:
            return start
        text = self.text[start:end]
        if text.isascii():
            return min(start + character, end)
        return start + offset_at(text, Position(0, character), encoding)

    def position(self, offset: int, encoding: PositionEncoding) -> Position:
        """The position of an offset, clamped to the text."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self._starts, offset) - 1
        start, end = self.line_bounds(line)
        before = self.text[start : min(offset, end)]
        if before.isascii():
            return Position(line, len(before))
        return Position(line, position_at(before, len(before), encoding).character)

    def edit(self, span: Range, text: str, encoding: PositionEncoding) -> tuple[int, int]:
        """Replace what ``span`` names; returns the offsets of the new text."""
        start = self.offset(span.start.line, span.start.character, encoding)
        end = max(start, self.offset(span.end.line, span.end.character, encoding))
        text = _clean(text)
        old = self.text
        self.text = old[:start] + text + old[end:]
        self._document = None
        if self._carriage or "\r" in text:
            self._carriage = "\r" in self.text
            self._starts = _line_starts(self.text)
        else:
            first = bisect_right(self._starts, start)
            last = bisect_right(self._starts, end)
            fresh = [start + m.end() for m in _LINE_END.finditer(text)]
            shift = len(text) - (end - start)
            if fresh or last > first or shift:
                tail = self._starts[last:]
                self._starts[first:] = fresh + ([s + shift for s in tail] if shift else tail)
        return start, start + len(text)

    def line_of(self, offset: int) -> int:
        return bisect_right(self._starts, offset) - 1


class Documents:
    """Every open buffer, the last used last, and the latest changes."""

    def __init__(self, encoding: PositionEncoding = PositionEncoding.UTF16) -> None:
        self.encoding = encoding
        self._buffers: OrderedDict[str, Buffer] = OrderedDict()
        self._edits: deque[Edit] = deque(maxlen=_EDITS)

    def __iter__(self) -> Iterator[Buffer]:
        return iter(self._buffers.values())

    def __len__(self) -> int:
        return len(self._buffers)

    def open(self, uri: str, text: str, language: str, version: int) -> Buffer:
        path, in_file = path_of(uri)
        buffer = Buffer(uri, path, text, language_name(language, path, text), version, in_file)
        self._buffers[unquote(uri)] = buffer
        return buffer

    def get(self, uri: str) -> Buffer | None:
        return self._buffers.get(unquote(uri))

    def use(self, uri: str) -> None:
        """The user looks at this one now."""
        if unquote(uri) in self._buffers:
            self._buffers.move_to_end(unquote(uri))

    def close(self, uri: str) -> Buffer | None:
        return self._buffers.pop(unquote(uri), None)

    def changed(self, buffer: Buffer, start: int, end: int) -> None:
        """Remember that ``start:end`` of ``buffer`` is new text."""
        first, last = buffer.line_of(start), buffer.line_of(end) + 1
        now = time.monotonic()
        if self._edits:
            latest = self._edits[0]
            # Typing is one change, not one a keystroke.
            if latest.path == buffer.path and latest.start_line - 1 <= first <= latest.end_line:
                first, last = min(first, latest.start_line), max(last, latest.end_line)
                self._edits.popleft()
        self._edits.appendleft(Edit(buffer.path, first, last, now))

    def others(self, buffer: Buffer) -> list[Document]:
        """The open documents beside ``buffer`` whose text is kept, the last used first."""
        others = (b for b in reversed(self._buffers.values()) if b is not buffer)
        return [b.document() for b in others if not b.oversized]

    def edits(self) -> list[Edit]:
        """The latest changes, the newest first."""
        return list(self._edits)


def path_of(uri: str) -> tuple[Path, bool]:
    """A document's path, and whether it is a file on this machine."""
    from pygls.uris import to_fs_path

    if uri.startswith("file:"):
        found = to_fs_path(uri)
        if found:
            return Path(found), True
    scheme, _, rest = uri.partition(":")
    # Absolute and unlike any real path: such a document belongs to no workspace folder.
    name = quote(unquote(rest).rsplit("/", 1)[-1], safe=" .") or "document"
    return Path("/") / f"{scheme or 'untitled'}:" / name, False


def language_name(identifier: str, path: Path, text: str = "") -> str:
    """The project's name for a client's language identifier, else by the file's name."""
    from assistant.syntax.language import of_document

    language = of_document(path, text, identifier)
    return language.name if language else ""


def _line_starts(text: str) -> list[int]:
    if "\r" in text:
        return [0, *(m.end() for m in _LINE_END.finditer(text))]
    return list(accumulate((len(line) + 1 for line in text.split("\n")[:-1]), initial=0))


def _clean(text: str) -> str:
    """``text`` without lone surrogates, which JSON may carry and no encoder takes.

    Both count one UTF-16 unit, so positions stay.
    """
    if text.isascii():
        return text
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
