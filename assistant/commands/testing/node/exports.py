"""What a JavaScript or TypeScript file exports, as far as its own statements say so."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assistant.commands.testing.trees import nodes, of
from assistant.syntax import by_name, of_document
from assistant.syntax.tree import parse

if TYPE_CHECKING:
    import tree_sitter


@dataclass(frozen=True, slots=True)
class Exports:
    """What others may import of a file. ``common``: it is CommonJS. ``default`` is the name of
    what is exported as a whole."""

    common: bool = False
    named: frozenset[str] = frozenset()
    default: str = ""

    @property
    def names(self) -> frozenset[str]:
        return self.named | ({self.default} if self.default else set())


@dataclass(slots=True)
class _Found:
    named: set[str] = field(default_factory=set)
    default: str = ""


def exports(text: str, path: str) -> Exports:
    """Of the file of that text; ``path`` tells its language."""
    language = of_document(path, text)
    root = parse(text, language or by_name("javascript")).root_node
    statements = list(root.named_children)
    kinds = {node.type for node in statements}
    found = _Found()
    if kinds & {"export_statement", "import_statement"} or path.endswith((".mjs", ".ts", ".mts")):
        for node in statements:
            if node.type == "export_statement":
                _exported(node, found)
        return Exports(False, frozenset(found.named), found.default)
    for node in nodes(root):
        if node.type == "assignment_expression":
            _assigned(node, found)
    return Exports(True, frozenset(found.named), found.default)


def _exported(node: tree_sitter.Node, found: _Found) -> None:
    value = node.child_by_field_name("value") or node.child_by_field_name("declaration")
    if any(child.type == "default" for child in node.children):
        name = value.child_by_field_name("name") if value is not None else None
        is_name = value is not None and value.type == "identifier"
        found.default = of(name) if name is not None else of(value) if is_name and value else ""
        return
    for clause in (each for each in node.named_children if each.type == "export_clause"):
        for one in clause.named_children:
            local, alias = one.child_by_field_name("name"), one.child_by_field_name("alias")
            if alias is not None and of(alias) == "default" and local is not None:
                found.default = of(local)
            elif local is not None:
                found.named.add(of(alias or local))
    if value is not None:
        own = value.child_by_field_name("name")
        inner = [each.child_by_field_name("name") for each in value.named_children]
        found.named |= {of(each) for each in ([own] if own else inner) if each is not None}


def _assigned(node: tree_sitter.Node, found: _Found) -> None:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None:
        return
    target = of(left)
    if member := re.fullmatch(r"(?:module\.)?exports\.([\w$]+)", target):
        found.named.add(member[1])
    elif target == "module.exports" and right.type == "object":
        for each in right.named_children:
            key = each.child_by_field_name("key") or each.child_by_field_name("name") or each
            found.named.add(of(key))
    elif target == "module.exports":
        name = right.child_by_field_name("name")
        found.default = of(right) if right.type == "identifier" else of(name) if name else ""
