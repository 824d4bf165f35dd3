"""A call of a function that nobody has written yet."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.commands.checking.names import import_of, undefined
from assistant.commands.implementing.callers import shown
from assistant.commands.implementing.comment import in_style
from assistant.commands.implementing.fresh import Spot
from assistant.commands.implementing.gap import Gap
from assistant.commands.protocol import Job, Place
from assistant.commands.references import Use
from assistant.commands.sources import Sources
from assistant.syntax import of_document
from assistant.syntax.language import Language

LARGEST = 200_000
"""Characters of a file that is looked through at each move of the cursor."""
_CALLED = re.compile(r"(?<![\w.])([^\W\d]\w*)[ \t]*\(")
_KEYWORDS = frozenset(
    {"if", "while", "and", "or", "not", "in", "return", "await", "yield", "print"}
)


def offers(place: Place) -> bool:
    return len(place.document.text) <= LARGEST and _name(place) != ""


def gap(job: Job) -> Gap | None:
    """A function in place of the undefined name that is called at the cursor; None where there is
    no such name."""
    name, text = _name(job.place), job.place.document.text
    language = of_document(job.place.document.path, text, job.place.document.language)
    if not name or language is None:
        return None
    calls = list(_calls(ast.parse(text), name))
    line = text.count("\n", 0, job.place.start) + 1
    call = min(calls, key=lambda each: abs(each.node.lineno - line), default=None)
    if call is None:
        return None
    sources = Sources(job.place)
    uses = [Use(sources.here, c.node.lineno - 1, "") for c in calls]
    taken, sites = shown(sources, uses)
    spot = _spot(text, call, language)
    taking = ", ".join(parameters([each.node for each in calls]))
    word = f"{'async ' if call.awaited else ''}def {name}({taking})"
    asked = f"{sites}Nobody has written the function `{name}` yet. Write it, whole, so that its "
    asked += f"calls do what they are meant to. {in_style(job)}\n"
    return Gap(
        text=text,
        language=language,
        start=spot.at,
        end=spot.at,
        asked=asked,
        begun=word,
        fit=lambda code: spot.fitted(word + code),
        target=spot,
        name=name,
        uses=taken,
        calls=tuple(ast.unparse(each.node) for each in calls),
    )


@dataclass(frozen=True, slots=True)
class _Call:
    """``top`` is the statement of the file that it stands in; ``later``: it is made when that is
    called, not where it stands."""

    node: ast.Call
    top: ast.stmt
    later: bool
    awaited: bool


def _name(place: Place) -> str:
    """The undefined name of a call at the cursor, else the first on its line."""
    text = place.document.text
    language = of_document(place.document.path, text, place.document.language)
    if language is None or language.name != "python":
        return ""
    start = text.rfind("\n", 0, place.start) + 1
    end = text.find("\n", place.start)
    line = text[start : len(text) if end < 0 else end]
    found = [each for each in _CALLED.finditer(line) if _may_lack(each[1], text)]
    column = place.start - start
    at = [each for each in found if each.start(1) <= column <= each.end(1)]
    if not (at or found):
        return ""
    number = text.count("\n", 0, start)
    lacking = {each.name for each in undefined(text) or () if each.line == number}
    return next((each[1] for each in [*at, *found] if each[1] in lacking), "")


def _may_lack(name: str, text: str) -> bool:
    """A quick look, for what a cursor meets at most of its moves."""
    brought = import_of(name)
    # The names of operator are everybody's: nobody who calls ``add`` thinks of it.
    if brought and not brought.startswith("from operator "):
        return False
    if name in _KEYWORDS or hasattr(builtins, name):
        return False
    bound = rf"(?:def|class|import|as|for|lambda)\s+(?:[\w, ]+,\s*)?{name}\b|\b{name}\s*[:=][^=]"
    return re.search(bound, text) is None


def _calls(tree: ast.Module, name: str) -> Iterator[_Call]:
    for top in tree.body:
        yield from _within(top, name, top, later=False, awaited=False)


def _within(
    node: ast.AST, name: str, top: ast.stmt, *, later: bool, awaited: bool
) -> Iterator[_Call]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
        yield _Call(node, top, later, awaited)
    inside: list[ast.AST] = []
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        inside = [*node.body]
    elif isinstance(node, ast.Lambda):
        inside = [node.body]
    for child in ast.iter_child_nodes(node):
        is_later = later or any(child is each for each in inside)
        yield from _within(child, name, top, later=is_later, awaited=isinstance(node, ast.Await))


def _spot(text: str, call: _Call, language: Language) -> Spot:
    """Below the function that calls it; above what calls it when the file is read."""
    lines = text.split("\n")
    if call.later:
        at = len("\n".join(lines[: call.top.end_lineno]))
        return Spot(text, at, language, apart=2)
    decorators = getattr(call.top, "decorator_list", [])
    first = min([call.top.lineno, *(each.lineno for each in decorators)]) - 1
    while first and lines[first - 1].startswith("#"):
        first -= 1
    before = first
    while before and not lines[before - 1].strip():
        before -= 1
    at = len("\n".join(lines[:before]))
    return Spot(text, at, language, apart=2 if before else 0)


def parameters(calls: Sequence[ast.Call]) -> list[str]:
    """Those of a function that is called so, with names that the arguments suggest and ``=None``
    where not every call gives one."""
    widest = max(calls, key=lambda each: len(each.args)).args
    keywords = [{each.arg for each in one.keywords if each.arg} for one in calls]
    names: list[str] = []
    for number, argument in enumerate(widest):
        if isinstance(argument, ast.Starred):
            names.append("*" + _free(_said(argument.value) or "values", names))
            continue
        # What a shorter call gives by its name is this one.
        short = [k for one, k in zip(calls, keywords, strict=True) if len(one.args) <= number]
        named = next((name for each in short for name in sorted(each)), "")
        name = _free(named or _said(argument) or "value", names)
        names.append(name if all(name in each for each in short) else f"{name}=None")
    for name in dict.fromkeys(name for each in keywords for name in sorted(each)):
        if name not in [each.split("=")[0] for each in names]:
            names.append(name if all(name in each for each in keywords) else f"{name}=None")
    names.sort(key=lambda name: "=" in name)
    return names


def _said(argument: ast.expr) -> str:
    """The name that an argument suggests."""
    match argument:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value, slice=ast.Constant(value=str(key))):
            return key if key.isidentifier() else _said(value)
        case ast.Subscript(value=value):
            return _said(value).removesuffix("s")
        case ast.Call(func=function, args=arguments):
            inner = _said(arguments[0]) if arguments else ""
            return inner or _said(function)
        case ast.Constant(value=bool()):
            return "flag"
        case ast.Constant(value=str()) | ast.JoinedStr():
            return "text"
        case ast.Constant(value=int() | float()):
            return "number"
        case ast.List() | ast.ListComp() | ast.Tuple() | ast.Set():
            return "items"
        case ast.Dict() | ast.DictComp():
            return "mapping"
    return ""


def _free(name: str, taken: list[str]) -> str:
    name = name.lower().lstrip("_") or "value"
    if hasattr(builtins, name) or name == "self":
        name = "value" if name == "self" else f"{name}_"
    known = {each.lstrip("*").split("=")[0] for each in taken}
    number, found = 2, name
    while found in known:
        found, number = f"{name}{number}", number + 1
    return found
