"""Markdown of a model, passed on word by word: every ``file:line`` in it is checked.

A model names places that it has never seen. What is there becomes a link, what is not there is
taken out; a number such as ``[2]`` becomes a link to the material that it stands for. Targets of
any other kind are taken out as well, and a bare address becomes inline code, which no viewer
follows: an address in an answer may carry a repository's text away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from assistant.commands.settled import GONE, cuts, open_to_the_right
from assistant.commands.sources import Sources
from assistant.syntax import of_path

_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_PATH = r"/?(?:[\w@+-][\w.@+-]*/|\.{1,2}/)*[\w@+-][\w.@+-]*"
_LINE = r"(?::|#L)(?P<{0}>\d+)(?:[-–]L?\d+)?(?::\d+)?"  # noqa: RUF001 - a dash of prose
_ADDRESS = re.compile(
    r"(?<!\w)(?:[A-Za-z][A-Za-z0-9+.-]*://|[Ww]{3}\.)[^\s<>`]*[^\s<>`.,;:!?)'\"*_\]}]"
)
_TOKEN = re.compile(
    rf"(?P<address>{_ADDRESS.pattern})"
    r"|!?\[(?P<shown>[^\]\n]*)\]\((?P<target>[^)\n]*)\)"
    r"|(?P<ticks>`+)(?P<code>.+?)(?P=ticks)"
    r"|(?<![\w\]])\[(?P<numbers>\d{1,3}(?:\s*,\s*\d{1,3})*)\](?![(\[])"
    rf"|(?<![\w/.:@-])(?P<path>{_PATH}){_LINE.format('line')}(?!\w)"
    rf"|(?<![\w/.:@-])`?(?P<said>{_PATH}\.\w+)`?,?\s+(?:(?:on|at)\s+)?lines?\s+(?P<on>\d+)"
    rf"|\b[Ll]ines?\s+(?P<first>\d+)(?:[-–]\d+)?\s+(?:of|in)\s+`?(?P<of>{_PATH}\.\w+)`?"  # noqa: RUF001
)
_PLACE = re.compile(rf"(?P<path>{_PATH}){_LINE.format('line')}")
_DEFINITION = re.compile(r"\s{0,3}\[[^\]]+\]:\s*\S")
_UNDECIDED = re.compile(r"\s*(?:\[[^\]]*(?:\]:\s*)?)?\Z")
"""The beginning of a line that may become a definition."""
_TEXTS = (".md", ".rst", ".txt", ".toml", ".json", ".yaml", ".yml", ".cfg", ".ini", ".xml")
_NAME = re.compile(r"[\w.:]*?([^\W\d]\w*)(?:\(.*\))?")
_NEAR = 3
"""Lines around a link in which the name that it is given for must stand."""
_LONGEST = 4_000
"""Characters that are held back; more than that are passed on as they stand."""
_FURTHEST = 12
"""Characters between a name and the place that it is given for."""


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
    """Takes Markdown as it comes and says what of it holds, as soon as nothing that may follow
    can change it. ``facts`` are numbered from 1."""

    def __init__(self, sources: Sources, facts: Sequence[Fact], say: Callable[[str], None]) -> None:
        self.sources = sources
        self.facts = facts
        self.said = ""
        self.removed = 0
        """Links that were taken out."""
        self.kept = 0
        self._say = say
        self._rest = ""
        """Of the line, what was not said yet."""
        self._fence = ""
        self._raw = self._dropped = False
        """Whether the line is one of a block, or one that is left out."""
        self._raw_line = ""
        self._begun = False
        """Whether some of the line was said."""
        self._name = self._since = ""
        """What was named last on the line, and the text since."""

    def feed(self, text: str) -> None:
        # A piece ends where a word does, wherever the model's pieces end.
        for piece in re.findall(r"\S*\n|\S*[^\S\n]|\S+", text.replace(GONE, "")):
            while len(self._rest) + len(piece) > _LONGEST:
                room = _LONGEST - len(self._rest)
                self._rest, piece = self._rest + piece[:room], piece[room:]
                self._say_settled(anyway=True)
            self._rest += piece
            if piece.endswith("\n"):
                self._rest = self._rest[:-1]
                self._end_line("\n")
            elif piece[-1].isspace():
                self._say_settled()

    def finish(self) -> str:
        """The last line, and what was said altogether."""
        self._end_line("")
        if self._fence:
            self.add(f"\n{self._fence}\n")
            self._fence = ""
        return self.said

    def add(self, markdown: str) -> None:
        """Say what needs no check."""
        if markdown:
            self.said += markdown
            self._say(markdown)

    def _end_line(self, newline: str) -> None:
        self._look_at_beginning()
        if self._raw:
            self._pass_raw()
            self._in_or_out(self._raw_line)
        shown = "" if self._dropped else _without_gone(self._marked(self._rest))
        self.add(shown + newline)
        self._rest = self._raw_line = self._name = self._since = ""
        self._begun = self._dropped = False
        self._raw = bool(self._fence)

    def _say_settled(self, anyway: bool = False) -> None:
        """Say what of the unfinished line is settled; all of it ``anyway``."""
        self._look_at_beginning()
        if self._raw:
            self._pass_raw()
        elif self._dropped:
            self._rest = ""
        elif anyway:
            self.add(_without_gone(self._marked(self._rest)))
            self._rest, self._begun = "", True
        elif self._begun or not _UNDECIDED.match(self._rest):
            self._say_longest()

    def _say_longest(self) -> None:
        before = self.kept, self.removed, self._name, self._since
        for cut in cuts(self._rest, _TOKEN):
            marked = self._marked(self._rest[:cut])
            shown = _without_gone(marked)
            if not (open_to_the_right(marked) or open_to_the_right(shown)):
                self._rest, self._begun = self._rest[cut:], True
                self.add(shown)
                return
            self.kept, self.removed, self._name, self._since = before

    def _look_at_beginning(self) -> None:
        if self._begun or self._raw or self._dropped:
            return
        self._raw = _FENCE.match(self._rest) is not None
        if not self._raw and _DEFINITION.match(self._rest):
            self.removed += 1
            self._dropped = True

    def _pass_raw(self) -> None:
        self._raw_line += self._rest
        self.add(self._rest)
        self._rest = ""

    def _in_or_out(self, line: str) -> None:
        """A line of a block has ended: whether the block begins, goes on or ends with it."""
        fence = _FENCE.match(line)
        if not self._fence:
            self._fence = fence[1] if fence else ""
        elif fence and fence[1].startswith(self._fence) and not line.strip("`~ \t\r"):
            self._fence = ""

    def _marked(self, text: str) -> str:
        """``text``, checked, with a mark in place of each link that was taken out."""
        parts: list[str] = []
        at = 0
        for token in _TOKEN.finditer(text):
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
        return GONE


def _is_file(path: str) -> bool:
    """Whether that can only be a file: ``host.name:80`` and ``12.5:1`` are none."""
    return "/" in path or path.endswith(_TEXTS) or of_path(path) is not None


def _plain(text: str) -> str:
    """Prose, in which no HTML is let through."""
    return re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text)


def _without_gone(line: str) -> str:
    """``line`` without the words that only led to a link that was taken out."""
    if GONE not in line:
        return line
    gone = rf"{GONE}(?:(?:\s*,|\s+and)?\s*{GONE})*"
    lead = r"(?:see|in|at|from|on|defined in)\s+"
    line = re.sub(rf"(?i),\s*(?:{lead})?{gone}(?=\s*(?:,\s*\[|[).;!?]|$))", "", line)
    line = re.sub(rf"(?i)\s*[(\[](?:{lead})?{gone}[)\]]", "", line)
    line = re.sub(rf"(?i)\s*(?:\b{lead})?{gone}", "", line)
    return line.replace(GONE, "")
