"""Which results of calls a test may expect, and when two of them are the same to it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from assistant.commands.checking.project import text_of
from assistant.commands.testing.case import Case, Target
from assistant.commands.testing.framework import Files
from assistant.commands.testing.java.said import Said
from assistant.commands.testing.java.sources import package_of, thrown
from assistant.commands.testing.java.writing import FLOATS, near

_RUNTIME = re.compile(
    r"(?:NullPointer|ClassCast|Arithmetic|NegativeArraySize|ArrayStore|ConcurrentModification|"
    r"(?:String|Array)?IndexOutOfBounds|NumberFormat|NoSuchElement|UnsupportedOperation|"
    r"InputMismatch)Exception|\w*Error"
)
"""What Java throws by itself where code is wrong, so that no test should ask for it."""
_ASKED = {"java.util.Objects", "jdk.internal.util.Preconditions"}


def expected(call: str, said: Said, target: Target, files: Files) -> Case | None:
    """What a test may say of a call; None where there is nothing."""
    if said.ends:
        return None
    if said.raises:
        return Case(call, raises=said.raises) if _is_meant(said, target, files) else None
    return Case(call, said.literal) if said.literal else None


def _is_meant(said: Said, target: Target, files: Files) -> bool:
    """Whether an exception is what the code says of itself."""
    if said.raises == "?":
        return False
    name = said.raises.rsplit(".", 1)[-1]
    head = target.source.partition("{")[0]
    if re.search(rf"\b{name}\b", f"{target.doc}\n{head}") or said.thrower in _ASKED:
        return True
    own, line = said.place
    if said.thrower != own:
        return False
    return not _RUNTIME.fullmatch(name) or line in _throwing(own, files)


def _throwing(type_name: str, files: Files) -> frozenset[int]:
    """Lines with a ``throw`` in the source of a class."""
    package, _, name = type_name.split("$")[0].rpartition(".")
    for path, text in files.items():
        is_named = PurePosixPath(path).name == f"{name}.java"
        if is_named and package_of(text_of(text)) == package:
            return thrown(text_of(text))
    return frozenset()


def contradicts(case: Case, gives: Said | None, want: Said | None) -> str | None:
    """Why an example does not hold, nothing where it does; None where that is not known. ``want``
    is what its expectation gives."""
    if gives is None or gives.ends:
        return None
    gave = f"threw {gives.raises}" if gives.raises else f"gave {gives.literal or gives.kind}"
    if case.raises:
        if case.raises in {kind.rsplit(".", 1)[-1] for kind in gives.kinds}:
            return ""
        return f"{gave}, not {case.raises}" if gives.raises or gives.kind else None
    if want is None or not want.literal or not (gives.literal or gives.raises):
        return None
    if gives.raises:
        return f"{gave}, not {case.want}"
    try:
        digits = 9 if case.digits is None else case.digits
        is_same = abs(_value(gives.literal) - _value(want.literal)) <= 0.5 * 10**-digits
    except ValueError:
        is_same = gives.literal == want.literal
    if is_same:
        return ""
    # A comment that says 1 of what gives "1" means it, in other words.
    sorts = {_sort(gives.literal), _sort(want.literal)} - {"null"}
    return f"{gave}, not {case.want}" if len(sorts) < 2 else None


def passes(case: Case, said: Said, other: Said) -> bool:
    """Whether a test of ``case``, which gave ``said``, passes where ``other`` is what it gives."""
    if case.raises and other.raises:
        return said.raises in other.kinds
    if said.kind == other.kind and said.kind in {"double", "float"}:
        try:
            delta = float(near(said.literal, FLOATS[said.kind]).rstrip("f"))
            delta = delta if case.digits is None else 0.5 * 10**-case.digits
            return abs(_value(case.want) - _value(other.literal)) <= delta
        except ValueError:
            return said.literal == other.literal
    return said.result == other.result


def _sort(literal: str) -> str:
    """What two literals have in common if one may be meant by the other: their type, roughly."""
    if literal in {"true", "false"}:
        return "boolean"
    found = re.match(r"new [\w.]+|[A-Za-z]\w*|[\"']", literal)
    return found[0].rsplit(".", 1)[-1].removeprefix("new ") if found else "number"


def _value(literal: str) -> float:
    """Of a number's literal. Raises ValueError."""
    return float(re.sub(r"^\(\w+\) |[LfF]$", "", literal))
