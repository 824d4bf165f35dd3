"""Prose of a model, in which every place is looked up.

What is there becomes a link, what is not there is taken out; a number such as ``[2]`` becomes a
link to the material that it stands for. Targets of any other kind are taken out as well, and a bare
address becomes inline code, which no viewer follows: an address in an answer may carry a
repository's text away.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote

from assistant.commands.links import Fact, code, link
from assistant.commands.settled import GONE
from assistant.commands.sources import Sources
from assistant.syntax import of_path

_PATH = r"/?(?:[\w@+-][\w.@+-]*/|\.{1,2}/)*[\w@+-][\w.@+-]*"
_LINE = r"(?::|#L)(?P<{0}>\d+)(?:[-–]L?\d+)?(?::\d+)?"  # noqa: RUF001 - a dash of prose
_ADDRESS = re.compile(
    r"(?<!\w)(?:[A-Za-z][A-Za-z0-9+.-]*://|[Ww]{3}\.)[^\s<>`]*[^\s<>`.,;:!?)'\"*_\]}]"
)
TOKEN = re.compile(
    rf"(?P<address>{_ADDRESS.pattern})"
    r"|!?\[(?P<shown>[^\]\n]*)\]\((?P<target>[^)\n]*)\)"
    r"|(?P<ticks>`+)(?P<code>.+?)(?P=ticks)"
    r"|(?<![\w\]])\[(?P<numbers>\d{1,3}(?:\s*,\s*\d{1,3})*)\](?![(\[])"
    rf"|(?<![\w/.:@-])(?P<path>{_PATH}){_LINE.format('line')}(?!\w)"
    rf"|(?<![\w/.:@-])`?(?P<said>{_PATH}\.\w+)`?,?\s+(?:(?:on|at)\s+)?lines?\s+(?P<on>\d+)"
    rf"|\b[Ll]ines?\s+(?P<first>\d+)(?:[-–]\d+)?\s+(?:of|in)\s+`?(?P<of>{_PATH}\.\w+)`?"  # noqa: RUF001
)
_PLACE = re.compile(rf"(?P<path>{_PATH}){_LINE.format('line')}")
TEXTS = (".md", ".rst", ".txt", ".toml", ".json", ".yaml", ".yml", ".cfg", ".ini", ".xml")
"""How files end that are text, and of no programming language."""
_NAME = re.compile(r"[\w.:]*?([^\W\d]\w*)(?:\(.*\))?")
_NEAR = 3
"""Lines around a link in which the name that it is given for must stand."""
_FURTHEST = 12
"""Characters between a name and the place that it is given for."""


class Lookup:
    """Looks up the places of one text, piece by piece. ``facts`` are numbered from 1."""

    def __init__(self, sources: Sources, facts: Sequence[Fact]) -> None:
        self.sources = sources
        self.facts = facts
        self.kept = 0
        self.removed = 0
        """Links that were taken out."""
        self._name = self._since = ""
        """What was named last on the line, and the text since."""

    def new_line(self) -> None:
        """What was named does not speak for places on another line."""
        self._name = self._since = ""

    def snapshot(self) -> tuple[int, int, str, str]:
        return self.kept, self.removed, self._name, self._since

    def restore(self, before: tuple[int, int, str, str]) -> None:
        self.kept, self.removed, self._name, self._since = before

    def marked(self, text: str) -> str:
        """``text``, checked, with a mark in place of each link that was taken out."""
        parts: list[str] = []
        at = 0
        for token in TOKEN.finditer(text):
            between = text[at : token.start()]
            since = self._since + between
            # A name speaks for the place that follows it at once.
            near = len(since) <= _FURTHEST and not re.search(r"[.;!?]\s", since)
            parts += [_plain(between), self._token(token, self._name if near else "")]
            span = token["code"] or token["shown"] or ""
            self._name = span if _NAME.fullmatch(span) else ""
            self._since, at = "", token.end()
        parts.append(_plain(text[at:]))
        # One more than what still counts says that it does not.
        self._since = (self._since + text[at:])[: _FURTHEST + 1]
        return "".join(parts)

    def _token(self, token: re.Match[str], name: str) -> str:
        found = token.groupdict()
        if found["address"] is not None:
            return code(found["address"])
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
        shown = _ADDRESS.sub(lambda address: code(address[0]), _plain(shown))
        return shown if kept == GONE else f"{shown} ({kept})"

    def _place(self, written: str, number: str, name: str) -> str:
        # A model echoes how the user mentioned a file: ``@src/app.py:3``.
        path = self.sources.find(written) or self.sources.find(written.lstrip("@"))
        line = int(number) - 1
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
        return GONE


def _is_file(path: str) -> bool:
    """Whether that can only be a file: ``host.name:80`` and ``12.5:1`` are none."""
    return "/" in path or path.endswith(TEXTS) or of_path(path) is not None


def _plain(text: str) -> str:
    """Prose, in which no HTML is let through."""
    return re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text)


def without_gone(line: str) -> str:
    """``line`` without the words that only led to a link that was taken out."""
    if GONE not in line:
        return line
    gone = rf"{GONE}(?:(?:\s*,|\s+and)?\s*{GONE})*"
    lead = r"(?:see|in|at|from|on|defined in)\s+"
    line = re.sub(rf"(?i),\s*(?:{lead})?{gone}(?=\s*(?:,\s*\[|[).;!?]|$))", "", line)
    line = re.sub(rf"(?i)\s*[(\[](?:{lead})?{gone}[)\]]", "", line)
    line = re.sub(rf"(?i)\s*(?:\b{lead})?{gone}", "", line)
    return line.replace(GONE, "")
