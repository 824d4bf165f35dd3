"""What a file defines, uses and imports, read from its syntax tree by its language's tags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import tree_sitter

from assistant.syntax.headers import documentation, own_text, signature
from assistant.syntax.importing import Import, expand
from assistant.syntax.language import Language
from assistant.syntax.tree import parse

CONTAINERS = frozenset({"class", "interface", "struct", "enum", "module", "type", "table", "view"})
"""Kinds whose members belong to them."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A named thing. Lines are 0-based, ``end_line`` exclusive.

    ``signature`` is its source without the body, indentation removed; for a small struct,
    enum or type it is the whole source, and then ``whole`` is true. ``doc`` is the first
    line of its docstring or leading comment. ``parent`` is the dotted name of what it is a
    member of, or of the function that it is local to.
    """

    name: str
    kind: str
    signature: str
    doc: str
    start_line: int
    end_line: int
    parent: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A name used: how (``call`` or ``type``), on which line first (0-based), how often."""

    name: str
    kind: str
    line: int
    count: int


@dataclass(frozen=True, slots=True)
class Outline:
    """A file's definitions in the order of the source, and what it uses and imports."""

    definitions: tuple[Definition, ...] = ()
    references: tuple[Reference, ...] = ()
    imports: tuple[Import, ...] = ()
    package: str = ""


@cache
def _query(name: str, tags: str, comments: frozenset[str]) -> tree_sitter.Query:
    from assistant.syntax.language import by_name

    patterns = "\n".join(f"({kind}) @comment" for kind in sorted(comments))
    return tree_sitter.Query(by_name(name).grammar, f"{tags}\n{patterns}")


def outline(
    source: str | bytes, language: Language, tree: tree_sitter.Tree | None = None
) -> Outline:
    """Read ``source``; ``tree`` is its tree when there is one already."""
    data = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    if not language.tags or not data.strip():
        return Outline()
    tree = tree or parse(data, language)
    query = _query(language.name, language.tags, language.comments)
    found = _Reader(data, language)
    for _, captures in tree_sitter.QueryCursor(query).matches(tree.root_node):
        found.add(captures)
    return found.outline()


class _Reader:
    """Sorts a query's matches into an outline."""

    def __init__(self, data: bytes, language: Language) -> None:
        self.data = data
        self.lines = data.split(b"\n")
        self.language = language
        self.nodes: dict[int, tuple[tree_sitter.Node, tree_sitter.Node, str, str]] = {}
        self.names: list[tuple[tree_sitter.Node, str]] = []
        self.imports: dict[tuple[int, str], list[tuple[str, str]]] = {}
        self.import_nodes: dict[tuple[int, str], tuple[int, bool]] = {}
        self.comments: dict[int, tree_sitter.Node] = {}
        self.package = ""

    def add(self, captures: dict[str, list[tree_sitter.Node]]) -> None:
        for label, nodes in captures.items():
            group, _, kind = label.partition(".")
            if group == "definition" or label == "container":
                name = captures["name"][0]
                receiver = self._text(captures, "receiver")
                self.nodes.setdefault(
                    name.start_byte, (nodes[0], name, kind or "container", receiver)
                )
            elif group == "reference":
                self.names.extend((name, kind) for name in captures["name"])
            elif label == "import":
                self._import(nodes[0], captures)
            elif label == "package":
                self.package = self.package or own_text(nodes[0], self.data)
            elif label == "comment":
                for node in nodes:
                    self.comments[_last_row(node)] = node

    def _text(self, captures: dict[str, list[tree_sitter.Node]], label: str) -> str:
        return own_text(captures[label][0], self.data) if label in captures else ""

    def _import(self, node: tree_sitter.Node, captures: dict[str, list[tree_sitter.Node]]) -> None:
        text = own_text(node, self.data)
        module = self._text(captures, "module")
        name, alias = self._text(captures, "imported"), self._text(captures, "alias")
        for module_name, imported, as_name in expand(text, module, name, alias, self.language):
            key = (node.start_byte, module_name)
            row = node.start_point.row
            self.import_nodes[key] = (row, "relative" in captures or text.startswith("mod "))
            names = self.imports.setdefault(key, [])
            if (imported or as_name) and (imported, as_name) not in names:
                names.append((imported, as_name))

    def outline(self) -> Outline:
        return Outline(
            definitions=tuple(self._definitions()),
            references=tuple(self._references()),
            imports=tuple(
                Import(module, tuple(names), *self.import_nodes[start, module])
                for (start, module), names in sorted(self.imports.items())
            ),
            package=self.package,
        )

    def _definitions(self) -> Iterator[Definition]:
        # The outermost first, so that a stack of open ones gives each its parent.
        ordered = sorted(self.nodes.values(), key=lambda n: (n[0].start_byte, -n[0].end_byte))
        open_nodes: list[tuple[int, str, str]] = []
        for node, name_node, kind, receiver in ordered:
            while open_nodes and open_nodes[-1][0] <= node.start_byte:
                open_nodes.pop()
            name = own_text(name_node, self.data).lstrip(":")
            parent = ".".join([o[1] for o in open_nodes] + ([receiver] if receiver else []))
            inside = open_nodes[-1][2] if open_nodes else ""
            open_nodes.append((node.end_byte, name, kind))
            if kind == "container" or not name:
                continue
            if kind == "function" and (receiver or inside in CONTAINERS | {"container"}):
                kind = "method"
            if inside in ("function", "method") and kind in ("constant", "variable"):
                continue
            shown, whole = signature(node, kind, self.data, self.lines, self.language)
            yield Definition(
                name=name,
                kind=kind,
                signature=shown,
                doc=documentation(node, self.data, self.lines, self.comments, self.language),
                start_line=node.start_point.row,
                end_line=_last_row(node) + 1,
                parent=parent,
                whole=whole,
            )

    def _references(self) -> Iterator[Reference]:
        first: dict[tuple[str, str], int] = {}
        counts: dict[tuple[str, str], int] = {}
        for node, kind in self.names:
            if node.start_byte in self.nodes:
                continue
            for name in own_text(node, self.data).split():
                key = (name, kind)
                counts[key] = counts.get(key, 0) + 1
                row = node.start_point.row
                first[key] = min(first.get(key, row), row)
        for (name, kind), count in counts.items():
            yield Reference(name, kind, first[name, kind], count)


def _last_row(node: tree_sitter.Node) -> int:
    # Some grammars end a node after its line break, in column 0 of the next line.
    end = node.end_point
    return end.row - 1 if end.column == 0 and end.row > node.start_point.row else end.row
