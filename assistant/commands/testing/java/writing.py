"""How tests for JUnit 5 are written."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.commands.testing.case import Case
from assistant.commands.testing.framework import Addition
from assistant.commands.testing.java.naming import method_names
from assistant.commands.testing.java.said import Said
from assistant.commands.testing.java.sources import imports_of
from assistant.commands.testing.trees import nodes
from assistant.syntax import by_name
from assistant.syntax.tree import parse

if TYPE_CHECKING:
    import tree_sitter

API = "org.junit.jupiter.api"
FLOATS = {"double": "", "double[]": "", "float": "f", "float[]": "f"}

_IMPORT = re.compile(r"^[ \t]*(import|package)\b[^;\n]*;[^\n]*(?:\n|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Style:
    """``package`` and ``type`` are those of the test class, ``indent`` is that of a member,
    ``others`` the text of other tests of the project."""

    package: str
    type: str
    indent: str
    others: str


def addition(
    cases: Sequence[Case],
    told: Mapping[str, Said],
    imports: Collection[str],
    tested: Sequence[str],
    existing: str,
    style: Style,
) -> Addition:
    """A method for each of ``cases``, for the file ``existing``. ``told`` says by call what it
    gave; ``imports`` are types and ``static`` members that the methods name, ``tested`` the names
    of what is called."""
    names = named(cases, tested, existing, style)
    known = imports_of(existing)
    qualified = f"{API}.Assertions" in known
    prefix = "Assertions." if qualified else ""
    modifier = "public " if _is_public(existing or style.others) else ""
    indent = _indent(existing) or style.indent
    blocks = []
    words: set[str] = set()
    for case, name in zip(cases, names, strict=True):
        said = told[case.call]
        statement = assertion(case, said)
        words.add(statement.partition("(")[0])
        throws = " throws Exception" if said.checked and not case.raises else ""
        lines = [
            "@Test",
            f"{modifier}void {name}(){throws} {{",
            f"{indent}{prefix}{statement}",
            "}",
        ]
        blocks.append("".join(f"{indent}{line}\n" for line in lines))
    tests = "\n".join(blocks)
    wanted = {f"{API}.Test", *imports}
    wanted |= set() if qualified else {f"static {API}.Assertions.{word}" for word in words}
    lines = [f"import {each};\n" for each in _order(wanted) if not _has(known, each)]
    if existing.strip():
        brought, at = _brought(existing, lines)
        end, apart = _end(existing, style.type)
        return Addition(brought, apart + tests, at, end)
    head = f"package {style.package};\n\n" if style.package else ""
    statics = [line for line in lines if "import static" in line]
    plain = [line for line in lines if line not in statics]
    head += "".join(statics) + ("\n" if statics else "") + "".join(plain) + "\n"
    return Addition(head, f"{modifier}class {style.type} {{\n\n{tests}}}\n", 0, len(existing))


def named(cases: Sequence[Case], tested: Sequence[str], existing: str, style: Style) -> list[str]:
    """What the methods are called."""
    taken = set(re.findall(r"\w+", existing))
    return method_names(cases, tested, taken, existing if "@Test" in existing else style.others)


def assertion(case: Case, said: Said) -> str:
    """The statement of a test."""
    if case.raises:
        return f"assertThrows({case.raises}.class, () -> {case.call});"
    want, kind = case.want, said.kind
    if kind == "null":
        return f"assertNull({case.call});"
    if kind == "boolean":
        return f"assert{want.capitalize()}({case.call});"
    if kind in FLOATS:
        word = "assertArrayEquals" if kind.endswith("[]") else "assertEquals"
        delta = f"0.{'0' * case.digits}5" if case.digits is not None else near(want, FLOATS[kind])
        return f"{word}({want}, {case.call}, {delta});"
    word = "assertArrayEquals" if kind == "array" else "assertEquals"
    return f"{word}({want}, {case.call});"


def near(want: str, suffix: str) -> str:
    """How far a result may be from the numbers in ``want``."""
    numbers = [abs(float(each)) for each in re.findall(r"\d+(?:\.\d+)?(?:E-?\d+)?", want)]
    largest = max([each for each in numbers if math.isfinite(each)], default=0.0)
    size = math.floor(math.log10(largest)) if largest >= 1 else 0
    return f"1e{size - (12 if not suffix else 6)}{suffix}" if size > 2 else (
        f"1e-{4 if suffix else 9}{suffix}"
    )  # fmt: skip


def _order(wanted: Collection[str]) -> Iterator[str]:
    yield from sorted(each for each in wanted if each.startswith("static "))
    yield from sorted(each for each in wanted if not each.startswith("static "))


def _has(known: Sequence[str], each: str) -> bool:
    return each in known or f"{each.rpartition('.')[0]}.*" in known


def _brought(existing: str, lines: Sequence[str]) -> tuple[str, int]:
    """Import lines and where they come: behind those that are there."""
    found = list(_IMPORT.finditer(existing))
    kinds = {"static " in line for line in lines}
    # Static ones mostly stand by themselves.
    alike = [each for each in found if each[1] == "import" and {"static " in each[0]} == kinds]
    last = (alike or found)[-1:]
    at = last[0].end() if last else 0
    text = "".join(lines)
    if lines and found and found[-1][1] == "package":
        text = f"\n{text}"
    return text, at


def _end(existing: str, type_name: str) -> tuple[int, str]:
    """Offset before the last brace of the class of that name, and what comes between."""
    data = existing.encode("utf-8", "surrogatepass")
    types = (node for node in nodes(parse(data, by_name("java")).root_node) if _is(node, type_name))
    found = next(types, None)
    body = found.child_by_field_name("body") if found is not None else None
    brace = body.end_byte - 1 if body is not None else len(data)
    end = len(data[:brace].decode("utf-8", "surrogatepass"))
    line = existing.rfind("\n", 0, end) + 1
    if not existing[line:end].strip():
        # The brace is alone on its line.
        before = existing[:line].rstrip()
        return line, "" if before.endswith("{") and existing[:line].endswith("\n\n") else "\n"
    return end, "\n"


def _is(node: tree_sitter.Node, type_name: str) -> bool:
    name = node.child_by_field_name("name")
    is_type = node.type in by_name("java").classes
    return is_type and name is not None and (name.text or b"").decode() == type_name


def _is_public(text: str) -> bool:
    found = re.findall(r"@Test\b[^;{]*?(public\s+)?void\s+\w+\s*\(", text)
    return sum(map(bool, found)) * 2 > len(found)


def _indent(text: str) -> str:
    found = re.search(r"^([ \t]+)@Test\b", text, re.MULTILINE)
    return found[1] if found else ""
