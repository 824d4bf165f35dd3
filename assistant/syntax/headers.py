"""A definition's header: its signature as the source has it, and the first line of its doc."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import tree_sitter

from assistant.syntax.language import Language

_SIGNATURE_CHARACTERS = 480
_WHOLE_CHARACTERS = 600
_WHOLE_LINES = 18
_DOC_CHARACTERS = 160
_VALUE_BYTES = 300
_CLOSERS = {"[": "...]", "(": "...)", "{": "...}"}

_WHOLE = frozenset({"struct", "enum", "type", "interface", "table"})
_VALUES = frozenset({"constant", "variable", "field"})
# What stands on the lines above a definition and belongs to it.
_ABOVE = (b"@", b"#[", b"template")
_BODIES = ("body", "_body", "declaration_list", "_block")
# Modifiers and types, on the same line before the node that the grammar names.
_MODIFIERS = re.compile(r"[\w\s@<>:.&*\[\]\"-]*\Z")
_EMPTY_BODY = re.compile(r"(?<=\S)[\s;]+end\Z")
_DOC_MARKS = re.compile(
    r"^\s*(?:/\*+!?|\*+/|\*|//[/!]?|#+!?|--+\[*|<!--|=begin)?\s?|\*+/\s*$|-->\s*$"
)
_TAG = re.compile(r"</?\w+[^<>]*>")


def own_text(node: tree_sitter.Node, data: bytes) -> str:
    return data[node.start_byte : node.end_byte].decode("utf-8", "replace")


def signature(
    node: tree_sitter.Node, kind: str, data: bytes, lines: Sequence[bytes], language: Language
) -> tuple[str, bool]:
    """The source of ``node`` without its body, and whether it is all of it."""
    start = _start(node, data, lines)
    if kind in _WHOLE and node.end_byte - start <= _WHOLE_CHARACTERS:
        text = data[start : node.end_byte].decode("utf-8", "replace")
        if text.count("\n") < _WHOLE_LINES:
            return _dedent(text, _indent(lines[node.start_point.row])), True
    end = node.end_byte
    if kind not in _VALUES:
        end = _body_start(node, language) or end
    elif end - start > _VALUE_BYTES:
        return _shortened(data[start : start + _VALUE_BYTES]), False
    text = data[start : min(end, start + _SIGNATURE_CHARACTERS)].decode("utf-8", "replace")
    text = _dedent(text, _indent(lines[node.start_point.row])).rstrip().rstrip("{=").rstrip()
    shown = _EMPTY_BODY.sub("", text).split("\n")
    # Where no brace opens the body, comments above its first statement lie outside it.
    while len(shown) > 1 and language.line_comment and _is_comment(shown[-1], language):
        shown.pop()
    return "\n".join(shown), False


def _is_comment(line: str, language: Language) -> bool:
    return line.lstrip().startswith(language.line_comment) or not line.strip()


def _shortened(data: bytes) -> str:
    """The first line of a long value: its name and type matter more than all of it."""
    line = data.decode("utf-8", "replace").partition("\n")[0].rstrip()
    return line + _CLOSERS.get(line[-1:], " ...")


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip())


def _leads(node: tree_sitter.Node, lines: Sequence[bytes]) -> bool:
    """Whether only modifiers stand before ``node`` on its line."""
    row, column = node.start_point
    return column <= 80 and bool(_MODIFIERS.match(lines[row][:column].decode("utf-8", "replace")))


def _start(node: tree_sitter.Node, data: bytes, lines: Sequence[bytes]) -> int:
    """Where the signature starts: with the modifiers before the node and decorators above."""
    row, column = node.start_point
    start = node.start_byte
    if not _leads(node, lines):
        return start
    start -= column - _indent(lines[row])
    for above in range(row - 1, max(row - 4, -1), -1):
        if not lines[above].lstrip().startswith(_ABOVE):
            break
        # Back over the indentation and the line break, to where the text above starts.
        start = data.rfind(b"\n", 0, start) - len(lines[above]) + _indent(lines[above])
    return start


def _body_start(node: tree_sitter.Node, language: Language, depth: int = 3) -> int | None:
    if language.indented:
        colon = [child for child in node.children if child.type == ":"]
        if colon:
            return colon[-1].end_byte
    body = node.child_by_field_name("body")
    if body is not None:
        return body.start_byte
    for child in node.named_children:
        if child.type in language.blocks or child.type.endswith(_BODIES):
            return child.start_byte
    if depth:
        for name in ("declarator", "value", "type"):
            part = node.child_by_field_name(name)
            start = _body_start(part, language, depth - 1) if part else None
            if start:
                return start
        for child in node.named_children:
            if child.type in ("variable_declarator", "expression_list", "function_definition"):
                start = _body_start(child, language, depth - 1)
                if start:
                    return start
    return None


def _dedent(text: str, indent: int) -> str:
    """``text`` without the ``indent`` characters that its first line has lost already."""
    first, *rest = text.replace("\r\n", "\n").split("\n")
    return "\n".join(
        [first, *(line[min(indent, len(line) - len(line.lstrip())) :].rstrip() for line in rest)]
    )


def documentation(
    node: tree_sitter.Node,
    data: bytes,
    lines: Sequence[bytes],
    comments: Mapping[int, tree_sitter.Node],
    language: Language,
) -> str:
    """The first line of the docstring, or of the comment right above; empty without one."""
    if language.indented:
        body = node.child_by_field_name("body")
        first = next(iter(body.named_children), None) if body is not None else None
        if first is not None and first.type == "expression_statement":
            first = next(iter(first.named_children), None)
        if first is not None and first.type in language.strings:
            return _first_line(own_text(first, data).lstrip("rRuUbBfF").strip("\"'"))
    if not _leads(node, lines):
        return ""
    row = node.start_point.row - 1
    while row >= 0 and lines[row].lstrip().startswith((*_ABOVE, b"[")) and row not in comments:
        row -= 1
    top = None
    while row in comments:
        # A comment behind code belongs to that code.
        comment = comments[row]
        if lines[comment.start_point.row][: comment.start_point.column].strip():
            break
        top = comment
        row = comment.start_point.row - 1
    if top is None:
        return ""
    return _first_line(data[top.start_byte : node.start_byte].decode("utf-8", "replace"))


def _first_line(text: str) -> str:
    for line in text.splitlines():
        cleaned = _TAG.sub("", _DOC_MARKS.sub("", line)).strip().strip("-=*# ").strip()
        if cleaned:
            return cleaned[:_DOC_CHARACTERS]
    return ""
