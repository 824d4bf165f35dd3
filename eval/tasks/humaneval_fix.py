"""A function with a bug and its failing tests, to be mended: HumanEvalFix, with tests.

See :mod:`eval.octopack`. The tests that score it are in the question, as in the original.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eval import octopack
from eval.data import Data
from eval.task import ChatTask
from eval.types import Answer, Grade, Sample


@dataclass(frozen=True, slots=True)
class HumanEvalFix(ChatTask):
    name: str = "humaneval-fix"
    summary: str = "a bug to be mended, the tests being shown; executed (arXiv 2308.07124)"
    arms: Mapping[str, str] = field(
        default_factory=lambda: {"tests": "the buggy function with its tests"}
    )
    metrics: tuple[str, ...] = ("pass",)
    executes: bool = True

    def samples(self, data: Data, arm: str) -> Sequence[Sample]:
        return [_sample(row) for row in data.rows(octopack.SOURCE)]

    def grade(self, sample: Sample, answer: Answer) -> Grade:
        return octopack.grade(sample.extra, answer)


def _sample(row: Mapping[str, Any]) -> Sample:
    context = f"{row['declaration']}{row['buggy_solution']}\n{row['test']}"
    instruction = f"Fix bugs in {row['entry_point']}."
    ask = octopack.asked(context, instruction, row["declaration"])
    solutions = (row["buggy_solution"], row["canonical_solution"])
    texts = tuple(row["declaration"] + solution for solution in solutions)
    return Sample(row["task_id"], ask, row["canonical_solution"], octopack.needed(row), texts)


TASK = HumanEvalFix()
