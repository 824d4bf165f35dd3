"""What can be seen of a function without running it: that it does nothing, or leaves out what it
is given."""

from __future__ import annotations

import ast

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_placeholder(source: str) -> bool:
    """Whether the body of a Python function only stands in for one: ``pass``, ``...``, text, or
    that it is not implemented."""
    function = _function(source)
    return function is not None and all(map(_says_nothing, function.body))


def unused(source: str) -> tuple[str, ...]:
    """Parameters of a Python function that its body never reads; those that begin with ``_`` are
    said to be so on purpose, and a method's are its base class's."""
    function = _function(source)
    if function is None:
        return ()
    read = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    if read & {"locals", "vars", "super"}:
        return ()
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    names = [each.arg for each in every]
    if names[:1] in (["self"], ["cls"]):
        return ()
    return tuple(name for name in names if name not in read and not name.startswith("_"))


def _function(source: str) -> _Function | None:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return next((node for node in body if isinstance(node, _Function)), None)


def _says_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name))):
            return name == "NotImplementedError"
    return False
