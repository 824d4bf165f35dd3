"""What a Java source says at its top, and where it throws."""

from __future__ import annotations

import re

from assistant.commands.testing.trees import nodes
from assistant.syntax import by_name
from assistant.syntax.tree import parse


def package_of(text: str) -> str:
    """The name that a file's package line gives; empty without one."""
    found = re.search(r"^[ \t]*package\s+([\w.]+)\s*;", text, re.MULTILINE)
    return found[1] if found else ""


def types_of(text: str) -> list[str]:
    """Names of the types at a file's top."""
    found = re.findall(
        r"^(?:(?:public|abstract|final|sealed|non-sealed|strictfp|@\w+(?:\([^)\n]*\))?)\s+)*"
        r"(?:class|interface|enum|record|@interface)\s+(\w+)",
        text,
        re.MULTILINE,
    )
    return list(dict.fromkeys(found))


def imports_of(text: str) -> list[str]:
    """What each import of a file names, ``static`` in front where it is one, ``.*`` behind."""
    found = re.findall(r"^[ \t]*import\s+(static\s+)?([\w.]+(?:\.\*)?)\s*;", text, re.MULTILINE)
    return [f"static {name}" if static else name for static, name in found]


def thrown(text: str) -> frozenset[int]:
    """Lines (1-based) of a file on which a ``throw`` stands."""
    return frozenset(
        line + 1
        for node in nodes(parse(text, by_name("java")).root_node)
        if node.type == "throw_statement"
        for line in range(node.start_point.row, node.end_point.row + 1)
    )
