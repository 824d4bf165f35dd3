"""What a Python function, class or module promises by its code: parameters, results, errors."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.errors import UsageError

Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_OPEN = (ast.Pass, ast.Expr)


@dataclass(frozen=True, slots=True)
class Parameter:
    """``name`` as documented: with its stars. ``annotation`` is source."""

    name: str
    annotation: str = ""

    @property
    def bare(self) -> str:
        return self.name.lstrip("*")


@dataclass(frozen=True, slots=True)
class Promise:
    """``start:end`` are the offsets of its docstring's literal, or of where one goes: then
    ``before`` and ``after`` stand around it. ``stub`` says that its body tells nothing, ``calls``
    that errors may come from elsewhere."""

    kind: str
    name: str
    start: int
    end: int
    indent: str
    source: str
    doc: str | None = None
    before: str = ""
    after: str = ""
    parameters: tuple[Parameter, ...] = ()
    returns: str = ""
    gives: bool = False
    yields: bool = False
    raises: tuple[str, ...] = ()
    calls: bool = False
    stub: bool = False


def promise_at(text: str, offset: int) -> Promise:
    """What stands at ``offset``: the innermost function or class around it, else the module.
    Raises UsageError where the text does not parse."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        where = f" (line {line})" if line else ""
        raise UsageError(f"the file does not parse{where}: correct that first") from error
    places = _Places(text)
    line = text.count("\n", 0, offset) + 1
    found: tuple[Scope, bool] | None = None
    stack: list[tuple[ast.AST, bool]] = [(tree, False)]
    while stack:
        node, in_class = stack.pop()
        if isinstance(node, Scope) and _first(node) <= line <= (node.end_lineno or 0):
            found = node, in_class
        inside = isinstance(node, ast.ClassDef)
        near = [each for each in ast.iter_child_nodes(node) if _covers(each, line)]
        stack.extend((child, inside) for child in near)
    return _scope(places, *found) if found else _module(places, tree)


def _covers(node: ast.AST, line: int) -> bool:
    end = getattr(node, "end_lineno", None)
    first = _first(node) if isinstance(node, Scope) else getattr(node, "lineno", 0)
    return end is None or first <= line <= end


def _first(node: Scope) -> int:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


class _Places:
    """Offsets of ast's lines and of its columns, which are UTF-8 bytes."""

    def __init__(self, text: str) -> None:
        self.text = text
        # As Python's own reader counts lines: not by form feeds and their like.
        self.lines = io.StringIO(text, newline="").readlines()
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))

    def at(self, line: int, column: int) -> int:
        head = self.lines[line - 1].encode()[:column]
        return self.starts[line - 1] + len(head.decode("utf-8", "replace"))

    def indent(self, line: int) -> str:
        content = self.lines[line - 1]
        return content[: len(content) - len(content.lstrip())]


def _literal(body: list[ast.stmt]) -> ast.Constant | None:
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return first.value if isinstance(first.value.value, str) else None
    return None


def _module(places: _Places, tree: ast.Module) -> Promise:
    text = places.text
    literal = _literal(tree.body)
    if literal is not None:
        start = places.at(literal.lineno, literal.col_offset)
        end = places.at(literal.end_lineno or 0, literal.end_col_offset or 0)
        return Promise("module", "", start, end, "", text, ast.get_docstring(tree))
    at = 0
    for line in places.lines[:2]:
        if line.startswith("#!") or (line.startswith("#") and "coding" in line):
            at += len(line)
    return Promise("module", "", at, at, "", text, after="\n\n")


