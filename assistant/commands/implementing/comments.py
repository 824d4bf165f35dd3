"""The comment at a place, and whether it asks for code."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from assistant.commands.functions import Function, functions
from assistant.syntax import of_document
from assistant.syntax.language import Language
from assistant.syntax.tree import parse
from assistant.types import Document

_VERBS = """
    accept add append apply ask assert attach average break build cache calculate call change
    check choose clean clear close collect combine compare compute connect convert copy count
    create decode decrypt define delete describe detect determine display divide download draw
    drop encode encrypt ensure evaluate exclude execute expand extract fetch fill filter find
    flatten format generate get give go group handle hash identify implement increment insert
    invert iterate join keep limit list load log look loop make map match measure merge move
    multiply normalize normalise open order pad pair parse partition pick plot pop prepare print
    process produce pull push put query raise read receive record reduce remove rename render
    replace report reset resolve return reverse rotate round run sample save scale scan search
    select send serialize set show shuffle shorten simulate skip solve sort split start store
    strip subtract sum swap take tell test toggle tokenize transform translate transpose trim
    truncate turn unzip update upload validate verify walk write yield zip
"""
_IMPERATIVE = frozenset(_VERBS.split())
_FUNCTION = re.compile(
    r"(?:an?|the|this|write|implement|define|make|create|add)?\s*(?:an?\s+)?(?:\w+\s+)?"
    r"(?:function|method|helper|generator)\b",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"(?:(?:TODO|FIXME|XXX)(?:\([^)]*\))?:?|please|now|then|first,?)\s+", re.IGNORECASE
)
_DIRECTIVE = re.compile(
    r"!|-\*-|(?:noqa|type|pylint|pyright|mypy|ruff|flake8|fmt|isort|yapf|pragma|coding|nosec|"
    r"eslint|tslint|jshint|global|ts-|@ts-|prettier|nolint|go:|region|endregion|clang|NOLINT|"
    r"rustfmt|swiftlint|vim|%%|cspell|codespell|sourceMappingURL)(?:\b|[:\-])"
)
_LICENCE = re.compile(r"copyright|licen[cs]e|spdx|all rights reserved|\(c\)", re.IGNORECASE)
_CODE = re.compile(r"[;{}]\s*$|^\s*[\w.\[\]]+\s*[-+*/]?=\s|=>|\(\)|^\s*[\w.]+\([^)]*\)\s*$")
_EMPTY = r"(?:pass|\.\.\.|return(?:[ \t]+None)?|raise[ \t]+NotImplementedError(?:\([^\n]*\))?)"
_PLACEHOLDER = re.compile(rf"(?:[ \t]*\n)+(?P<indent>[ \t]*){_EMPTY}[ \t]*(?=\n|$)")
_RESULT = re.compile(rf"{_EMPTY}$|return\s+[\w., ]+;?$")
LEAST = 3
"""Words of a request."""


@dataclass(frozen=True, slots=True)
class Comment:
    """Line comments below each other. ``start`` is before its indentation, ``end`` behind its last
    line; ``said`` is what it says, its lines joined."""

    text: str
    start: int
    end: int
    indent: str
    said: str
    language: Language

    @property
    def source(self) -> str:
        return self.text[self.start : self.end]

    @property
    def is_prose(self) -> bool:
        """Whether people are meant: no directive, licence or code."""
        if not self.said.strip() or _DIRECTIVE.match(self.said) or _LICENCE.search(self.said):
            return False
        return not (_is_code(self.said) or _CODE.search(self.said))

    @property
    def asks(self) -> bool:
        """Whether it reads as a request."""
        said = _LEAD.sub("", self.said, count=1)
        words = re.findall(r"[^\W\d_][\w'-]*", said)
        # A heading has an empty line above its text.
        first = self.source.split("\n")[0].strip()
        heading = not first.removeprefix(self.language.line_comment).strip("#/-=* ")
        if not self.is_prose or heading or len(words) < LEAST:
            return False
        return words[0].lower() in _IMPERATIVE or _FUNCTION.match(said) is not None

    @property
    def is_open(self) -> bool:
        """Whether nothing stands below it that it could be said of."""
        below = self.text[self.end :].split("\n", 2)
        line = below[1] if len(below) > 1 else ""
        indent = line[: len(line) - len(line.lstrip())]
        if not line.strip() or not indent.startswith(self.indent):
            return True
        # ``# return …`` is said of the line that returns it.
        result = _RESULT.match(line.strip()) is not None
        return result and not self.said.lower().startswith("return")

    @property
    def behind_placeholder(self) -> int:
        """Offset behind the ``pass`` or the like that stands for the code to come, else ``end``."""
        found = _PLACEHOLDER.match(self.text, self.end)
        return found.end() if found and found["indent"] == self.indent else self.end

    @property
    def below(self) -> int:
        """Offset of what comes after it, spaces left out."""
        rest = self.text[self.end :]
        return self.end + len(rest) - len(rest.lstrip())


def comment_at(document: Document, offset: int) -> Comment | None:
    """The comment on the line of ``offset``, where that holds nothing else."""
    text = document.text
    language = of_document(document.path, text, document.language)
    if language is None or not language.line_comment:
        return None
    start, end = text.rfind("\n", 0, offset) + 1, _end(text, offset)
    indent = _indent(text[start:end])
    mark = indent + language.line_comment
    if not text[start:end].startswith(mark) or _in_string(text, start + len(indent), language):
        return None
    while start and text[text.rfind("\n", 0, start - 1) + 1 : start].startswith(mark):
        start = text.rfind("\n", 0, start - 1) + 1
    while end < len(text) and text[end + 1 : _end(text, end + 1)].startswith(mark):
        end = _end(text, end + 1)
    lines = [line.strip() for line in text[start:end].split("\n")]
    bare = [re.sub(rf"^{re.escape(language.line_comment)}+", "", line).strip() for line in lines]
    said = "\n".join(bare) if any(map(_is_code, bare)) else " ".join(bare)
    return Comment(text, start, end, indent, said.strip(), language)


def around(document: Document, comment: Comment) -> Function | None:
    """The function whose body a comment stands in. A body may hold nothing but comments: then the
    grammar of Python sees none."""
    for found in reversed(functions(document)):
        if found.body > comment.start:
            continue
        if not comment.language.indented:
            if comment.end <= found.end:
                return found
            continue
        own = found.text[found.text.rfind("\n", 0, found.head) + 1 : found.head]
        own = _indent(own)
        between = found.text[found.body : comment.end].split("\n")[1:]
        if all(len(_indent(line)) > len(own) for line in between if line.strip()):
            return found
    return None


def _end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _is_code(said: str) -> bool:
    """Whether it is Python that does something, not words that happen to parse."""
    try:
        body = ast.parse(said.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    plain = ast.Name | ast.Constant | ast.Attribute | ast.Tuple
    return any(not (isinstance(one, ast.Expr) and isinstance(one.value, plain)) for one in body)


def _in_string(text: str, offset: int, language: Language) -> bool:
    at = len(text[:offset].encode("utf-8", "surrogatepass"))
    node = parse(text, language).root_node.descendant_for_byte_range(at, at + 1)
    while node is not None:
        if node.type in language.strings:
            return True
        node = node.parent
    return False
