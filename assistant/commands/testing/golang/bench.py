"""A function or method of a Go package on the bench, and its tests for ``go test``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from assistant.commands.checking.trials import Seen
from assistant.commands.protocol import Job
from assistant.commands.testing.case import Case, Target
from assistant.commands.testing.framework import Addition, Files, Probed, Ran
from assistant.commands.testing.golang.subject import (
    grammar,
    names_of,
    package_of,
    statements,
)
from assistant.commands.testing.golang.trials import Go, Said, why
from assistant.commands.testing.golang.writing import addition, bare
from assistant.commands.testing.stated import stated
from assistant.commands.testing.trees import calls_in, neighbours

COVERED = "assistant.cover"
_PLAIN = re.compile(r"(?:u?int\d*|float\d+|string|bool|rune|byte|uintptr)")


class GoBench:
    """``module`` is the folder of the module, relative to the project ("" for its own)."""

    fence = "go"
    note = ""

    def __init__(
        self, job: Job, target: Target, files: Files, module: str, cache: Path | None
    ) -> None:
        self.target, self.module = target, module
        inside = f"{module}/" if module else ""
        self.files = {
            path.removeprefix(inside): text
            for path, text in files.items()
            if path.startswith(inside)
        }
        self._own = target.path.removeprefix(inside)
        self.go = Go(job.run, self.files, self._own, cache)
        beside = [
            text.decode(errors="replace") if isinstance(text, bytes) else text
            for path, text in self.files.items()
            if path.endswith(".go")
            and PurePosixPath(path).parent == self.go.folder
            and not path.endswith("_test.go")
        ]
        self._names = {name for text in beside for name in names_of(text)}
        # Only what this file imports is brought along.
        self.path = inside + self._test_path()
        self.statements = statements(target)
        self.examples: Sequence[Case] = stated(
            target.doc, grammar(), target.names, self._names | set(target.names)
        )

    def _test_path(self) -> str:
        """A file of tests of another package than the tested one's is left alone."""
        stem = self._own.removesuffix(".go")
        for path in (f"{stem}_test.go", f"{stem}_internal_test.go"):
            known = self.files.get(path, b"")
            text = known.decode(errors="replace") if isinstance(known, bytes) else known
            if package_of(text) in {"", package_of(self.target.text)}:
                return path
        return f"{stem}_more_test.go"

    def probe(self) -> Probed:
        if not self.examples:
            return Probed(sorted(self._names))
        # Whether it holds, and what it gives instead.
        asked = [call for case in self.examples for call in (_compared(case), case.call)]
        (found,) = self.go.tried(self.target, asked, [])
        said = found or []
        failed = []
        for number, case in enumerate(self.examples):
            holds, gives = said[2 * number : 2 * number + 2]
            is_wrong = holds is not None and holds.values[:1] == (("false", "bool"),)
            shown = gives.values[0][0] if gives is not None and gives.values else "something else"
            failed.append(f"gave {shown or 'something else'}, not {case.want}" if is_wrong else "")
        return Probed(sorted(self._names), failed)

    def calls(self, text: str, names: Sequence[str]) -> list[str]:
        return calls_in(text, grammar(), self.target.names, names)

    def typed(self) -> Sequence[str]:
        return ()

    def neighbours(self, calls: Sequence[str], most: int) -> list[str]:
        return neighbours(calls, grammar(), most)

    def noted(self, calls: Sequence[str]) -> list[Case]:
        # Twice in one build, each in a process of its own.
        one, two = self.go.tried(self.target, calls, [self.target.text])
        if one is None or two is None:
            return []
        pairs = zip(calls, one, two, strict=True)
        cases = (_case(call, said) for call, said, again in pairs if said == again)
        return [case for case in cases if case is not None]

    def judged(self, cases: Sequence[Case], mutants: Sequence[str]) -> tuple[Seen, list[Seen], int]:
        """A mutant falls where it gives something else than the code does."""
        original, *others = self.go.tried(self.target, [case.call for case in cases], mutants)
        known = original or []
        there = {str(n): said for n, said in enumerate(known) if said is not None}
        # Lines of single calls are not known; of each kind of result one is worth showing.
        kinds = {name: frozenset({_kind(said)}) for name, said in there.items()}
        passed = Seen(dict.fromkeys(there, ""), kinds)
        built = [row for row in others if row is not None]
        seen = [
            Seen(
                {
                    str(n): "" if said == known[n] else "it differs"
                    for n, said in enumerate(row)
                    if said is not None
                }
            )
            for row in built
        ]
        return passed, seen, len(built)

    def added(self, cases: Sequence[Case], existing: str) -> Addition:
        return addition(cases, existing, self.target.text, self.target.name)

    def ran(self, cases: Sequence[Case], whole: str) -> Ran:
        path = self.path.removeprefix(f"{self.module}/" if self.module else "")
        tests = {
            other: text.decode(errors="replace") if isinstance(text, bytes) else text
            for other, text in self.files.items()
            if other.endswith("_test.go") and PurePosixPath(other).parent == self.go.folder
        }
        name = re.findall(r"^func (Test\w+)\(t \*testing\.T\) \{\n\tt\.Run\(", whole, re.MULTILINE)[
            -1
        ]
        covered = str(self.go.folder / COVERED)
        options = ("-test.v", f"-test.run=^{name}$", f"-test.coverprofile={COVERED}")
        outcome = self.go.ran({**tests, path: whole}, PurePosixPath(path).name, options, covered)
        nodes = list(
            dict.fromkeys(re.findall(rf"^=== RUN\s+{name}/(.*)$", outcome.stdout, re.MULTILINE))
        )
        passed = set(re.findall(rf"^\s*--- PASS: {name}/(.*) \(", outcome.stdout, re.MULTILINE))
        if not nodes:
            return Ran(fault=f"{self.path} cannot be run: {why(outcome)}")
        results = ["" if node in passed else "it failed" for node in nodes]
        results += ["was not reached"] * (len(cases) - len(results))
        profile = outcome.files.get(covered, b"").decode(errors="replace")
        return Ran(results[: len(cases)], _covered(profile, self._own, self.target.text))


