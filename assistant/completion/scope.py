"""How much to write: one line, the rest of a block, or a whole function or class."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from assistant.completion import lines, shape
from assistant.completion.shape import Kind
from assistant.completion.site import Site
from assistant.settings import CompletionSettings


class Scope(StrEnum):
    LINE = "line"
    BLOCK = "block"
    DEFINITION = "definition"


@dataclass(frozen=True, slots=True)
class Plan:
    """What one completion may write.

    ``max_tokens`` bounds the answer. ``indent`` is the width, in columns with tabs expanded
    to ``tab_width``, of the line that owns the scope: a later line of the answer indented
    less (or as much, where the language's blocks are deeper than their owner) ends it. It is
    -1 at the top level. ``written`` says that the owner itself is still to be written (a
    function after a comment): then ``indent`` is the width that its first line will have.
    ``why`` is one phrase for people and tests.
    """

    scope: Scope
    max_tokens: int
    indent: int
    why: str
    written: bool = False


def plan(site: Site, settings: CompletionSettings, automatic: bool) -> Plan:
    """What a completion at ``site`` may write.

    ``automatic`` is False when the user asked by a key: then a block goes on to the end of
    its function, not only to its own.
    """
    scope, indent, why = _decide(site, settings.multiline, automatic)
    written = why in _TO_BE_WRITTEN
    tokens = {
        Scope.LINE: settings.line_tokens,
        Scope.BLOCK: settings.block_tokens,
        Scope.DEFINITION: settings.definition_tokens,
    }
    return Plan(scope, tokens[scope], indent, why, written)


Decision = tuple[Scope, int, str]

_DECORATED = "after a decorator"
_ASKED = "after a comment that asks for a definition"
_MEMBER = "between the members of a class"
_TO_BE_WRITTEN = {_DECORATED, _ASKED, _MEMBER}


def _decide(site: Site, multiline: str, automatic: bool) -> Decision:
    always = multiline == "always"
    wide = always or not automatic
    own = site.width(site.line_prefix)
    if multiline == "never":
        return Scope.LINE, own, "several lines are switched off"
    if not always:
        if site.in_comment:
            return Scope.LINE, own, "in a comment"
        if site.in_string:
            return Scope.LINE, own, "in a string"
        if not lines.only_closes(site.line_suffix):
            return Scope.LINE, own, "code stands right of the cursor"
    if site.line_prefix.strip():
        return _behind_text(site, always, wide, own)
    return _on_blank_line(site, always, wide)


def _behind_text(site: Site, always: bool, wide: bool, own: int) -> Decision:
    """The cursor stands behind code or a comment of its line."""
    here = len(site.preceding)
    inside_call = site.line_prefix.rstrip()[-1] in "(["
    if not inside_call and shape.opens_block(site, site.line_prefix):
        header = shape.header_at(site, here)
        return _after_header(site, header, wide, always)
    header = shape.header_at(site, here)
    if not site.in_comment and not site.in_string and _finished_signature(site, header):
        return Scope.DEFINITION, header.indent, "after a signature"
    if always:
        return Scope.BLOCK, enclosing(site, own, wide=True), "several lines are always wanted"
    return Scope.LINE, own, "in the middle of a line"


def _on_blank_line(site: Site, always: bool, wide: bool) -> Decision:
    above = shape.previous(site, len(site.preceding))
    indent = _intended_indent(site, above)
    if above < 0:
        return Scope.BLOCK, -1, "at the top of the file"
    line = site.preceding[above]
    adjacent = above == len(site.preceding) - 1
    if line.strip().startswith(("@", "#[")) and not shape.opens_block(site, line):
        return Scope.DEFINITION, indent, _DECORATED
    if shape.opens_block(site, line) and not shape.is_comment(site, line):
        header = shape.header_at(site, above)
        if indent > header.indent or not site.line_prefix:
            return _after_header(site, header, wide, always)
    owner = next(shape.owners(site, indent), None)
    kind = shape.kind_of(site, owner) if owner else None
    if owner and kind is Kind.FUNCTION and _body_is_described(site, owner):
        return Scope.DEFINITION, owner.indent, "after a function's description"
    if kind in (None, Kind.CLASS):
        if shape.is_comment(site, line) and adjacent and _asks(line):
            return Scope.DEFINITION, indent, _ASKED
        if owner and not adjacent and not always:
            return Scope.DEFINITION, indent, _MEMBER
    if always and not site.line_prefix and not owner:
        return Scope.BLOCK, -1, "several lines are always wanted"
    if owner is None:
        return Scope.BLOCK, -1, "at the top level"
    return Scope.BLOCK, enclosing(site, indent, wide), "on an empty line of a block"


def _after_header(site: Site, header: shape.Header, wide: bool, always: bool) -> Decision:
    kind = shape.kind_of(site, header)
    around = enclosing(site, header.indent, wide, header.first)
    if kind is Kind.FUNCTION and always and _indented(site) and around >= 0:
        return Scope.BLOCK, around, "in a function"
    if kind is Kind.FUNCTION:
        return Scope.DEFINITION, header.indent, "after a function's header"
    if kind is Kind.CLASS:
        return Scope.DEFINITION, header.indent, "after a class's header"
    if wide:
        return Scope.BLOCK, around if around >= 0 else header.indent, "in a function"
    return Scope.BLOCK, header.indent, "after what opens a block"


def enclosing(site: Site, indent: int, wide: bool, before: int | None = None) -> int:
    """Width of the line that owns a block indented by ``indent``; -1 at the top level.

    The innermost owner, or with ``wide`` the function around it: where indentation delimits
    blocks the outermost one (a function in a function is a detail of it), elsewhere the
    innermost (whole files may stand inside one call).
    """
    found = -1
    function = False
    for header in shape.owners(site, indent, before):
        kind = shape.kind_of(site, header)
        if not wide:
            return header.indent
        if kind is Kind.FUNCTION:
            found, function = header.indent, True
            if not _indented(site):
                break
        elif kind is Kind.CLASS:
            break
        elif not function:
            found = header.indent
    return found


def _indented(site: Site) -> bool:
    return site.language is not None and site.language.indented


def _intended_indent(site: Site, above: int) -> int:
    """Columns where the user is about to write, which an empty line does not always show."""
    if site.line_suffix.strip() and not lines.only_closes(site.line_suffix):
        return site.width(site.line_prefix + site.line_suffix)
    if site.line_prefix or above < 0:
        return site.width(site.line_prefix)
    line = site.preceding[above]
    if shape.opens_block(site, line) and not shape.is_comment(site, line):
        return shape.header_at(site, above).indent + site.width(site.indent_unit)
    width = _comment_indent(site, above)
    if above == len(site.preceding) - 1:
        return width
    following = site.width(site.following[0]) if site.following else 0
    inside = next(shape.owners(site, width), None)
    if not following and inside and _body_is_described(site, inside):
        return width
    return min(width, following)


def _comment_indent(site: Site, index: int) -> int:
    """Columns of a line's indentation; of a block comment's last line, those of its first."""
    line = site.preceding[index]
    marks = site.language.block_comment if site.language else None
    if marks and line.strip().endswith(marks[1]):
        for row in range(index, max(index - 60, -1), -1):
            if marks[0] in site.preceding[row]:
                return site.width(site.preceding[row])
    return site.width(line)


def _body_is_described(site: Site, header: shape.Header) -> bool:
    """Whether the function has nothing below its header but comments or a docstring."""
    body = [line for line in site.preceding[header.last + 1 :] if line.strip()]
    if not body:
        return True
    text = "\n".join(line.strip() for line in body)
    if all(shape.is_comment(site, line) for line in body):
        return True
    if not _indented(site):
        return False
    quote = text.lstrip("rRbBuU")[:3]
    if quote in ('"""', "'''"):
        return text.find(quote, text.find(quote) + 3) == len(text) - 3
    return len(body) == 1 and text[0] in "\"'" and text[-1] == text[0]


_NOT_ASKING = re.compile(
    r"(?:type:|noqa|pylint|mypy:|ruff:|eslint|nolint|prettier|@ts-|todo\b|fixme\b|copyright"
    r"|licen[sc]e|spdx|https?:|end of\b|region\b|endregion\b|-\*-|!/)",
    re.IGNORECASE,
)


def _asks(comment: str) -> bool:
    """Whether a comment may describe a definition to come: at least three words, no directive."""
    text = comment.strip().strip("/*#-<!> \t")
    if comment.strip().endswith("*/"):
        return True  # the end of a documentation comment
    return len(re.findall(r"[^\W\d_]{2,}", text)) >= 3 and not _NOT_ASKING.search(text)


_SIGNATURE_END = re.compile(r"\)(?:\s*(?:->|:)\s*[\w.\[\]<>, |*&?]+)?\s*$")
_GO_SIGNATURE_END = re.compile(r"\)(?:\s*(?:\([^()]*\)|[\w.*\[\]]+))?\s*$")
_SIGNATURE_START = re.compile(
    r"(?:(?:async|export|pub|public|private|protected|internal|static|override|abstract|final)\s+)*"
    r"(?:(?:def|function|fn|func|fun)\b|(?<=\s)[\w<>\[\],.]+\s+\w+\s*\()"
)


def _finished_signature(site: Site, header: shape.Header) -> bool:
    """A function's header that lacks only its ``:`` or ``{``."""
    text = shape.text_of(site, header).strip()
    go = site.language is not None and site.language.name == "go"
    end = _GO_SIGNATURE_END if go else _SIGNATURE_END
    if not end.search(text) or text.count("(") != text.count(")"):
        return False
    if shape.kind_of(site, header) is not Kind.FUNCTION:
        return False
    return _SIGNATURE_START.match(text) is not None
