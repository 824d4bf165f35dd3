"""Markdown of a model, passed on line by line: every ``file:line`` in it is checked.

A model names places that it has never seen. What is there becomes a link, what is not there is
taken out; a number such as ``[2]`` becomes a link to the material that it stands for. Targets of
any other kind are taken out as well: an address in an answer may carry a repository's text away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from assistant.commands.sources import Sources
from assistant.syntax import of_path

_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_PATH = r"/?(?:[\w@+-][\w.@+-]*/|\.{1,2}/)*[\w@+-][\w.@+-]*"
_LINE = r"(?::|#L)(?P<{0}>\d+)(?:[-–]L?\d+)?(?::\d+)?"  # noqa: RUF001 - a dash of prose
_TOKEN = re.compile(
    r"!?\[(?P<shown>[^\]\n]*)\]\((?P<target>[^)\n]*)\)"
    r"|(?P<ticks>`+)(?P<code>.+?)(?P=ticks)"
    r"|(?<![\w\]])\[(?P<numbers>\d{1,3}(?:\s*,\s*\d{1,3})*)\](?![(\[])"
    rf"|(?<![\w/.:@-])(?P<path>{_PATH}){_LINE.format('line')}(?!\w)"
    rf"|(?<![\w/.:@-])`?(?P<said>{_PATH}\.\w+)`?,?\s+(?:(?:on|at)\s+)?lines?\s+(?P<on>\d+)"
    rf"|\b[Ll]ines?\s+(?P<first>\d+)(?:[-–]\d+)?\s+(?:of|in)\s+`?(?P<of>{_PATH}\.\w+)`?"  # noqa: RUF001
)
_PLACE = re.compile(rf"(?P<path>{_PATH}){_LINE.format('line')}")
_DEFINITION = re.compile(r"\s{0,3}\[[^\]]+\]:\s*\S")
_TEXTS = (".md", ".rst", ".txt", ".toml", ".json", ".yaml", ".yml", ".cfg", ".ini", ".xml")
_NAME = re.compile(r"[\w.:]*?([^\W\d]\w*)(?:\(.*\))?")
_GONE = "\0"
_NEAR = 3
"""Lines around a link in which the name that it is given for must stand."""
_LONGEST = 4_000
"""Characters of a line; a longer one is passed on in pieces."""


def link(path: str, line: int) -> str:
    """Markdown for one place; ``line`` is 0-based."""
    return f"[{path}:{line + 1}]({quote(path)}#L{line + 1})"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is known of the code: a place (``line`` is 0-based), and what is there."""

    path: str
    line: int
    what: str
    text: str = ""

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line + 1}"

    @property
    def markdown(self) -> str:
        shown = f": {code(self.text)}" if self.text else ""
        return f"{link(self.path, self.line)} {self.what}{shown}"


def code(text: str) -> str:
    """One line as Markdown's inline code, whatever it holds."""
    text = " ".join(text.split())
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def fenced(text: str, language: str = "") -> str:
    """A block that nothing in ``text`` can close."""
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


