"""MBPP with EvalPlus's further inputs, test ids only: see :mod:`eval.evalplus`.

Published figures are over all 378 of its problems; of the 11 to 510 that nobody may train on
it keeps 224.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eval import evalplus
from eval.data import Data, Source
from eval.instruct import ARMS
from eval.task import ChatTask
from eval.tasks.mbpp import TEST_IDS
from eval.types import Answer, Grade, Sample

# The hub's evalplus/mbppplus has the inputs only inside its tests' code.
SOURCE = Source("MbppPlus.jsonl.gz", "github.com/evalplus/mbppplus_release/releases")


@dataclass(frozen=True, slots=True)
class MbppPlus(ChatTask):
    name: str = "mbpp-plus"
    summary: str = "mbpp on about 35 times the inputs, ids 11-510; executed (arXiv 2305.01210)"
    arms: Mapping[str, str] = field(default_factory=lambda: ARMS)
    metrics: tuple[str, ...] = ("pass",)
    executes: bool = True

    def samples(self, data: Data, arm: str) -> Sequence[Sample]:
        return [
            replace(evalplus.sample(row, arm), texts=_texts(row))
            for row in data.rows(SOURCE)
            if int(row["task_id"].removeprefix("Mbpp/")) in TEST_IDS
        ]

    def grade(self, sample: Sample, answer: Answer) -> Grade:
        return evalplus.grade(sample, answer)


def _texts(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The problem, without the test that the prompt ends with, and all the tests."""
    problem = row["prompt"].partition("\nassert ")[0].strip('"\n')
    return (problem, row.get("assertion", ""))


TASK = MbppPlus()
