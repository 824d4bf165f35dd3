"""Functions that are the same up to names, literals, comments and layout.

A type-2 clone in the terms of Roy and Cordy ("A survey on software clone detection
research", Queen's University, TR 2007-541): the syntax trees are equal once comments are
gone, names are numbered in the order of their first appearance and literals stand for their
kind. Trailing commas, optional semicolons, brackets around a whole expression or a tuple,
docstrings and annotations are left out as well.

Names of members (``x.append``) and of what is only ever called (``sorted(...)``) stay as they
are: they belong to somebody else, and a copy that renames its own keeps them. Without them
any two functions that call two things in a row would be equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter

from assistant.syntax.language import Language
from assistant.syntax.tree import parse

MIN_NODES = 25
"""Functions of fewer nodes are too common to tell one source from another: among 10,434 functions
of the standard library and of published packages, those equal to an evaluation text's by chance
had at most 22 nodes (``return re.sub(..., ..., name)``). 155 of HumanEval's 164 solutions have
25 and more."""

_END = "\1"
_FAMILY = {"typescript": "javascript", "typescriptreact": "javascript"}
_SKIPPED = frozenset({",", ";", "type_annotation", "type", "->", "line_continuation"})
_BRACKETS = "parenthesized_expression"
_UNWRAPPED = frozenset({_BRACKETS, "typed_parameter", "required_parameter", "optional_parameter"})
_RENAMED = {
    "typed_default_parameter": "default_parameter",
    "expression_list": "tuple",
    "pattern_list": "tuple_pattern",
}
_TUPLES = frozenset({"tuple", "tuple_pattern"})
_ANNOTATED = frozenset({"typed_default_parameter", "assignment"})
_INTERPOLATIONS = frozenset({"interpolation", "template_substitution"})
_MEMBERS = frozenset({"property_identifier", "field_identifier", "private_property_identifier"})
_CALLS = {
    ("call", "function"),
    ("call_expression", "function"),
    ("macro_invocation", "macro"),
    ("method_invocation", "name"),
}
_MEMBER_FIELDS = {("attribute", "attribute"), ("field_access", "field")}


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a text: its digest, its size in nodes, its place in bytes."""

    digest: bytes
    nodes: int
    start: int
    end: int


def functions(text: str, language: Language, minimum: int = MIN_NODES) -> Iterator[Function]:
    """The functions and methods of ``text`` with at least ``minimum`` nodes that parse whole.

    Those within others come after them.
    """
    data = text.encode("utf-8", "surrogatepass")
    stack = [parse(data, language).root_node]
    while stack:
        node = stack.pop()
        if node.type in language.functions and node.is_named and not node.has_error:
            # Only leaves out nodes, so that a small tree cannot have a large form.
            if node.descendant_count < minimum:
                continue
            form = _Form(language)
            form.read(node)
            if form.nodes >= minimum:
                yield Function(form.digest(), form.nodes, node.start_byte, node.end_byte)
        stack.extend(reversed(node.named_children))


class _Form:
    """The normal form of one function: a list of node types, names and ends."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.parts: list[str | tuple[str, str]] = []
        self.own: set[str] = set()

    def read(self, function: tree_sitter.Node) -> None:
        """Walk the tree without recursion: generated code nests thousands deep."""
        cursor = function.walk()
        ancestors: list[str] = []
        while True:
            node = cursor.node
            assert node is not None
            parent = ancestors[-1] if ancestors else ""
            kind = _kind(node)
            if self._enter(node, kind, parent, cursor.field_name or ""):
                cursor.goto_first_child()
                ancestors.append(kind)
                continue
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return
                if self._shown(ancestors.pop()):
                    self.parts.append(_END)

    @property
    def nodes(self) -> int:
        return len(self.parts) - self.parts.count(_END)

    def digest(self) -> bytes:
        """Equal for equal forms."""
        numbers: dict[str, str] = {}
        words = [_FAMILY.get(self.language.name, self.language.name)]
        for part in self.parts:
            if isinstance(part, str):
                words.append(part)
            elif part[1] in self.own:
                words.append(numbers.setdefault(part[1], f"${len(numbers)}"))
            else:
                words.append("." + part[1])
        return hashlib.blake2b("\0".join(words).encode(), digest_size=16).digest()

    def _shown(self, kind: str) -> bool:
        return kind not in _UNWRAPPED and not self._string(kind)

    def _string(self, kind: str) -> bool:
        return kind in self.language.strings or kind == "concatenated_string"

    def _enter(self, node: tree_sitter.Node, kind: str, parent: str, field: str) -> bool:
        """Note ``node``; whether to go into its children, of which there are some then."""
        if kind in self.language.comments or kind in _SKIPPED or self._docstring(node):
            return False
        if (parent in _UNWRAPPED or parent in _TUPLES) and kind in ("(", ")", ":"):
            return False
        if self._string(parent):
            # Of a string's inside only the expressions count.
            return node.child_count > 0 and (kind in _INTERPOLATIONS or self._string(kind))
        if self._string(kind):
            self.parts.append("string")
            return node.child_count > 0
        if not node.child_count:
            self._leaf(node, kind, parent, field)
            return False
        if self._shown(kind):
            self.parts.append(_RENAMED.get(kind, kind))
        return True

    def _leaf(self, node: tree_sitter.Node, kind: str, parent: str, field: str) -> None:
        if not (node.is_named and kind.endswith("identifier") and node.text):
            if not (kind == ":" and parent in _ANNOTATED):
                self.parts.append(kind)
            return
        name = node.text.decode("utf-8", "replace")
        # A method is written as a member, yet its name is the writer's own.
        if field == "name" and parent in self.language.functions:
            self.own.add(name)
        elif kind in _MEMBERS or (parent, field) in _MEMBER_FIELDS:
            self.parts.append("." + name)
            return
        elif (parent, field) not in _CALLS:
            self.own.add(name)
        self.parts.append(("name", name))

    def _docstring(self, node: tree_sitter.Node) -> bool:
        if self.language.name != "python" or node.type != "expression_statement":
            return False
        only = node.children[0] if node.child_count == 1 else None
        return only is not None and only.type in ("string", "concatenated_string")


def _kind(node: tree_sitter.Node) -> str:
    """Brackets around a generator that is the only argument may be one pair or two."""
    if node.type == "argument_list" and node.named_child_count == 1:
        only = node.named_child(0)
        if only is not None and only.type == "generator_expression":
            return _BRACKETS
    return node.type
