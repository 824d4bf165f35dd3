"""How tests for ``go test`` are written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.commands.testing.case import Case
from assistant.commands.testing.framework import Addition
from assistant.commands.testing.golang.subject import imported, imports_end, package_of


def addition(cases: Sequence[Case], existing: str, tested: str, name: str) -> Addition:
    """One function with a subtest for each of ``cases``, for the file ``existing``; ``tested`` is
    the text of the file that is tested, ``name`` what of it."""
    tests = "\n".join(_tests(cases, existing, name)) + "\n"
    bound = imported(existing)
    wanted = ["math"] * ("math." in tests) + ["reflect"] * ("reflect.DeepEqual" in tests)
    wanted += ["testing"]
    lines = [f'"{path}"' for path in wanted]
    own = _brought(tested, [case.call for case in cases])
    lines = sorted({*lines, *own} - {f'"{path}"' for path in bound}, key=lambda s: s.split('"')[1])
    if existing.strip():
        at = imports_end(existing)
        apart = "\n" * max(0, 2 - (len(existing) - len(existing.rstrip("\n"))))
        return Addition("".join(f"import {s}\n" for s in lines), apart + tests, at, len(existing))
    block = f"import {lines[0]}\n" if len(lines) == 1 else ""
    block = block or "import (\n" + "".join(f"\t{line}\n" for line in lines) + ")\n"
    head = f"package {package_of(tested)}\n\n{block}\n"
    return Addition(head, tests, 0, len(existing))


def _tests(cases: Sequence[Case], existing: str, name: str) -> Iterator[str]:
    yield f"func {_test_name(existing, name)}(t *testing.T) {{"
    for case, title in zip(cases, titles(cases), strict=True):
        yield f"\tt.Run({_quoted(title)}, func(t *testing.T) {{"
        yield from (f"\t\t{line}" for line in _statement(case))
        yield "\t})"
    yield "}"


def _test_name(existing: str, tested: str) -> str:
    words = [word[:1].upper() + word[1:] for word in tested.split(".")]
    name, number = "Test" + "_".join(words), 1
    while re.search(rf"func {name}{number if number > 1 else ''}\(", existing):
        number += 1
    return name + (str(number) if number > 1 else "")


def titles(cases: Sequence[Case]) -> list[str]:
    """One for each, all different."""
    found: list[str] = []
    for case in cases:
        title = case.call if len(case.call) <= 60 else f"{case.call[:59]}…"
        same = sum(each == title or each.startswith(f"{title} (") for each in found)
        found.append(f"{title} ({same + 1})" if same else title)
    return found


def _statement(case: Case) -> Iterator[str]:
    if case.raises:
        yield "defer func() {"
        yield "\tif recover() == nil {"
        yield f"\t\tt.Error({_quoted(f'{case.call} did not panic')})"
        yield "\t}"
        yield "}()"
        yield case.call
        return
    values = case.values or ((case.want, ""),)
    names = ["got"] if len(values) == 1 else [f"got{n + 1}" for n in range(len(values))]
    if len(values) > 1 and values[-1][1] in {"error", "nil"}:
        names = [*names[:-1], "err"] if len(names) > 2 else ["got", "err"]
    if values[-1][1] == "error":
        names = [*("_" for _ in names[:-1]), "err"]
    named = [(name, *pair) for name, pair in zip(names, values, strict=True) if name != "_"]
    # Whether it went well comes first.
    named.sort(key=lambda each: each[0] != "err")
    conditions = [_differs(name, value, kind, case) for name, value, kind in named]
    yield f"{', '.join(names)} := {case.call}"
    yield f"if {' || '.join(conditions)} {{"
    shown = [name for name in names if name != "_"]
    marks = ", ".join("%#v" if name != "err" else "%v" for name in shown)
    want = ", ".join(text for text, _ in values if text).replace("%", "%%")
    told = _quoted(f"{case.call.replace('%', '%%')} = {marks}, want {want}")
    yield f"\tt.Errorf({told}, {', '.join(shown)})"
    yield "}"


def _differs(name: str, value: str, kind: str, case: Case) -> str:
    if kind == "error":
        return f"{name} == nil || {name}.Error() != {value}"
    if case.digits is not None or (
        kind.startswith("float") and "e" not in value and value[-2:] != ".0"
    ):
        number = name if kind in {"", "float64"} else f"float64({name})"
        digits = 10 if case.digits is None else case.digits
        return f"math.Abs({number}-{bare(value)}) > {'1e-9' if digits == 10 else f'0.5e-{digits}'}"
    if value == "nil" or value.endswith(")(nil)"):
        return f"{name} != nil"
    if value == "true":
        return f"!{name}"
    if value == "false":
        return name
    if value[-1:] == "}" or value.endswith("(nil)"):
        return f"!reflect.DeepEqual({name}, {value})"
    return f"{name} != {value}"


def bare(number: str) -> str:
    """A number that a minus may stand before."""
    return f"({number})" if number.startswith("-") else number


def _quoted(text: str) -> str:
    """A string literal."""
    if "`" not in text and ('"' in text or "\\" in text):
        return f"`{text}`"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _brought(text: str, calls: Sequence[str]) -> list[str]:
    used = set(re.findall(r"\b(\w+)\.", " ".join(calls)))
    return [f'"{path}"' for path in imported(text) if path.rsplit("/", 1)[-1] in used]
