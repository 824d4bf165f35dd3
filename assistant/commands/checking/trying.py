"""Running a short program beside the project's files."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assistant.commands.checking.lacking import lacking
from assistant.commands.checking.project import import_folders, module_of
from assistant.commands.checking.running import ran
from assistant.sandbox import Job, Limits, Outcome, PythonEnvironment, Status

SECONDS = 10.0
_ENTRY = "assistant_example.py"
_SHOWN = 2_000
"""Characters of what it printed."""


@dataclass(frozen=True, slots=True)
class Ran:
    """``output`` is what it printed, ``fault`` one line on why it failed; empty where it did
    not. One that was not ``tried`` says nothing about the code."""

    output: str = ""
    fault: str = ""
    tried: bool = True


def run_script(
    run: Callable[[Job], Outcome],
    files: Mapping[str, bytes | str],
    path: str,
    code: str,
    python: PythonEnvironment,
) -> Ran:
    """Run ``code`` with ``python``, where ``path`` of ``files`` can be imported by its module's
    name. Raises UsageError where the sandbox refuses to run anything."""
    folders = import_folders(module_of(path, files)[1])
    # Absolute, so that the program may change its folder; one line, so that lines keep numbers.
    head = f"import os, sys; sys.path[:0] = [os.path.abspath(each) for each in {folders!r}]\n"
    limits = Limits(wall_seconds=4 * SECONDS, cpu_seconds=SECONDS)
    job = Job("python", {**files, _ENTRY: head + code}, _ENTRY, limits=limits, python=python)
    outcome = ran(run, job)
    if outcome.status is Status.PASSED:
        return Ran(outcome.stdout.strip("\n")[:_SHOWN])
    last = [line for line in outcome.stderr.splitlines() if line.strip()]
    said = last[-1].strip() if last and outcome.status is Status.FAILED else ""
    said = lacking(said, python, files) or said
    return Ran(outcome.stdout[:_SHOWN], (said or outcome.reason or "it ended early")[:300])


def prints(code: str) -> str:
    """``code`` so that the value of its last line is shown, as a terminal does."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr) or not isinstance(last.value, ast.Call | ast.Name):
        return code
    if isinstance(last.value, ast.Call) and ast.unparse(last.value.func) in ("print", "main"):
        return code
    lines = code.split("\n")
    before = "\n".join(lines[: last.lineno - 1])
    return f"{before}\nprint({ast.unparse(last.value)})\n".lstrip("\n")


def calls(code: str, name: str, kind: str = "function") -> bool:
    """Whether ``code`` parses and calls ``name`` or decorates something with it; of a ``class``,
    or takes something from it; for a ``property``, whether it is used at all."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    if any(isinstance(node, definitions) and node.name == name for node in nodes):
        return False
    used = (part for node in nodes for part in _used(node, kind))
    return any(name == getattr(part, "id", getattr(part, "attr", "")) for part in used)


def _used(node: ast.AST, kind: str) -> Sequence[ast.AST]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return node.decorator_list
        case ast.Call():
            return [node.func]
        case ast.Attribute(value=value) if kind == "class":
            return [value]
    return [node] if kind == "property" else []