class Checked:
    """Takes Markdown as it comes and says what of it holds. ``facts`` are numbered from 1."""

    def __init__(self, sources: Sources, facts: Sequence[Fact], say: Callable[[str], None]) -> None:
        self.sources = sources
        self.facts = facts
        self.said = ""
        self.removed = 0
        """Links that were taken out."""
        self.kept = 0
        self._say = say
        self._rest = ""
        self._fence = ""

    def feed(self, text: str) -> None:
        self._rest += text.replace(_GONE, "")
        while "\n" in self._rest or len(self._rest) > _LONGEST:
            line, newline, self._rest = self._rest.partition("\n")
            if not newline:
                line, self._rest = line[:_LONGEST], line[_LONGEST:]
            self.add(self._line(line) + newline)

    def finish(self) -> str:
        """The last line, and what was said altogether."""
        if self._rest:
            self.add(self._line(self._rest))
            self._rest = ""
        if self._fence:
            self.add(f"\n{self._fence}\n")
            self._fence = ""
        return self.said

    def add(self, markdown: str) -> None:
        """Say what needs no check."""
        if markdown:
            self.said += markdown
            self._say(markdown)

    def _line(self, line: str) -> str:
        fence = _FENCE.match(line)
        if self._fence:
            if fence and fence[1].startswith(self._fence) and not line.strip("`~ \t\r"):
                self._fence = ""
            return line
        if fence:
            self._fence = fence[1]
            return line
        if _DEFINITION.match(line):
            self.removed += 1
            return ""
        parts: list[str] = []
        at, name = 0, ""
        for token in _TOKEN.finditer(line):
            between = line[at : token.start()]
            # A name speaks for the place that follows it at once.
            name = name if len(between) <= 12 and not re.search(r"[.;!?]\s", between) else ""
            parts += [_plain(between), self._token(token, name)]
            span = token["code"] or token["shown"] or ""
            name = span if _NAME.fullmatch(span) else ""
            at = token.end()
        return _without_gone("".join([*parts, _plain(line[at:])]))

    def _token(self, token: re.Match[str], name: str) -> str:
        found = token.groupdict()
        if found["target"] is not None:
            return self._link(found["shown"], found["target"], name)
        if found["code"] is not None:
            place = _PLACE.fullmatch(found["code"].strip())
            if place is None or not _is_file(place["path"]):
                return token[0]
            return self._place(place["path"], place["line"], name)
        if found["numbers"] is not None:
            return ", ".join(self._number(int(number)) for number in found["numbers"].split(","))
        path = found["path"] or found["said"] or found["of"]
        if not _is_file(path):
            return _plain(token[0])
        return self._place(path, found["line"] or found["on"] or found["first"], name)

    def _number(self, number: int) -> str:
        if not 0 < number <= len(self.facts):
            return self._no_link()
        self.kept += 1
        return link(self.facts[number - 1].path, self.facts[number - 1].line)

    def _link(self, shown: str, target: str, name: str) -> str:
        bare = shown.strip("` ")
        name = bare if _NAME.fullmatch(bare) else name
        written = unquote(target.strip().removeprefix("file://"))
        place = _PLACE.fullmatch(written) or _PLACE.fullmatch(bare)
        kept = self._place(place["path"], place["line"], name) if place else self._no_link()
        if _PLACE.fullmatch(bare):
            return kept
        return _plain(shown) if kept == _GONE else f"{_plain(shown)} ({kept})"

    def _place(self, written: str, number: str, name: str) -> str:
        path, line = self.sources.find(written), int(number) - 1
        if path is None or self.sources.line(path, line) is None:
            return self._no_link()
        if found := _NAME.fullmatch(name):
            near = "\n".join(self.sources.lines(path)[max(0, line - _NEAR) : line + _NEAR + 1])
            if not re.search(rf"\b{re.escape(found[1])}\b", near):
                return self._no_link()
        self.kept += 1
        return link(path, line)

    def _no_link(self) -> str:
        self.removed += 1
        return _GONE


def _is_file(path: str) -> bool:
    """Whether that can only be a file: ``host.name:80`` and ``12.5:1`` are none."""
    return "/" in path or path.endswith(_TEXTS) or of_path(path) is not None


def _plain(text: str) -> str:
    """Prose, in which no HTML is let through."""
    return re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text)


def _without_gone(line: str) -> str:
    """``line`` without the words that only led to a link that was taken out."""
    if _GONE not in line:
        return line
    gone = rf"{_GONE}(?:(?:\s*,|\s+and)?\s*{_GONE})*"
    lead = r"(?:see|in|at|from|on|defined in)\s+"
    line = re.sub(rf"(?i),\s*(?:{lead})?{gone}(?=\s*(?:,\s*\[|[).;!?]|$))", "", line)
    line = re.sub(rf"(?i)\s*[(\[](?:{lead})?{gone}[)\]]", "", line)
    line = re.sub(rf"(?i)\s*(?:\b{lead})?{gone}", "", line)
    return line.replace(_GONE, "")
