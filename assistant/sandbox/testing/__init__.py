"""How good a generated test file is, found out in the sandbox.

    suite = split(answer, names=("Solution",))
    report = measure(Target(source, names=("Solution",), entry="add"), suite)

Each test runs by itself with pytest in a process of its own, with coverage of the target;
then those that pass run against mutants of it. coverage, pytest and cosmic-ray are imported
only where they are needed: the first two inside the sandbox.
"""

from __future__ import annotations

from assistant.sandbox.testing.measure import Report, Result, Target, Verdict, measure
from assistant.sandbox.testing.suite import Case, Suite, code_of, split

__all__ = [
    "Case",
    "Report",
    "Result",
    "Suite",
    "Target",
    "Verdict",
    "code_of",
    "measure",
    "split",
]
