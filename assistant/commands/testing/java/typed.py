"""Calls of a Java method made up from what its parameters are declared to take."""

from __future__ import annotations

import itertools
import re

from assistant.commands.testing.case import Target
from assistant.commands.testing.trees import nodes, of
from assistant.syntax.tree import parse

MOST = 16
_INTEGERS = ("0", "1", "-1", "7", "100", "10000")
_TEXTS = ('""', '"a"', '"Hello World"', '"a-b_c 1"')
_VALUES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("int", "Integer", "Number", "Object", "T"), _INTEGERS),
    **dict.fromkeys(("short", "Short", "byte", "Byte"), ("0", "1", "-1", "7")),
    **dict.fromkeys(("long", "Long"), tuple(f"{each}L" for each in _INTEGERS)),
    **dict.fromkeys(("double", "Double", "float", "Float"), ("0", "1", "-1", "2.5f", "100")),
    **dict.fromkeys(("boolean", "Boolean"), ("true", "false")),
    **dict.fromkeys(("char", "Character"), ("'a'", "'Z'", "'1'", "' '")),
    **dict.fromkeys(("String", "CharSequence", "Comparable"), _TEXTS),
}
"""Expressions by the type that takes them: usual ones and the limits."""
_SEVERAL = re.compile(
    r"(?:java\.util\.)?"
    r"(?:(List|Collection|Iterable|Set)<(?:\? extends )?(\w+)>|(\w+)(?:\[\]|\.\.\.))"
)
_MAP = re.compile(r"(?:java\.util\.)?Map<(\w+), ?(\w+)>")
_GENERIC = {"List": "List", "Collection": "List", "Iterable": "List", "Set": "Set"}


def typed(target: Target) -> list[str]:
    """None for a class, and where a parameter is of a type that nobody can make up."""
    if not target.call.endswith("("):
        return []
    columns = [_values(kind) for kind in _parameters(target)]
    if not columns:
        return [f"{target.call})"]
    if not all(columns):
        return []
    # Of all combinations every so many, so that not only equals meet.
    rows = list(itertools.product(*columns))
    rows = rows[:: max(1, len(rows) // MOST)][:MOST]
    return [f"{target.call}{', '.join(row)})" for row in rows]


def _parameters(target: Target) -> list[str]:
    last = len(target.text[: target.end].encode("utf-8", "surrogatepass"))
    data = target.text.encode("utf-8", "surrogatepass")
    for node in nodes(parse(data, target.language).root_node):
        found = node.child_by_field_name("parameters")
        if node.type == "method_declaration" and node.end_byte == last and found is not None:
            kinds = [(each, each.child_by_field_name("type")) for each in found.named_children]
            return [of(kind) if kind else of(each).rpartition(" ")[0] for each, kind in kinds]
    return [""]


def _values(kind: str) -> tuple[str, ...]:
    """Expressions of a type; none where it is not known."""
    kind = kind.strip()
    if kind in _VALUES:
        return _VALUES[kind]
    if found := _MAP.fullmatch(kind):
        keys, values = (_VALUES.get(each, ()) for each in found.groups())
        if not keys or not values:
            return ()
        return "Map.of()", f"Map.of({keys[1]}, {values[1]})"
    found = _SEVERAL.fullmatch(kind)
    inner = _VALUES.get(found[2] or found[3], ()) if found else ()
    if found is None or not inner:
        return ()
    some = [(), inner[:1], inner[1:4], inner[-1:], (inner[0], inner[-1], inner[1])]
    if found[3]:
        return tuple(f"new {found[3]}[] {{{', '.join(each)}}}" for each in some)
    made = _GENERIC[found[1]]
    return tuple(f"{made}.of({', '.join(dict.fromkeys(each))})" for each in some)
