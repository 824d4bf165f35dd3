"""Brackets, strings and comments, followed line by line through text that is still growing.

A parser needs the whole text; a streamed answer is cut while it arrives. This reader keeps
only what is open: good enough to say that a bracket of the answer has no partner in it, or
that a line begins inside a string.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from assistant.completion.lines import CLOSERS, OPENERS, width
from assistant.syntax import Language

_CHAR_LITERALS = {"c", "cpp", "csharp", "java", "go", "rust", "kotlin", "scala", "swift"}
"""Where ``'`` encloses one character (or marks a lifetime), not a string."""
_TRIPLE = {"python", "kotlin", "scala", "swift", "java", "csharp"}
_BACKTICK = {"javascript", "typescript", "typescriptreact", "go"}
_SPANNING = {"rust": '"', "shellscript": "\"'", "php": "\"'", "sql": "'", "ruby": "\"'"}
"""Quotes whose strings may go on over the line's end."""
_REGEX = {"javascript", "typescript", "typescriptreact"}
_PROSE = {"html", "markdown", "plaintext", "xml", "rst"}
"""Where brackets need not pair."""
_MAX_LINE = 2000


@dataclass(frozen=True, slots=True)
class Opener:
    """A bracket that is open: the character, and the columns of indentation of its line.

    ``line`` counts the lines read, from 0.
    """

    char: str
    indent: int
    line: int


@dataclass(frozen=True, slots=True)
class Stray:
    """A closing bracket that closed something opened before the reader's mark, or nothing."""

    at: int
    char: str
    opener: Opener | None


class Brackets:
    """Reads lines in order. ``stack`` holds the open brackets, the innermost last."""

    def __init__(self, language: Language | None, tab_width: int = 4) -> None:
        self._name = language.name if language else ""
        self._pattern = _pattern(language)
        self._block_end = language.block_comment[1] if language and language.block_comment else ""
        self._tab_width = tab_width
        self.stack: list[Opener] = []
        self.quote = ""
        """What ends the string that is open; empty outside strings."""
        self.in_comment = False
        self.lines = 0
        self.lowest = 0
        """The smallest height of the stack while the last line was read."""

    def copy(self) -> Brackets:
        other = object.__new__(Brackets)
        other.__dict__.update(self.__dict__)
        other.stack = list(self.stack)
        return other

    @classmethod
    def at(
        cls,
        language: Language | None,
        tab_width: int,
        preceding: Sequence[str],
        line_prefix: str,
    ) -> Brackets:
        """What is open at the end of ``line_prefix``, read from the last line before it that
        is not indented. The current line is then line number ``lines``."""
        state = cls(language, tab_width)
        begin = len(preceding)
        if not line_prefix or line_prefix[0] in " \t":
            while begin > 0:
                begin -= 1
                line = preceding[begin]
                if line and line[0] not in " \t})]{#/*":
                    break
        for line in preceding[begin:]:
            state.line(line[:_MAX_LINE])
        state.line(line_prefix[-_MAX_LINE:], complete=False)
        return state

    @property
    def in_text(self) -> bool:
        """Whether the next line begins inside a string or a comment."""
        return bool(self.quote) or self.in_comment

    def line(
        self, text: str, complete: bool = True, mark: int = 0, indent: int | None = None
    ) -> list[Stray]:
        """Reads one line, without its end. Gives the closers that have no opener above ``mark``.

        ``mark`` is a height of the stack: openers below it count as outside. With
        ``complete`` false the text is the start of a line that goes on, so a line comment or
        a string that is open stays so. ``indent`` is the line's, when ``text`` is not its start.
        """
        if indent is None:
            indent = width(text, self._tab_width)
        strays: list[Stray] = []
        self.lowest = len(self.stack)
        at = self._leave(text) if self.in_text else 0
        if at < 0:
            self.lines += complete
            return strays
        while match := self._pattern.search(text, at):
            kind = match.lastgroup
            token = match[0]
            at = match.end()
            if kind == "open":
                self.stack.append(Opener(token, indent, self.lines))
            elif kind == "close":
                mark = self._close(token, match.start(), mark, strays)
            elif kind == "linecomment":
                self.in_comment = not complete
                break
            elif kind in ("blockcomment", "begin"):
                if kind == "begin":
                    self.quote = token
                else:
                    self.in_comment = True
                at = self._leave(text, match.end())
                if at < 0:
                    break
            elif kind == "unended":
                if not complete or token[0] in _SPANNING.get(self._name, ""):
                    self.quote = token[0]
                break
        self.lines += complete
        return strays

    def _close(self, char: str, at: int, mark: int, strays: list[Stray]) -> int:
        """Pops the partner of a closer, and what was left open inside it. Gives the new mark."""
        wanted = CLOSERS[char]
        height = len(self.stack)
        while height and self.stack[height - 1].char != wanted:
            height -= 1
        if not height:
            strays.append(Stray(at, char, None))
            return mark
        opener = self.stack[height - 1]
        if height <= mark:
            strays.append(Stray(at, char, opener))
            mark = height - 1
        del self.stack[height - 1 :]
        self.lowest = min(self.lowest, len(self.stack))
        return mark

    def _leave(self, text: str, start: int = 0) -> int:
        """Where the open string or comment ends in ``text``; -1 when it goes on."""
        end = self.quote or self._block_end
        at = start
        while end and (found := text.find(end, at)) >= 0:
            slashes = len(text[start:found]) - len(text[start:found].rstrip("\\"))
            if self.quote and self._escapes() and slashes % 2:
                at = found + 1
                continue
            self.quote = ""
            self.in_comment = False
            return found + len(end)
        return -1

    def _escapes(self) -> bool:
        return not (self._name == "go" and self.quote == "`") and self._name != "sql"


