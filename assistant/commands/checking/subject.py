"""What tests are written for: a function, or a class with its methods."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.commands.checking.examples import Example, examples
from assistant.commands.functions import function_at
from assistant.commands.protocol import Place
from assistant.sandbox.testing.mutants import mutants

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Subject:
    """``start`` and ``end`` are offsets into ``text``; ``top`` is the name that tests import,
    ``call`` how a call of it begins, ``names`` those of the functions that a call may be of."""

    name: str
    top: str
    call: str
    names: tuple[str, ...]
    start: int
    end: int
    text: str
    examples: tuple[Example, ...] = ()
    making: str = ""
    """Of a method: its class as far as it says how an object is made."""

    @property
    def shown(self) -> str:
        """The source as a model is to see it."""
        if not self.making:
            return self.source
        return f"{self.making}\n\n{textwrap.indent(self.source, '    ')}"

    @property
    def source(self) -> str:
        """Dedented."""
        return textwrap.dedent(self._indent + self.text[self.start : self.end])

    @property
    def _indent(self) -> str:
        line = self.text[self.text.rfind("\n", 0, self.start) + 1 : self.start]
        return line if not line.strip() else ""

    @property
    def statements(self) -> frozenset[int]:
        """Lines (1-based) of the file on which a statement of a body begins."""
        first = self.text.count("\n", 0, self.start) + 1
        inside = (
            statement.lineno
            for function in ast.walk(ast.parse(self.source))
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
            for top in function.body
            for statement in ast.walk(top)
            if isinstance(statement, ast.stmt) and not _is_text(statement)
        )
        return frozenset(first + line - 1 for line in inside)

    def mutants(self, most: int, seed: int = 0) -> list[str]:
        """At most ``most`` copies of the file with one fault in the subject."""
        found = mutants(self.source, most, seed)
        before, after = self.text[: self.start], self.text[self.end :]
        return [
            before + textwrap.indent(each, self._indent).strip(" \t\n") + after for each in found
        ]


def subject_at(place: Place) -> Subject | None:
    """The function at the place, else the class. None where there is none, or where the file is
    not Python that parses."""
    text = place.document.text
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    starts = [0]
    for row in text.split("\n"):
        starts.append(starts[-1] + len(row) + 1)
    line = text.count("\n", 0, place.start) + 1
    around = [node for node in tree.body if isinstance(node, _Definition) and _holds(node, line)]
    if not around:
        return None
    node = around[0]
    function = function_at(place.document, place.start)
    if isinstance(node, ast.ClassDef):
        methods = [m for m in node.body if isinstance(m, ast.FunctionDef | ast.AsyncFunctionDef)]
        names = [method.name for method in methods if not method.name.startswith("_")]
        made = f"{node.name}()." if not _needs(methods) else f"{node.name}("
        within = next((m for m in methods if function and _holds(m, line)), None)
        chosen = within or node
        if within is not None:
            names = [within.name]
        call = f"{made}{names[0]}(" if names and made.endswith(".") else made
        shown = [*_shown(chosen), *(each for m in methods if chosen is node for each in _shown(m))]
        making = _making(text, node, methods) if within not in (None, *_made(methods)) else ""
    else:
        making = ""
        chosen, names, call, shown = node, [node.name], f"{node.name}(", list(_shown(node))
    decorators = [each.lineno for each in chosen.decorator_list]
    first = min([chosen.lineno, *decorators])
    start = starts[first - 1]
    start += len(text[start:]) - len(text[start:].lstrip(" \t"))
    end = starts[chosen.end_lineno or first] - 1
    name = f"{node.name}.{chosen.name}" if chosen is not node else node.name
    return Subject(name, node.name, call, tuple(names), start, end, text, tuple(shown), making)


def _holds(node: _Definition, line: int) -> bool:
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    return first <= line <= (node.end_lineno or first)


_Methods = list[ast.FunctionDef | ast.AsyncFunctionDef]


def _made(methods: _Methods) -> _Methods:
    return [method for method in methods if method.name == "__init__"][:1]


def _needs(methods: _Methods) -> bool:
    """Whether making an object takes arguments."""
    return any(len(m.args.args) - len(m.args.defaults) > 1 for m in _made(methods))


def _making(text: str, node: ast.ClassDef, methods: _Methods) -> str:
    """The class's first lines, its fields (a dataclass is made of them) and its constructor."""
    fields = [each for each in node.body if isinstance(each, ast.AnnAssign)]
    lines = [f"class {node.name}({', '.join(map(ast.unparse, node.bases))}):".replace("()", "")]
    lines = [f"@{ast.unparse(each)}" for each in node.decorator_list] + lines
    kept = [ast.get_source_segment(text, each, padded=True) for each in (*fields, *_made(methods))]
    lines += [textwrap.indent(textwrap.dedent(each), "    ") for each in kept if each]
    return "\n".join(lines)


def _shown(node: _Definition) -> Iterator[Example]:
    yield from examples(ast.get_docstring(node) or "", node.name)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def public_names(text: str) -> list[str]:
    """Names that a file defines at its top."""
    found: list[str] = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.Assign):
            found += [each.id for each in node.targets if isinstance(each, ast.Name)]
    return found