def _scope(places: _Places, node: Scope, in_class: bool) -> Promise:
    text = places.text
    own = places.indent(node.lineno)
    literal, body = _literal(node.body), node.body
    source = text[places.at(_first(node), 0) : places.at(node.end_lineno or 0, 1 << 30)]
    before = after = ""
    first = body[0]
    if literal is not None:
        start = places.at(literal.lineno, literal.col_offset)
        end = places.at(literal.end_lineno or 0, literal.end_col_offset or 0)
        indent = places.indent(literal.lineno) if literal.lineno > node.lineno else own + "    "
        body = body[1:]
    else:
        colon = _colon(places, node)
        row = text.count("\n", 0, colon) + 1
        if first.lineno == row:
            # The body stands behind the colon: it moves to a line of its own.
            start, end = colon, places.at(first.lineno, first.col_offset)
            indent = own + "    "
            after = f"\n{indent}"
        else:
            start = end = colon + len(text[colon:].split("\n", 1)[0].rstrip("\r"))
            indent = places.indent(first.lineno)
            following = places.lines[row].strip() if row < len(places.lines) else ""
            after = "\n" if isinstance(node, ast.ClassDef) and following else ""
        before = f"\n{indent}"
    doc = ast.get_docstring(node)
    if isinstance(node, ast.ClassDef):
        return Promise("class", node.name, start, end, indent, source, doc, before, after)
    inner = list(_own(body))
    returned = [each.value for each in inner if isinstance(each, ast.Return) and each.value]
    values = [v for v in returned if not (isinstance(v, ast.Constant) and v.value is None)]
    annotated = ast.unparse(node.returns) if node.returns else ""
    return Promise(
        "function",
        node.name,
        start,
        end,
        indent,
        source,
        doc,
        before,
        after,
        tuple(_parameters(node, in_class)),
        annotated,
        bool(values),
        any(isinstance(each, ast.Yield | ast.YieldFrom) for each in inner),
        tuple(dict.fromkeys(_raised(body))),
        any(isinstance(each, ast.Call | ast.Attribute | ast.Subscript) for each in inner)
        or any(isinstance(each, ast.BinOp | ast.Await) for each in inner),
        _is_stub(node, body),
    )


def _colon(places: _Places, node: Scope) -> int:
    """The offset behind the colon that ends the head of ``node``."""
    depth, seen = 0, False
    start = places.starts[node.lineno - 1]
    reader = io.StringIO(places.text[start:], newline="")
    for token in tokenize.generate_tokens(reader.readline):
        if token.string in ("def", "class"):
            seen = True
        elif token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
            if token.string == ":" and not depth and seen:
                row, column = token.end
                return places.starts[node.lineno + row - 2] + column
    raise UsageError(f"{node.name} has no body to document")


def _own(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of a body, without those of functions and classes within."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, Scope | ast.Lambda):
            continue
        yield node
        stack.extend(ast.iter_child_nodes(node))


def _parameters(
    node: ast.FunctionDef | ast.AsyncFunctionDef, in_class: bool
) -> Iterator[Parameter]:
    given = node.args
    plain = [*given.posonlyargs, *given.args]
    static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)
    if in_class and not static and plain:
        plain = plain[1:]
    stars = [("*", given.vararg)] if given.vararg else []
    last = [("**", given.kwarg)] if given.kwarg else []
    ordered = [*(("", each) for each in plain), *stars]
    for mark, each in [*ordered, *(("", each) for each in given.kwonlyargs), *last]:
        yield Parameter(mark + each.arg, ast.unparse(each.annotation) if each.annotation else "")


def _raised(body: list[ast.stmt]) -> Iterator[str]:
    """The errors that a body raises by name, in the order of its lines."""
    nodes = [each for each in _own(body) if isinstance(each, ast.Raise)]
    for node in sorted(nodes, key=lambda each: each.lineno):
        error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        if error is not None:
            name = ast.unparse(error)
            if name.rpartition(".")[2][:1].isupper():
                yield name


def _is_stub(node: ast.FunctionDef | ast.AsyncFunctionDef, body: list[ast.stmt]) -> bool:
    marks = {ast.unparse(each).rpartition(".")[2] for each in node.decorator_list}
    if marks & {"abstractmethod", "overload"}:
        return True
    return all(
        isinstance(each, _OPEN)
        or (isinstance(each, ast.Raise) and "NotImplementedError" in ast.unparse(each))
        for each in body
    )
