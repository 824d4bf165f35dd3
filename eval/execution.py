"""Does a generated program pass its checks? Run in the sandbox, where it cannot say so itself.

The verdict is a line that :mod:`eval.driver` writes after the last check, with a word drawn
for that run: a program that prints, or leaves with status 0 before the checks, has not passed.
This holds against accidents and shortcuts, as pass@1 needs; a program written to read the
driver's own frames is not what a benchmark's prompt asks for.
"""

from __future__ import annotations

import functools
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.errors import UsageError
from assistant.sandbox import Job, Limits, Outcome, Status, run
from assistant.sandbox.environments import own
from eval import driver
from eval.types import Grade

LIMITS = Limits(wall_seconds=30.0, cpu_seconds=10.0)

PATIENCE = 4
"""Times the wall time that a program gets which ran out of it without using its CPU time."""

Runner = Callable[[Job], Outcome]


@dataclass(frozen=True, slots=True)
class Program:
    """A solution and what to check of it, all Python text.

    ``setup`` and ``checks`` share a namespace of their own; ``setup`` runs before the
    solution. Where ``shares``, the solution's top-level names are put there too before the
    checks, over those of ``setup``; in any case ``__solution__`` is its module. ``entry`` is
    a name that the solution must define, empty for none.
    """

    solution: str
    checks: str
    entry: str = ""
    setup: str = ""
    shares: bool = True


def execute(program: Program, limits: Limits = LIMITS, runner: Runner = run) -> Grade:
    """The score ``pass``, 0 or 1, and in one line why not. Never raises."""
    word = secrets.token_hex(16)
    asked = {
        "word": word,
        "setup": program.setup,
        "solution": program.solution,
        "entry": program.entry,
        "checks": program.checks,
        "shares": program.shares,
    }
    job = Job(
        "python",
        {"main.py": _driver()},
        entry="main.py",
        stdin=json.dumps(asked),
        limits=limits,
        python=own(),  # as where the published figures come from, numpy is there
        # Nobody types beside it, and an engine that writes the next answer would take its time.
        steps_back=False,
    )
    outcome = runner(job)
    if outcome.status is Status.TIMEOUT and outcome.usage.cpu_seconds < limits.cpu_seconds / 2:
        # It slept, or a busy machine gave it no time: its score must not depend on which.
        patient = replace(limits, wall_seconds=limits.wall_seconds * PATIENCE)
        outcome = runner(replace(job, limits=patient))
    return _grade(outcome, word)


@functools.cache
def _driver() -> str:
    return Path(driver.__file__).read_text(encoding="utf-8")


def _grade(outcome: Outcome, word: str) -> Grade:
    if not outcome.was_run:
        # So nothing is known of the program.
        raise UsageError(f"the sandbox did not run it: {outcome.reason}")
    reported, _, said = outcome.stdout.strip().partition(" ")
    if outcome.status is Status.PASSED and reported == word:
        return Grade({"pass": float(said == "ok")}, "" if said == "ok" else said)
    if outcome.status is Status.TIMEOUT:
        return Grade({"pass": 0.0}, "timeout")
    if outcome.status is Status.PASSED:
        return Grade({"pass": 0.0}, "it ended before the checks")
    return Grade({"pass": 0.0}, f"{outcome.status}: {outcome.reason}")