def closing(openers: list[Opener]) -> str:
    """The closing brackets for ``openers``, the innermost first."""
    return "".join(OPENERS[opener.char] for opener in reversed(openers))


@cache
def _pattern(language: Language | None) -> re.Pattern[str]:
    """What matters to the reader, the first alternative that matches wins."""
    name = language.name if language else ""
    if name in _PROSE:
        return re.compile(r"(?P<open>(?!))")
    parts = [*_comments(name, language), *_strings(name)]
    parts.append(r"(?P<open>[(\[{])|(?P<close>[)\]}])")
    return re.compile("|".join(parts), re.DOTALL)


def _comments(name: str, language: Language | None) -> list[str]:
    parts: list[str] = []
    if language and language.block_comment:
        parts.append(f"(?P<blockcomment>{re.escape(language.block_comment[0])})")
    if language and language.line_comment:
        mark = re.escape(language.line_comment)
        if name == "shellscript":  # "$#" and "${#x}" are no comments
            mark = r"(?:(?<=\s)|^)" + mark
        if name == "php":
            mark = rf"(?:{mark}|\#(?!\[))"
        parts.append(f"(?P<linecomment>{mark})")
    return parts


def _strings(name: str) -> list[str]:
    parts: list[str] = []
    begin = ['"""'] if name in _TRIPLE else []
    begin += ["'''"] if name == "python" else []
    begin += ["`"] if name in _BACKTICK else []
    if begin:
        parts.append(f"(?P<begin>{'|'.join(begin)})")
    if name in _REGEX:
        parts.append(
            r"(?P<regex>(?<=[=(,:!&|?{};\[])\s*/(?![*/])"
            r"(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\[])+/[a-z]*)"
        )
    quotes = ['"', "'"]
    if name in _CHAR_LITERALS:
        parts.append(r"(?P<char>'(?:\\[^']*|[^'\\])')")
        quotes = ['"']
    elif not name:
        quotes = ['"']  # an apostrophe in unknown text is more likely a word's than a string's
    for index, quote in enumerate(quotes):
        doubled = rf"(?:{quote}{quote}|[^{quote}])*"
        body = doubled if name == "sql" else rf"(?:\\.|[^{quote}\\])*"
        parts.append(f"(?P<string{index}>{quote}{body}{quote})")
    parts.append(rf"(?P<unended>[{''.join(quotes)}].*$)")
    return parts
