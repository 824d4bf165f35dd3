"""Runs a taken-apart test file in the sandbox and says what each test did, what of the target
they covered together, and which mutants they told from it."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources
from typing import Any

from assistant.errors import AssistantError
from assistant.sandbox.environments import own
from assistant.sandbox.testing.mutants import mutants
from assistant.sandbox.testing.suite import Case, Suite
from assistant.sandbox.types import Job, Limits, Outcome

Runner = Callable[[Job], Outcome]

_ATTEMPTS = 3
"""Runs of one suite: a test that ends the whole run is left out of the next."""
_MOST_TIMEOUTS = 4


class Verdict(StrEnum):
    """How a test ended against the unchanged target."""

    INVALID = "invalid"
    """It does not parse."""
    ERROR = "error"
    """An exception that is no assertion's, or pytest did not run it."""
    TIMEOUT = "timeout"
    DIED = "died"
    """Its process ended without a word, or took the run with it."""
    FAILED = "failed"
    """An assertion did not hold."""
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Target:
    """The code under test, importable as ``module``. ``names`` are what tests use of it;
    ``entry`` is the function or method that they are to call (empty: any); ``exclude`` are
    patterns of lines that coverage leaves out, coverage's ``exclude_also``."""

    source: str
    names: tuple[str, ...]
    entry: str = ""
    module: str = "under_test"
    exclude: tuple[str, ...] = ()

    @property
    def header(self) -> str:
        return f"from {self.module} import {', '.join(self.names)}"


@dataclass(frozen=True, slots=True)
class Result:
    """What one test did. ``called``: it reached the body of the entry. A test is of use when
    it ran, called and checks something."""

    case: Case
    verdict: Verdict
    detail: str = ""
    called: bool = False

    @property
    def executed(self) -> bool:
        """It ran to its end or to an assertion, and called what it is to test."""
        return self.called and self.verdict in {Verdict.PASSED, Verdict.FAILED}

    @property
    def good(self) -> bool:
        return self.called and self.verdict is Verdict.PASSED and self.case.checks

    @property
    def vacuous(self) -> bool:
        """It passes whatever the target does."""
        return self.verdict is Verdict.PASSED and not self.good


@dataclass(frozen=True, slots=True)
class Report:
    """Of a whole suite. Statements and branches are the target's, covered those that the
    executed tests reached together; ``lines`` are those reached. ``killed`` of ``mutants``
    fell to the good tests; a mutant that cannot be imported is not counted, one that runs out
    of time is killed. ``fault`` says why where not all of it was measured."""

    results: tuple[Result, ...]
    statements: int = 0
    covered_statements: int = 0
    branches: int = 0
    covered_branches: int = 0
    lines: frozenset[int] = field(default_factory=frozenset)
    mutants: int = 0
    killed: int = 0
    fault: str = ""

    @property
    def line_coverage(self) -> float:
        return self.covered_statements / self.statements if self.statements else 0.0

    @property
    def branch_coverage(self) -> float:
        """1 where there is nothing to branch, as coverage.py counts it."""
        if not self.statements:
            return 0.0
        return self.covered_branches / self.branches if self.branches else 1.0

    @property
    def mutation_score(self) -> float:
        return self.killed / self.mutants if self.mutants else 0.0


def measure(
    target: Target,
    suite: Suite,
    *,
    mutant_limit: int = 15,
    seed: int = 0,
    test_seconds: float = 2.0,
    mutant_seconds: float = 0.5,
    run: Runner | None = None,
) -> Report:
    """``test_seconds`` of CPU time for a test, ``mutant_seconds`` and three times what the
    good tests took for a mutant; after four tests that ran out of time no other is tried.
    ``mutant_limit`` 0 leaves mutation out (and needs no cosmic-ray). Raises AssistantError
    when the sandbox refuses."""
    runner = run or _sandbox()
    runnable = [case for case in suite.cases if case.node]
    if not runnable:
        return _report(suite, (), {}, "")
    plan = {
        "files": {**suite.files, f"{target.module}.py": target.source},
        "module": target.module,
        "exclude": list(target.exclude),
        "entry_lines": sorted(_body(target)),
        "mutants": mutants(target.source, mutant_limit, seed) if mutant_limit else (),
        "test_seconds": test_seconds,
        "mutant_seconds": mutant_seconds,
        "most_timeouts": _MOST_TIMEOUTS,
        "memory_bytes": 768 << 20,
    }
    lost: dict[str, str] = {}
    lines: list[dict[str, Any]] = []
    fault = ""
    for _ in range(_ATTEMPTS):
        tests = [case for case in runnable if case.node not in lost]
        plan["tests"] = [{"node": case.node, "checks": case.checks} for case in tests]
        outcome = runner(_job(plan))
        if not outcome.was_run:
            raise AssistantError(f"generated tests cannot be run: {outcome.reason}")
        lines = list(_lines(outcome.stdout))
        fault = "" if any("done" in line for line in lines) else _fault(outcome)
        judged = {line["test"] for line in lines if "test" in line}
        killers = [line["start"] for line in lines if line.get("start", "") not in {"", *judged}]
        if not killers:
            break
        lost.update(dict.fromkeys(killers, "it ended the whole run"))
    return _report(suite, lines, lost, fault)


