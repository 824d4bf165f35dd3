"""The workspace's files as commands read them: unsaved buffers win over the disk."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path, PurePosixPath

from assistant.commands.protocol import Place
from assistant.context.reading import decode
from assistant.context.walk import is_watched
from assistant.syntax import Language, Outline, of_document, outline
from assistant.syntax.symbols import Definition
from assistant.types import Document

LARGEST = 1 << 20
"""Bytes of a file that is read."""


class Sources:
    """Texts by path, relative to the workspace folder with ``/``. Lives as long as one command.

    Nothing outside the folder is read, nor what its rules ignore: a path may come from a model.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.root = place.root.resolve() if place.root is not None else None
        self._texts: dict[str, str | None] = {}
        self._outlines: dict[str, Outline] = {}
        for document in (*reversed(place.open_documents), place.document):
            self._texts[self.relative(document.path) or document.path.name] = document.text

    @cached_property
    def here(self) -> str:
        """The path of the command's own document."""
        return self.relative(self.place.document.path) or self.place.document.path.name

    @cached_property
    def open(self) -> list[str]:
        """The paths of the open documents, the command's own first."""
        found = (self.relative(document.path) for document in self.place.open_documents)
        return list(dict.fromkeys([self.here, *(path for path in found if path is not None)]))

    def relative(self, path: Path) -> str | None:
        """``path`` below the workspace folder; None when it lies elsewhere."""
        for root in (self.place.root, self.root):
            if root is not None and path.is_relative_to(root):
                return path.relative_to(root).as_posix()
        return None

    def find(self, written: str) -> str | None:
        """The file that somebody means by ``written``, absolute or relative; None when there is
        none in the workspace."""
        path = Path(written)
        relative = self.relative(path) if path.is_absolute() else PurePosixPath(written).as_posix()
        if relative is not None and self.text(relative) is not None:
            return relative
        beside = (PurePosixPath(self.here).parent / written).as_posix()
        return beside if not path.is_absolute() and self.text(beside) is not None else None

    def text(self, path: str) -> str | None:
        """The text of ``path``; None where there is none that may be shown."""
        if path not in self._texts:
            self._texts[path] = self._read(path)
        return self._texts[path]

    def lines(self, path: str) -> list[str]:
        """The lines of ``path``, as editors count them; none where it has no text."""
        # ``str.splitlines`` ends some at form feeds and U+2028 as well.
        lines = (self.text(path) or "").split("\n")
        return [line.removesuffix("\r") for line in (lines if lines[-1] else lines[:-1])]

    def line(self, path: str, number: int) -> str | None:
        """One line, 0-based; None when there is none."""
        lines = self.lines(path)
        return lines[number] if 0 <= number < len(lines) else None

    def language(self, path: str) -> Language | None:
        given = self.place.document.language if path == self.here else ""
        return of_document(path, self.text(path) or "", given)

    def outline(self, path: str) -> Outline:
        """What the file defines, as it stands now; empty where nobody knows."""
        if path not in self._outlines:
            text, language = self.text(path), self.language(path)
            self._outlines[path] = outline(text, language) if text and language else Outline()
        return self._outlines[path]

    def around(self, path: str, line: int) -> Definition | None:
        """The innermost function or class around a line, 0-based."""
        around = [
            definition
            for definition in self.outline(path).definitions
            if definition.start_line <= line < definition.end_line
            and definition.end_line - definition.start_line > 1
        ]
        return min(around, key=lambda each: each.end_line - each.start_line, default=None)

    def document(self, path: str) -> Document | None:
        text = self.text(path)
        if text is None or self.root is None:
            return None
        return Document(self.root / path, text)

    def _read(self, path: str) -> str | None:
        if self.root is None or not path or ".." in PurePosixPath(path).parts or "\0" in path:
            return None
        file = self.root / path
        try:
            inside = file.resolve().is_relative_to(self.root)
            if not inside or not file.is_file() or file.stat().st_size > LARGEST:
                return None
            return decode(file.read_bytes()) if is_watched(self.root, file) else None
        except OSError:
            return None