def _case(call: str, said: Said | None) -> Case | None:
    if said is None or said.hangs or said.own:
        return None
    if said.panics is not None:
        return Case(call, raises="panic", message=said.panics)
    if not said.values:
        return None
    # Beside an error other results say nothing.
    values = said.values
    if values[-1][1] == "error":
        values = (*(("", "") for _ in values[:-1]), values[-1])
    elif any(not text for text, _ in values):
        return None
    return Case(call, ", ".join(text or "_" for text, _ in values), values=values)


def _kind(said: Said) -> int:
    if said.panics is not None:
        return -1
    last, kind = said.values[-1] if said.values else ("", "")
    return {"error": -2, "bool": -3 if last == "true" else -4}.get(kind, -5)


def _compared(case: Case) -> str:
    if case.digits is not None:
        near = f"d > -0.5e-{case.digits} && d < 0.5e-{case.digits}"
        return f"func(d float64) bool {{ return {near} }}(float64({case.call}) - {bare(case.want)})"
    return f"{case.call} == {case.want}"


def _covered(profile: str, path: str, text: str) -> frozenset[int]:
    """Lines (1-based) of ``path`` that a cover profile says were run."""
    rows = text.split("\n")
    found: set[int] = set()
    for name, *numbers in re.findall(
        r"^(.*):(\d+)\.(\d+),(\d+)\.(\d+) \d+ (\d+)$", profile, re.MULTILINE
    ):
        first, column, last, end, count = map(int, numbers)
        if not count or not name.endswith(f"/{path}"):
            continue
        for row in range(first, last + 1):
            line = rows[row - 1] if row <= len(rows) else ""
            at = len(line) - len(line.lstrip()) + 1
            if (first, column) <= (row, at) < (last, end):
                found.add(row)
    return frozenset(found)
