"""What stands at a place of a Go file, and what calls of it look like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistant.commands.protocol import Place
from assistant.commands.testing.case import Target
from assistant.commands.testing.trees import Grammar, nodes, of
from assistant.syntax import by_name
from assistant.syntax.tree import parse

if TYPE_CHECKING:
    import tree_sitter

_FUNCTIONS = {"function_declaration", "method_declaration"}
_KNOWN = (
    "append bool byte cap complex128 complex64 copy error false float32 float64 int int16 int32 "
    "int64 int8 iota len make map max min new nil rune string true uint uint16 uint32 uint64 uint8"
)


def grammar() -> Grammar:
    """Of calls within a function."""
    return Grammar(
        by_name("go"),
        "package p\nfunc _() {\n%s\n}\n",
        frozenset({"call_expression"}),
        ("function", "field"),
        frozenset({"identifier"}),
        frozenset({"func_literal"}),
        frozenset({"literal_value"}),
        frozenset({"int_literal", "float_literal"}),
        frozenset({"interpreted_string_literal", "raw_string_literal"}),
        frozenset(_KNOWN.split()),
        frozenset(),
        frozenset({"keyed_element"}),
    )


def target_at(place: Place, path: str) -> Target | None:
    """The function or method at the place; None where there is none."""
    text, language = place.document.text, by_name("go")
    data = text.encode("utf-8", "surrogatepass")
    at = len(text[: place.start].encode("utf-8", "surrogatepass"))
    root = parse(data, language).root_node
    for node in root.named_children:
        name = node.child_by_field_name("name")
        row = data.rfind(b"\n", 0, node.start_byte) + 1
        if node.type not in _FUNCTIONS or name is None or not row <= at <= node.end_byte:
            continue
        own = of(name)
        receiver = node.child_by_field_name("receiver")
        owner = re.search(r"(\*?)\s*(\w+)[^\w]*\)$", of(receiver)) if receiver is not None else None
        begun = f"{own}("
        if owner is not None:
            made = _made(root, owner[2])
            begun = made or (f"(&{owner[2]}{{}})" if owner[1] else f"{owner[2]}{{}}")
            begun += "" if begun.endswith("(") else f".{own}("
        start = len(data[: node.start_byte].decode("utf-8", "surrogatepass"))
        end = len(data[: node.end_byte].decode("utf-8", "surrogatepass"))
        said = f"{owner[2]}.{own}" if owner is not None else own
        return Target(said, own, begun, (own,), language, path, text, start, end, _doc(node))
    return None


def package_of(text: str) -> str:
    """The name that a file's package clause gives; empty without one."""
    found = re.search(r"^package\s+(\w+)", text, re.MULTILINE)
    return found[1] if found else ""


def names_of(text: str) -> Iterator[str]:
    """What a file defines and imports, by name."""
    root = parse(text, by_name("go")).root_node
    for node in root.named_children:
        if node.type in _FUNCTIONS and (name := node.child_by_field_name("name")) is not None:
            yield of(name)
        elif node.type in {"const_declaration", "var_declaration", "type_declaration"}:
            for each in nodes(node):
                if each.type.endswith("_spec") and (name := each.child_by_field_name("name")):
                    yield of(name)
    for path in re.findall(r'"([^"\n]+)"', _imports(text)):
        yield path.rsplit("/", 1)[-1]


def imported(text: str) -> set[str]:
    """Paths that a file imports."""
    return set(re.findall(r'"([^"\n]+)"', _imports(text)))


def imports_end(text: str) -> int:
    """Offset behind the last import, else behind the package clause, with its line's end."""
    last = 0
    data = text.encode("utf-8", "surrogatepass")
    for node in parse(data, by_name("go")).root_node.named_children:
        if node.type in {"package_clause", "import_declaration"}:
            last = node.end_byte
    end = len(data[:last].decode("utf-8", "surrogatepass"))
    line = text.find("\n", end)
    return len(text) if line < 0 else line + 1


def renamed(source: str, name: str, other: str) -> str:
    """A function's source under another name, where it calls itself too."""
    data = f"package p\n{source}".encode("utf-8", "surrogatepass")
    found = [
        node
        for node in nodes(parse(data, by_name("go")).root_node)
        if node.type in {"identifier", "field_identifier"} and of(node) == name
    ]
    for node in reversed(found):
        data = data[: node.start_byte] + other.encode() + data[node.end_byte :]
    return data.decode("utf-8", "surrogatepass").removeprefix("package p\n")


def statements(target: Target) -> frozenset[int]:
    """Lines (1-based) of the file on which a statement of the target begins."""
    root = parse(target.text, target.language).root_node
    first = len(target.text[: target.start].encode("utf-8", "surrogatepass"))
    last = len(target.text[: target.end].encode("utf-8", "surrogatepass"))
    return frozenset(
        node.start_point.row + 1
        for block in nodes(root)
        if block.start_byte >= first and block.end_byte <= last
        # The grammar of late puts a list of statements between.
        if block.type in {"block", "statement_list", "expression_case", "default_case"}
        for node in block.named_children
        if node.type not in {"comment", "statement_list", "expression_list"}
    )


def _made(root: tree_sitter.Node, owner: str) -> str:
    """How the file's own function makes one of ``owner``, if it has one."""
    for node in root.named_children:
        name = node.child_by_field_name("name")
        if node.type == "function_declaration" and name is not None and of(name) == f"New{owner}":
            result = node.child_by_field_name("result")
            parameters = node.child_by_field_name("parameters")
            if result is not None and of(result).lstrip("*") == owner and parameters is not None:
                return f"New{owner}(" if parameters.named_children else f"New{owner}()"
    return ""


def _imports(text: str) -> str:
    root = parse(text, by_name("go")).root_node
    return "\n".join(of(n) for n in root.named_children if n.type == "import_declaration")


def _doc(node: tree_sitter.Node) -> str:
    lines: list[str] = []
    before = node.prev_named_sibling
    while before is not None and before.type == "comment":
        lines.insert(0, of(before))
        before = before.prev_named_sibling
    return "\n".join(re.sub(r"^\s*(?://|/\*|\*/|\*)\s?", "", line) for line in lines)
