"""The function at a place: where it is, what it promises, what its body is."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.syntax import of_document
from assistant.syntax.language import Language
from assistant.syntax.tree import parse
from assistant.types import Document

if TYPE_CHECKING:
    import tree_sitter

_NOTHING = re.compile(
    # Possessive: what one alternative took is not tried again by another, for ever.
    r"(?>\s++|pass\b|\.\.\.|return(?:[ \t]+None)?[ \t]*(?=$|[#;}]|//)|"
    r"raise NotImplementedError(?:\([^\n]*\))?|"
    r"(?:#|//)[^\n]*+|/\*.*?\*/|[{};]|throw new [^\n]*+|todo!\([^\n]*\)|"
    r"unimplemented!\([^\n]*\)|panic\([^\n]*\))*+",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method of a document. Offsets are into the document's text.

    ``start`` is before its decorators, ``head`` before its signature; ``body`` is behind its
    docstring, or its signature where it has none, and ``end`` behind the whole.
    ``indent`` is that of a statement of its body. ``doc`` is the docstring or the comment
    before it, as people read it. ``owner`` is the dotted name of the class that it belongs to.
    """

    name: str
    language: Language
    start: int
    head: int
    body: int
    end: int
    indent: str
    signature: str
    doc: str
    owner: str = ""
    text: str = ""

    @property
    def qualified(self) -> str:
        return f"{self.owner}.{self.name}" if self.owner else self.name

    @property
    def written(self) -> str:
        """What its body holds now."""
        return self.text[self.body : self.end]

    @property
    def is_stub(self) -> bool:
        """Whether its body does nothing yet."""
        return _NOTHING.fullmatch(self.written) is not None

    @property
    def opening(self) -> str:
        """From its decorators to the start of its body."""
        return self.text[self.start : self.body]

    @property
    def source(self) -> str:
        return self.text[self.start : self.end]


def function_at(document: Document, offset: int) -> Function | None:
    """The innermost function around ``offset``, or that whose line ``offset`` stands on."""
    text = document.text
    line = text[offset:].split("\n", 1)[0]
    first = offset + len(line) - len(line.lstrip())
    best: Function | None = None
    for found in functions(document):
        # The whole of its first and last lines counts.
        start = text.rfind("\n", 0, found.start) + 1
        end = text.find("\n", found.end)
        inside = start <= offset <= (len(text) if end < 0 else end) or found.start == first
        if inside and (best is None or found.start >= best.start):
            best = found
    return best


def functions(document: Document) -> list[Function]:
    """Every function of ``document``, in its order; none where its language is not known."""
    language = of_document(document.path, document.text, document.language)
    if language is None or not language.functions:
        return []
    return list(_Reader(document.text, language).read())


class _Reader:
    def __init__(self, text: str, language: Language) -> None:
        self.text = text
        self.data = text.encode("utf-8", "surrogatepass")
        self.language = language

    def read(self) -> Iterator[Function]:
        stack: list[tuple[tree_sitter.Node, str]] = [
            (parse(self.data, self.language).root_node, "")
        ]
        while stack:
            node, owner = stack.pop()
            inner = owner
            if node.type in self.language.functions:
                if found := self._function(node, owner):
                    yield found
                inner = ""  # what is defined in a function belongs to none
            elif node.type in self.language.classes and (name := node.child_by_field_name("name")):
                own = self._of(name.start_byte, name.end_byte)
                inner = f"{owner}.{own}" if owner else own
            stack.extend((child, inner) for child in reversed(node.children))

    def _function(self, node: tree_sitter.Node, owner: str) -> Function | None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            return None
        outer = node.parent
        decorated = outer is not None and outer.type == "decorated_definition"
        first = outer if decorated and outer is not None else node
        head = self._at(node.start_byte)
        inside = [
            child for child in body.named_children if child.type not in self.language.comments
        ]
        doc, behind = "", self._signature_end(node, body)
        if self.language.name == "python":
            if inside and (string := _docstring(inside[0])):
                doc = _unquoted(self._of(string.start_byte, string.end_byte))
                behind = self._at(inside[0].end_byte)
        else:
            doc = self._comment(first)
        column = self.text.rfind("\n", 0, head) + 1
        own = self.text[column:head]
        own = own[: len(own) - len(own.lstrip())]
        indent = own + "    "
        if inside and inside[0].start_point.row > node.start_point.row:
            begin = self._at(inside[0].start_byte)
            indent = self.text[self.text.rfind("\n", 0, begin) + 1 : begin]
        end = self._at(body.end_byte)
        if not self.language.indented and self.text[end - 1 : end] == "}":
            end -= 1
        return Function(
            self._of(name.start_byte, name.end_byte),
            self.language,
            self._at(first.start_byte),
            head,
            behind,
            max(end, behind),
            indent if not indent.strip() else own + "    ",
            self.text[head : self._signature_end(node, body)].strip(),
            doc,
            owner,
            self.text,
        )

    def _signature_end(self, node: tree_sitter.Node, body: tree_sitter.Node) -> int:
        if not self.language.indented:
            at = self._at(body.start_byte)
            return at + 1 if self.text[at : at + 1] == "{" else at
        # The colon before the block; comments may stand between.
        colons = [child for child in node.children if child.type == ":"]
        return self._at(colons[-1].end_byte if colons else body.start_byte)

    def _comment(self, node: tree_sitter.Node) -> str:
        lines: list[str] = []
        before = node.prev_sibling
        while before is not None and before.type in self.language.comments:
            lines.insert(0, self._of(before.start_byte, before.end_byte))
            before = before.prev_sibling
        bare = (
            re.sub(r"^\s*(?:/\*+|\*+/|\*|//[/!]?|#)\s?", "", line)
            for line in "\n".join(lines).split("\n")
        )
        return "\n".join(bare).replace("*/", "").strip()

    def _at(self, byte: int) -> int:
        return len(self.data[:byte].decode("utf-8", "surrogatepass"))

    def _of(self, start: int, end: int) -> str:
        return self.data[start:end].decode("utf-8", "surrogatepass")


def _docstring(statement: tree_sitter.Node) -> tree_sitter.Node | None:
    if statement.type == "string":
        return statement
    inner = statement.named_children
    is_string = statement.type == "expression_statement" and len(inner) == 1
    return inner[0] if is_string and inner[0].type == "string" else None


def _unquoted(literal: str) -> str:
    try:
        value = ast.literal_eval(literal)
    except (SyntaxError, ValueError):
        return literal.strip("\"'rRuUbB ")
    return inspect.cleandoc(value) if isinstance(value, str) else ""
