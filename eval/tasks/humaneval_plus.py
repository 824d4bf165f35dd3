"""HumanEval with EvalPlus's further inputs: see :mod:`eval.evalplus`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eval import evalplus
from eval.data import Data, Source
from eval.instruct import ARMS
from eval.task import ChatTask
from eval.types import Answer, Grade, Sample

# The hub's evalplus/humanevalplus has the inputs only inside its tests' code.
SOURCE = Source("HumanEvalPlus.jsonl.gz", "github.com/evalplus/humanevalplus_release/releases")


@dataclass(frozen=True, slots=True)
class HumanEvalPlus(ChatTask):
    name: str = "humaneval-plus"
    summary: str = "humaneval on about 80 times the inputs; executed (arXiv 2305.01210)"
    arms: Mapping[str, str] = field(default_factory=lambda: ARMS)
    metrics: tuple[str, ...] = ("pass",)
    executes: bool = True

    def samples(self, data: Data, arm: str) -> Sequence[Sample]:
        return [evalplus.sample(row, arm) for row in data.rows(SOURCE)]

    def grade(self, sample: Sample, answer: Answer) -> Grade:
        return evalplus.grade(sample, answer)


TASK = HumanEvalPlus()
