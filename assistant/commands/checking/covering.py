"""Which of a project's tests concern a function, and what a traceback or a failing test names."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from assistant.commands.functions import Function

MOST = 8
"""Test files of a project that are run for one function."""
_PATH = re.compile(r"[\w./\\+-]+\.py")
_NODE = re.compile(r"([\w./\\+-]+\.py)((?:::\w+)+(?:\[[^\]\n]*\])?)")
_FRAME = re.compile(
    r"File \"([^\"\n]+)\", line (\d+), in (\S+)|^([\w./\\+-]+\.py):(\d+): ", re.MULTILINE
)
_TEST = re.compile(r"^\s*(?:async\s+)?def\s+test|^class\s+Test|\bTestCase\b", re.MULTILINE)


def is_test(path: str) -> bool:
    """Whether pytest finds tests in ``path`` by its name."""
    name = PurePosixPath(path).name
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def covering(files: Mapping[str, bytes | str], function: Function) -> list[str]:
    """Test files that name the function, or the class that it belongs to; those named after its
    file's neighbours first come first by their path."""
    word = re.compile(rf"\b{re.escape(function.owner.split('.')[0] or function.name)}\b".encode())
    return sorted(
        path for path, text in files.items() if is_test(path) and word.search(_bytes(text))
    )[:MOST]


def named(text: str, files: Iterable[str]) -> list[str]:
    """The tests of the project that ``text`` names: ``file::name`` where it says so, else whole
    files."""
    known = [path for path in files if is_test(path)]
    nodes = [
        path + rest for found, rest in _NODE.findall(text) for path in known if _same(found, path)
    ]
    whole = [path for found in _PATH.findall(text) for path in known if _same(found, path)]
    covered = {node.split("::")[0] for node in nodes}
    return list(dict.fromkeys([*nodes, *(path for path in whole if path not in covered)]))


def script(text: str, files: Iterable[str]) -> str:
    """The file of the project that a traceback began in by being run; empty where there is none."""
    known = [path for path in files if not is_test(path)]
    for found in _FRAME.finditer(text):
        if found[3] == "<module>":
            return next((path for path in known if _same(found[1], path)), "")
    return ""


def line_in(text: str, path: str) -> int | None:
    """The last line (0-based) of ``path`` that a traceback names."""
    lines = [
        int(found[2] or found[5]) - 1
        for found in _FRAME.finditer(text)
        if _same(found[1] or found[4], path)
    ]
    return lines[-1] if lines else None


def as_test(text: str, module: str, name: str) -> str:
    """A test file of a failing test that was given as code: an import of what it tests comes
    before it, and bare assertions become a test. Empty where it is no code of a test, as the
    output of a test run is, which shows pieces of code."""
    text = textwrap.dedent(text)
    is_whole = _TEST.search(text) is not None
    if not is_whole and not re.search(r"^\s*assert\b", text, re.MULTILINE):
        return ""
    if re.match(r"\s*(?:async\s+)?def\s+\w+\(self\b", text):
        body = textwrap.indent(text.strip("\n"), "    ")
        text = f"import unittest\n\n\nclass TestGiven(unittest.TestCase):\n{body}\n"
    elif not is_whole:
        body = "\n".join(f"    {line}" for line in text.strip().split("\n"))
        text = f"def test_given():\n{body}\n"
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return ""
    brought = re.search(rf"^\s*(?:from|import)\b[^\n]*\b{re.escape(name)}\b", text, re.MULTILINE)
    uses_module = re.search(rf"^\s*import\s+{re.escape(module)}\b", text, re.MULTILINE)
    return text if brought or uses_module else f"from {module} import {name}\n\n\n{text}"


def _same(found: str, path: str) -> bool:
    """Whether ``found``, as somebody's machine writes it, is the project's ``path``."""
    parts = PurePosixPath(found.replace("\\", "/")).parts
    own = PurePosixPath(path).parts
    shared = min(len(parts), len(own))
    return shared > 0 and parts[-shared:] == own[-shared:]


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode(errors="replace")
