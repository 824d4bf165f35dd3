"""A Python function's neighbours: copies with one small edit each, of the kinds that bugs are made
of.

Most faults in code that compiles are a few tokens away from what was meant: a wrong operator,
constant or variable, one statement too much (Just et al. 2014, "Defects4J"; the single-edit
repairs of Weimer et al. 2013, "Leveraging Program Equivalence for Adaptive Program Repair").
Which of them is a repair only trying can say.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from itertools import zip_longest
from typing import TypeVar

_N = TypeVar("_N", bound=ast.AST)
_T = TypeVar("_T", bound=type)
MOST = 240
_COMPOUND = (ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Lambda)
_COMPARISONS: tuple[tuple[type[ast.cmpop], ...], ...] = (
    (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq),
    (ast.In, ast.NotIn),
    (ast.Is, ast.IsNot),
)
_OPERATORS: tuple[tuple[type[ast.operator], ...], ...] = (
    (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow),
    (ast.BitAnd, ast.BitOr, ast.BitXor),
    (ast.LShift, ast.RShift),
)
_ALIKE = (
    ("min", "max", "sum", "len"),
    ("any", "all"),
    ("upper", "lower", "swapcase"),
    ("append", "extend"),
    ("startswith", "endswith"),
    ("floor", "ceil"),
    ("int", "float", "round", "abs"),
    ("keys", "values", "items"),
    ("isupper", "islower"),
    ("index", "rindex"),
    ("find", "rfind"),
    ("list", "set", "sorted", "tuple"),
)
"""Names that are taken for one another."""


def small_edits(text: str, start: int, end: int, most: int = MOST) -> list[str]:
    """Bodies in place of ``text[start:end]``, which lies within a function, each with one edit.
    Kinds take turns, so that ``most`` leaves out none of them. None where the file does not
    parse."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return _Editor(text, tree, start, end).bodies(most)


