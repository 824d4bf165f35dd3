"""What is edited: the selected lines, the function or class at the cursor, or the file."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

from assistant.commands.protocol import Place
from assistant.commands.sources import Sources
from assistant.completion.lines import leading, newline_of
from assistant.syntax.language import Language

_TODO = re.compile(r"(?:#|//|/\*|<!--|--|;|%)[^\n]*?\b(?:TODO|FIXME)\b(?:\([^)\n]*\))?:?\s*(\S.*)")
TEXT = Language("", (), lambda: None)
"""What nobody knows the language of is edited as well."""
_ENDS = re.compile(r"\s*(?:\*/|-->)\s*$")


@dataclass(frozen=True, slots=True)
class Region:
    """``start`` and ``end`` are offsets into ``text``, at the start of a line and before the end
    of one. ``what`` names it for the model."""

    text: str
    start: int
    end: int
    what: str
    language: Language

    @property
    def written(self) -> str:
        return self.text[self.start : self.end].replace("\r\n", "\n")

    @property
    def source(self) -> str:
        """Without the indentation that all its lines have."""
        return textwrap.dedent(self.written)

    @property
    def decorators(self) -> str:
        """The lines before the definition that decorate it."""
        found = re.match(r"(?:@[^\n]*\n)+", self.source)
        return found[0] if found else ""

    @property
    def opening(self) -> str:
        return self.source

    @property
    def qualified(self) -> str:
        return self.what

    @property
    def is_whole(self) -> bool:
        """Whether it is the file."""
        return not (self.text[: self.start] + self.text[self.end :]).strip()

    def keeps(self, text: str | None) -> bool:
        """Whether ``text`` differs within these lines alone, if at all."""
        if text is None:
            return True
        before, after = self.text[: self.start], self.text[self.end :]
        long_enough = len(text) >= len(before) + len(after)
        return long_enough and text.startswith(before) and text.endswith(after)

    def replaced(self, code: str) -> str:
        """The whole text with ``code``, which is written without the common indentation."""
        own = [line for line in self.written.split("\n") if line.strip()]
        indent = min((leading(line) for line in own), key=len, default="")
        new = textwrap.indent(textwrap.dedent(code).strip("\n").rstrip(), indent)
        if self.is_whole and new:
            new += "\n"
        newline = newline_of(self.text) if self.text else "\n"
        new = new.replace("\n", newline)
        return new if self.is_whole else self.text[: self.start] + new + self.text[self.end :]


def region_at(place: Place, sources: Sources) -> Region:
    """Whole lines, always."""
    text, path = place.document.text, place.shown_path
    language = sources.language(sources.here) or TEXT
    if place.selected.strip():
        end = place.end - (text[: place.end].endswith("\n"))
        first, last = _whole_lines(text, place.start, max(end, place.start))
        one, other = (text.count("\n", 0, at) + 1 for at in (first, last))
        what = f"line {one}" if one == other else f"lines {one} to {other}"
        return Region(text, first, last, f"{what} of {path}", language)
    line = text.count("\n", 0, place.start)
    found = sources.around(sources.here, line)
    if found is None:
        return Region(text, 0, len(text), f"the file {path}", language)
    lines = text.split("\n")
    first_line = found.start_line
    # What decorates it belongs to it.
    while first_line and lines[first_line - 1].lstrip().startswith("@"):
        first_line -= 1
    start = sum(len(each) + 1 for each in lines[:first_line])
    end = sum(len(each) + 1 for each in lines[: found.end_line]) - 1
    name = f"{found.parent}.{found.name}" if found.parent else found.name
    end = min(end, len(text)) - text[:end].endswith("\r")
    return Region(text, start, end, f"the {found.kind} `{name}` of {path}", language)


def todo(place: Place) -> str:
    """What a TODO on the lines of the place asks for; empty where there is none."""
    start, end = _whole_lines(place.document.text, place.start, place.end)
    found = _TODO.search(place.document.text[start:end])
    return _ENDS.sub("", found[1]).strip() if found else ""


def _whole_lines(text: str, start: int, end: int) -> tuple[int, int]:
    last = text.find("\n", end)
    last = len(text) if last < 0 else last
    return text.rfind("\n", 0, start) + 1, last - text[:last].endswith("\r")