def _sandbox() -> Runner:
    from assistant import sandbox

    run: Runner = sandbox.run
    return run


def _body(target: Target) -> set[int]:
    """Line numbers of the statements inside the entry, or inside any function."""
    functions = (
        node
        for node in ast.walk(ast.parse(target.source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and target.entry in {"", node.name}
    )
    statements = (s for function in functions for b in function.body for s in ast.walk(b))
    return {s.lineno for s in statements if isinstance(s, ast.stmt)}


def _job(plan: dict[str, Any]) -> Job:
    driver = resources.files(__package__).joinpath("driver.py").read_text(encoding="utf-8")
    tests, mutations = len(plan["tests"]), len(plan["mutants"])
    most = 10 + min(tests, 10) * plan["test_seconds"] + mutations * (plan["mutant_seconds"] + 1)
    return Job(
        "python",
        {"_driver.py": driver, "plan.json": json.dumps(plan)},
        entry="_driver.py",
        arguments=("plan.json",),
        limits=Limits(wall_seconds=2 * most, cpu_seconds=most, memory_bytes=1 << 30),
        python=own(),
        steps_back=False,
    )


def _fault(outcome: Outcome) -> str:
    said = outcome.stderr.strip().splitlines()
    why = outcome.reason or (said[-1] if said else "the driver ended early")
    return f"not measured to the end: {why}"[:300]


_SHAPES: Mapping[str, Mapping[str, type]] = {
    "start": {"start": str},
    "test": {"test": str, "verdict": str, "detail": str, "called": bool},
    "coverage": {"coverage": dict},
    "mutant": {"mutant": int, "verdict": str},
    "done": {"done": bool},
}
_COUNTS = ("num_statements", "covered_lines", "num_branches", "covered_branches")


def _lines(stdout: str) -> Iterator[dict[str, Any]]:
    """What the driver said, line by line. A line of another shape (cut short, or from somebody
    else) is left out."""
    for line in stdout.splitlines():
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and _well_shaped(found):
            yield found


def _well_shaped(line: dict[str, Any]) -> bool:
    shape = next((fields for kind, fields in _SHAPES.items() if kind in line), None)
    if shape is None or line.keys() != shape.keys():
        return False
    if not all(type(line[name]) is kind for name, kind in shape.items()):
        return False
    if "test" in line:
        return line["verdict"] in set(Verdict)
    if "coverage" in line:
        found = line["coverage"]
        reached = found.get("lines")
        if type(reached) is not list:
            return False
        numbers = [*(found.get(name) for name in _COUNTS), *reached]
        return all(type(number) is int and number >= 0 for number in numbers)
    return "mutant" not in line or line["verdict"] in {"survived", "killed", "stillborn"}


def _report(
    suite: Suite, lines: Sequence[dict[str, Any]], lost: Mapping[str, str], fault: str
) -> Report:
    judged = {line["test"]: line for line in lines if "test" in line}
    results: list[Result] = []
    for case in suite.cases:
        if not case.node:
            results.append(Result(case, Verdict.INVALID, "it does not parse"))
        elif (line := judged.get(case.node)) is None:
            results.append(Result(case, Verdict.DIED, lost.get(case.node, "it was not reached")))
        else:
            detail = line["detail"].encode(errors="replace").decode()
            results.append(Result(case, Verdict(line["verdict"]), detail, line["called"]))
    covered: dict[str, Any] = next((line["coverage"] for line in lines if "coverage" in line), {})
    statements, covered_statements, branches, covered_branches = (
        covered.get(name, 0) for name in _COUNTS
    )
    fates = [line["verdict"] for line in lines if "mutant" in line]
    return Report(
        tuple(results),
        statements,
        covered_statements,
        branches,
        covered_branches,
        lines=frozenset(covered.get("lines", ())),
        mutants=len(fates) - fates.count("stillborn"),
        killed=fates.count("killed"),
        fault=fault,
    )