class _Editor:
    def __init__(self, text: str, tree: ast.Module, start: int, end: int) -> None:
        self.text, self.start, self.end = text, start, end
        self.lines = [0]
        for line in text.split("\n"):
            self.lines.append(self.lines[-1] + len(line) + 1)
        self.rows = text.split("\n")
        self.nodes = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.expr | ast.stmt) and self._inside(node)
        ]
        self.around = {
            child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)
        }
        self.names = sorted(self._names(tree))

    def bodies(self, most: int) -> list[str]:
        kinds = [self._compared(), self._operated(), self._constants(), self._called()]
        kinds += [self._negated(), self._shifted(), self._wrapped(), self._dropped()]
        kinds.append(self._renamed())
        found: dict[str, None] = {}
        for turn in zip_longest(*kinds):
            for edit in turn:
                if edit is not None and len(found) < most:
                    first, last, new = edit
                    found[self.text[self.start : first] + new + self.text[last : self.end]] = None
        found.pop(self.text[self.start : self.end], None)
        return list(found)

    def _compared(self) -> Iterator[tuple[int, int, str]]:
        for node in self._of(ast.Compare):
            for number, now in enumerate(node.ops):
                for other in _others(type(now), _COMPARISONS):
                    new = copy.deepcopy(node)
                    new.ops[number] = other()
                    yield self._edit(node, new)
            if len(node.ops) == 1:
                swapped = ast.Compare(node.comparators[0], node.ops, [node.left])
                yield self._edit(node, swapped)
        for boolean in self._of(ast.BoolOp):
            changed = copy.deepcopy(boolean)
            changed.op = ast.Or() if isinstance(boolean.op, ast.And) else ast.And()
            yield self._edit(boolean, changed)
            for number in range(len(boolean.values)):
                kept = [*boolean.values[:number], *boolean.values[number + 1 :]]
                yield self._edit(
                    boolean, kept[0] if len(kept) == 1 else ast.BoolOp(boolean.op, kept)
                )

    def _operated(self) -> Iterator[tuple[int, int, str]]:
        both = (node for node in self.nodes if isinstance(node, ast.BinOp | ast.AugAssign))
        for node in both:
            for other in _others(type(node.op), _OPERATORS):
                new = copy.deepcopy(node)
                new.op = other()
                yield self._edit(node, new)
            if isinstance(node, ast.BinOp):
                yield self._edit(node, node.left)
                yield self._edit(node, node.right)
                yield self._edit(node, ast.BinOp(node.right, node.op, node.left))
                if isinstance(node.op, ast.Sub):
                    yield self._edit(node, ast.Call(ast.Name("abs"), [node], []))

    def _constants(self) -> Iterator[tuple[int, int, str]]:
        for node in self._of(ast.Constant):
            value = node.value
            if isinstance(value, bool):
                yield self._edit(node, ast.Constant(not value))
            elif isinstance(value, int):
                for other in dict.fromkeys((value + 1, value - 1, 0, 1, 2, -value)):
                    yield self._edit(node, ast.Constant(other))
            elif isinstance(value, str) and len(value) == 1:
                for other_text in ("", " ", value.swapcase()):
                    yield self._edit(node, ast.Constant(other_text))

    def _called(self) -> Iterator[tuple[int, int, str]]:
        for node in self._of(ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            for group in _ALIKE:
                for other in group if name in group else ():
                    new = copy.deepcopy(node)
                    if isinstance(new.func, ast.Name):
                        new.func.id = other
                    elif isinstance(new.func, ast.Attribute):
                        new.func.attr = other
                    yield self._edit(node, new)
            if len(node.args) == 2:
                yield self._edit(node, ast.Call(node.func, node.args[::-1], node.keywords))
            if len(node.args) == 1 and not node.keywords:
                yield self._edit(node, node.args[0])
            if name == "sorted" and not node.keywords:
                flag = ast.keyword("reverse", ast.Constant(True))
                yield self._edit(node, ast.Call(node.func, node.args, [flag]))

    def _negated(self) -> Iterator[tuple[int, int, str]]:
        for node in self.nodes:
            if isinstance(node, ast.UnaryOp):
                yield self._edit(node, node.operand)
            elif isinstance(node, ast.If | ast.While | ast.IfExp):
                yield self._edit(node.test, ast.UnaryOp(ast.Not(), node.test))
                if isinstance(node, ast.IfExp):
                    yield self._edit(node, ast.IfExp(node.test, node.orelse, node.body))

    def _shifted(self) -> Iterator[tuple[int, int, str]]:
        """One more or one less: of a range's end, a bound, an index, what is given back."""
        for node in self.nodes:
            parts: list[ast.expr | None] = []
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range":
                parts = list(node.args)
                if len(node.args) == 1:
                    first = ast.Call(node.func, [ast.Constant(1), node.args[0]], [])
                    yield self._edit(node, first)
            elif isinstance(node, ast.Slice):
                parts = [node.lower, node.upper]
            elif isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
                parts = [node.slice]
            elif isinstance(node, ast.Return):
                parts = [node.value]
            elif isinstance(node, ast.Compare):
                parts = [node.comparators[-1]]
            for part in parts:
                if part is None or isinstance(part, ast.Constant):
                    continue
                for operator in (ast.Add(), ast.Sub()):
                    yield self._edit(part, ast.BinOp(part, operator, ast.Constant(1)))

    def _wrapped(self) -> Iterator[tuple[int, int, str]]:
        for node in self._of(ast.Return):
            if node.value is not None:
                for name in ("abs", "sorted", "list", "len", "round", "int"):
                    yield self._edit(node.value, ast.Call(ast.Name(name), [node.value], []))

    def _dropped(self) -> Iterator[tuple[int, int, str]]:
        for node in self.nodes:
            if isinstance(node, ast.Break | ast.Continue):
                word = "continue" if isinstance(node, ast.Break) else "break"
                first, last = self._span(node)
                yield first, last, word
            if isinstance(node, ast.stmt) and not isinstance(node, ast.Pass):
                first, last = self._span(node)
                yield first, last, "pass"
            if isinstance(node, ast.If) and not node.orelse:
                # What it guards, without the condition.
                yield self._edit(node.test, ast.Constant(True))

    def _renamed(self) -> Iterator[tuple[int, int, str]]:
        """Another variable, or what the function says elsewhere (Le Goues et al. 2012, "GenProg":
        a repair's parts are in the program already)."""
        calls = {ast.unparse(node): node for node in self._of(ast.Call)}
        for node in self._of(ast.Name):
            if node.id in self.names:
                for other in self.names:
                    if other != node.id:
                        yield self._edit(node, ast.Name(other))
        for node in self._of(ast.Name):
            if isinstance(node.ctx, ast.Load) and node.id in self.names:
                for call in calls.values():
                    yield self._edit(node, call)

    def _of(self, kind: type[_N]) -> list[_N]:
        return [node for node in self.nodes if isinstance(node, kind)]

    def _names(self, tree: ast.Module) -> set[str]:
        """Variables of the function: what it is given and what it binds."""
        bound = {n.id for n in self._of(ast.Name) if isinstance(n.ctx, ast.Store)}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[0]
                if self.start <= self._span(node.body[-1])[1] and self._span(first)[0] <= self.end:
                    bound |= {argument.arg for argument in node.args.args}
        return bound

    def _inside(self, node: ast.expr | ast.stmt) -> bool:
        first, last = self._span(node)
        return self.start <= first and last <= self.end

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        last_line = node.end_lineno or node.lineno
        return (
            self._at(node.lineno, node.col_offset),
            self._at(last_line, node.end_col_offset or 0),
        )

    def _at(self, line: int, column: int) -> int:
        """A place of the tree's, whose columns are UTF-8 bytes, as an offset into the text."""
        row = self.rows[line - 1]
        if not row.isascii():
            column = len(row.encode()[:column].decode(errors="ignore"))
        return self.lines[line - 1] + column

    def _stands_alone(self, node: ast.expr | ast.stmt, new: ast.AST) -> bool:
        """Whether ``new`` needs no brackets where ``node`` stands."""
        around = self.around.get(node)
        if isinstance(around, ast.BoolOp):
            return isinstance(new, ast.Compare)
        bare = (ast.stmt, ast.Call, ast.keyword, ast.comprehension, ast.Subscript, ast.List)
        return isinstance(around, bare) and node is not getattr(around, "func", None)

    def _edit(self, node: ast.expr | ast.stmt, new: ast.AST) -> tuple[int, int, str]:
        text = ast.unparse(ast.fix_missing_locations(new))
        if isinstance(new, _COMPOUND) and not self._stands_alone(node, new):
            text = f"({text})"
        return *self._span(node), text


def _others(now: _T, groups: tuple[tuple[_T, ...], ...]) -> list[_T]:
    return [other for group in groups if now in group for other in group if other is not now]
