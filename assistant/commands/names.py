"""The names that a text uses, read from its tree: not those in comments, imports and
definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import tree_sitter

from assistant.syntax.language import Language
from assistant.syntax.tree import parse

_NAME = re.compile(rb"[^\W\d]\w*", re.ASCII)
_CALL = re.compile(rb"\s*!?(?:(?:::)?<[^()<>\n]{0,80}>)?\(")
_OWNER = re.compile(rb"([\w]+)\s*(?:\?\.|!?\.|->|::)\s*\Z")
_BEHIND = 120
_PARTS = ("name", "declarator")


@dataclass(frozen=True, slots=True)
class Name:
    """A name on a line, 0-based. ``owner`` is the name before the dot that it is taken from,
    ``.`` for what is no name."""

    name: str
    line: int
    call: bool
    owner: str = ""


def names(text: str, language: Language) -> list[Name]:
    """The names that ``text`` uses, in its order."""
    return list(_read(text, language))


@lru_cache(maxsize=256)
def _read(text: str, language: Language) -> tuple[Name, ...]:
    data = text.encode("utf-8", "surrogatepass")
    return tuple(_walk(data, language))


def _walk(data: bytes, language: Language) -> Iterator[Name]:
    stack: list[tree_sitter.Node] = [parse(data, language).root_node]
    while stack:
        node = stack.pop()
        if node.type in language.comments or _is_import(node):
            continue
        if node.child_count:
            stack.extend(reversed(node.children))
        elif (
            node.is_named
            and _NAME.fullmatch(data, node.start_byte, node.end_byte)
            and not _defines(node, language)
        ):
            yield _name(node, data)


def _is_import(node: tree_sitter.Node) -> bool:
    return "import" in node.type or node.type == "use_declaration"


def _name(node: tree_sitter.Node, data: bytes) -> Name:
    before = data[max(0, node.start_byte - _BEHIND) : node.start_byte]
    owner = _OWNER.search(before)
    taken = before.rstrip()[-1:] == b"." or before.rstrip()[-2:] in (b"->", b"::")
    parent = node.parent
    while parent is not None and parent.type in ("attribute", "member_expression"):
        parent = parent.parent
    decorates = parent is not None and parent.type == "decorator"
    return Name(
        data[node.start_byte : node.end_byte].decode("ascii"),
        node.start_point.row,
        decorates or _CALL.match(data, node.end_byte) is not None,
        owner[1].decode("utf-8", "replace") if owner else "." * taken,
    )


def _defines(node: tree_sitter.Node, language: Language) -> bool:
    """Whether the name is the one that a function or class is given, or an argument's."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "keyword_argument":
        return parent.child_by_field_name("name") == node
    if parent.type in language.functions | language.classes or "declarator" in parent.type:
        return any(parent.child_by_field_name(part) == node for part in _PARTS)
    return False
