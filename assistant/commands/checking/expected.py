"""What calls are expected to give, and how that is written as tests."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.commands.checking.examples import Example
from assistant.commands.checking.names import import_place

_NOTED = re.compile(r"noted ([0-9a-f]+)")
_WIDTH = 88


@dataclass(frozen=True, slots=True)
class Expected:
    """``call`` gives ``want`` (an expression), or raises what ``raises`` names. ``close``: up to
    the rounding of floats. ``shown``: a docstring says so; else it was found by running it."""

    call: str
    want: str = ""
    raises: str = ""
    close: bool = False
    shown: bool = False

    def statement(self, unittest: bool) -> str:
        if self.raises:
            name = "self.assertRaises" if unittest else "pytest.raises"
            return f"with {name}({self.raises}):\n    {self.call}"
        if unittest:
            method = "assertAlmostEqual" if self.close else "assertEqual"
            return f"self.{method}({self.call}, {self.want})"
        if self.want in {"True", "False", "None"}:
            return f"assert {self.call} is {self.want}"
        want = f"pytest.approx({self.want})" if self.close else self.want
        whole = f"assert {self.call} == {want}"
        if len(whole) <= _WIDTH:
            return whole
        return f"expected = {want}\nassert {self.call} == expected"


class Noted(Expected):
    """A call whose value is asked for."""

    __slots__ = ()

    def statement(self, unittest: bool) -> str:
        return f"note(lambda: {self.call})"


def from_example(example: Example) -> Expected | None:
    """None where it is no call that a test could make."""
    raised = re.search(r"^(\w+)(?::|$)", example.want.rsplit("\n", 1)[-1])
    if example.kind == "text" and example.want.startswith("Traceback") and raised:
        return Expected(example.source, raises=raised[1], shown=True)
    if example.kind != "value":
        return None
    tree = ast.parse(example.want, mode="eval").body
    close = any(isinstance(n, ast.Constant) and isinstance(n.value, float) for n in ast.walk(tree))
    flat = isinstance(tree, ast.Constant | ast.UnaryOp | ast.List | ast.Tuple)
    return Expected(example.source, example.want, close=close and flat, shown=True)


def from_note(call: str, said: str, path: str, source: str) -> Expected | None:
    """What ``call`` was noted to give; None where it gave nothing that can be written down, or an
    error that the file at ``path`` does not raise on purpose."""
    found = _NOTED.search(said)
    if found is None:
        return None
    noted: Mapping[str, object] = json.loads(bytes.fromhex(found[1]))
    if isinstance(value := noted.get("value"), str):
        return Expected(call, value, close=bool(noted["close"]))
    is_ours = str(noted.get("file", "")).endswith(f"/{path}")
    if "raises" in noted and is_ours and noted["line"] in _raising(source):
        return Expected(call, raises=str(noted["raises"]))
    return None


def _raising(source: str) -> set[int]:
    lines: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Raise):
            lines |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


@dataclass(frozen=True, slots=True)
class Style:
    """How one test file is written. ``importable`` are names of ``module``; ``fixtures`` those
    that a test function may ask for."""

    module: str
    importable: Collection[str]
    fixtures: Collection[str] = ()
    unittest: bool = False

    def written(self, cases: Sequence[Expected], name: str, existing: str = "") -> str:
        """The whole test file: ``existing``, the imports that it lacks, and one test a case."""
        imports, tests = self.additions(cases, name, existing)
        if not existing.strip():
            return f"{imports}\n\n{tests}" if imports else tests
        at = import_place(existing)
        return f"{existing[:at]}{imports}{existing[at:]}{apart(existing)}{tests}"

    def additions(
        self, cases: Sequence[Expected], name: str, existing: str = ""
    ) -> tuple[str, str]:
        """The import lines and the tests that come to ``existing``."""
        if self.unittest:
            title = re.sub(r"\W|_", "", name.title())
            often = existing.count(f"class Test{title}")
            tests = "\n\n".join(self._tests(cases, name, existing))
            body = "\n".join(f"    {line}" if line else "" for line in tests.split("\n"))
            tests = f"class Test{title}{often + 1 if often else ''}(unittest.TestCase):\n{body}"
        else:
            tests = "\n\n\n".join(self._tests(cases, name, existing))
        bound = _bound(existing)
        used = {name for case in cases for name in _names(f"({case.call}, {case.raises or None})")}
        own = sorted(used & set(self.importable) - bound)
        tool = "unittest" if self.unittest else "pytest"
        brought = [f"import {tool}"] if f"{tool}." in tests and tool not in bound else []
        brought += [""] if brought and own and not existing.strip() else []
        brought += [f"from {self.module} import {', '.join(own)}"] if own else []
        return "".join(f"{line}\n" for line in brought), f"{tests}\n"

    def _tests(self, cases: Sequence[Expected], name: str, existing: str) -> Iterator[str]:
        taken = set(re.findall(r"def (test\w*)", existing))
        number = 0
        for case in cases:
            number += 1
            while f"test_{name}_{number}" in taken:
                number += 1
            asked = [each for each in _names(case.call) if each in self.fixtures]
            given = ", ".join(["self"] if self.unittest else asked)
            body = "\n".join(f"    {line}" for line in case.statement(self.unittest).split("\n"))
            yield f"def test_{name}_{number}({given}):\n{body}"


def apart(existing: str) -> str:
    """What comes between a file and the tests at its end: two empty lines."""
    return "\n" * max(0, 3 - (len(existing) - len(existing.rstrip("\n"))))


def _names(expression: str) -> list[str]:
    tree = ast.parse(expression, mode="eval")
    return list(dict.fromkeys(n.id for n in ast.walk(tree) if isinstance(n, ast.Name)))


def _bound(text: str) -> set[str]:
    """Names that a file's imports and definitions bring."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found: set[str] = set()
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(each.asname or each.name).split(".")[0] for each in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
    return found


def nodes_of(text: str, path: str) -> list[str]:
    """pytest's names for the tests of a file, in their order."""
    found = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            found.append(f"{path}::{node.name}")
        elif isinstance(node, ast.ClassDef):
            methods = [m.name for m in node.body if isinstance(m, ast.FunctionDef)]
            found += [f"{path}::{node.name}::{m}" for m in methods if m.startswith("test")]
    return found
