"""Runs a taken-apart test file in the sandbox and says what each test did, what of the target
they covered together, and which mutants they told from it."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources
from typing import Any

from assistant.errors import AssistantError
from assistant.sandbox.testing.mutants import mutants
from assistant.sandbox.testing.suite import Case, Suite
from assistant.sandbox.types import Job, Limits, Outcome, Status

Runner = Callable[[Job], Outcome]

_ATTEMPTS = 4
"""Runs of one suite: a test that ends the whole run is left out of the next."""


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
    of time is killed."""

    results: tuple[Result, ...]
    statements: int = 0
    covered_statements: int = 0
    branches: int = 0
    covered_branches: int = 0
    lines: frozenset[int] = field(default_factory=frozenset)
    mutants: int = 0
    killed: int = 0

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
    mutant_limit: int = 20,
    seed: int = 0,
    test_seconds: float = 5.0,
    mutant_seconds: float = 0.5,
    run: Runner | None = None,
) -> Report:
    """``test_seconds`` of CPU time for a test, ``mutant_seconds`` and three times what the
    good tests took for a mutant. ``mutant_limit`` 0 leaves mutation out (and needs no
    cosmic-ray). Raises AssistantError when the sandbox refuses."""
    runner = run or _sandbox()
    runnable = [case for case in suite.cases if case.node]
    drawn = mutants(target.source, mutant_limit, seed) if mutant_limit and runnable else ()
    lost: dict[str, str] = {}
    lines: list[dict[str, Any]] = []
    if runnable:
        entry_lines = sorted(_body(target))
        for _ in range(_ATTEMPTS):
            tests = [c for c in runnable if c.node not in lost]
            plan = {
                "module": target.module,
                "exclude": list(target.exclude),
                "entry_lines": entry_lines,
                "tests": [{"node": c.node, "checks": c.checks} for c in tests],
                "mutants": drawn,
                "test_seconds": test_seconds,
                "mutant_seconds": mutant_seconds,
                "memory_bytes": 768 << 20,
            }
            lines = list(_verdicts(runner(_job(target, suite, plan))))
            started = [line["start"] for line in lines if "start" in line]
            judged = {line["test"] for line in lines if "test" in line}
            killers = [node for node in started if node not in judged]
            if not killers:
                break
            lost.update(dict.fromkeys(killers, "it ended the whole run"))
    return _report(suite, lines, lost)


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


def _job(target: Target, suite: Suite, plan: dict[str, Any]) -> Job:
    driver = resources.files(__package__).joinpath("driver.py").read_text(encoding="utf-8")
    tests, mutations = len(plan["tests"]), len(plan["mutants"])
    most = 5 + tests * plan["test_seconds"] + mutations * (plan["mutant_seconds"] + 1)
    return Job(
        "python",
        {
            **suite.files,
            f"{target.module}.py": target.source,
            "_driver.py": driver,
            "plan.json": json.dumps(plan),
        },
        entry="_driver.py",
        arguments=("plan.json",),
        limits=Limits(wall_seconds=3 * most, cpu_seconds=2 * most, memory_bytes=1 << 30),
        collect=("verdicts.jsonl",),
        site_packages=True,
    )


def _verdicts(outcome: Outcome) -> Iterator[dict[str, Any]]:
    if outcome.status is Status.REFUSED:
        raise AssistantError(f"generated tests cannot be run: {outcome.reason}")
    text = outcome.files.get("verdicts.jsonl", b"").decode("utf-8", "replace")
    for line in text.splitlines():
        try:
            found = json.loads(line)
        except ValueError:  # cut short, or written by a test
            continue
        if isinstance(found, dict):
            yield found


def _report(suite: Suite, lines: Sequence[dict[str, Any]], lost: dict[str, str]) -> Report:
    judged = {line["test"]: line for line in lines if "test" in line}
    results: list[Result] = []
    for case in suite.cases:
        if not case.node:
            results.append(Result(case, Verdict.INVALID, "it does not parse"))
        elif (line := judged.get(case.node)) is None:
            results.append(Result(case, Verdict.DIED, lost.get(case.node, "it was not reached")))
        else:
            detail = str(line["detail"])
            results.append(Result(case, Verdict(line["verdict"]), detail, bool(line["lines"])))
    covered: dict[str, Any] = next((line["coverage"] for line in lines if line.get("coverage")), {})
    fates = [line["verdict"] for line in lines if "mutant" in line]
    return Report(
        tuple(results),
        statements=covered.get("num_statements", 0),
        covered_statements=covered.get("covered_lines", 0),
        branches=covered.get("num_branches", 0),
        covered_branches=covered.get("covered_branches", 0),
        lines=frozenset(covered.get("lines", ())),
        mutants=len(fates) - fates.count("stillborn"),
        killed=fates.count("killed"),
    )
