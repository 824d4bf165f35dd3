"""HumanEval with EvalPlus's further inputs: see :mod:`eval.evalplus`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from eval import evalplus
from eval.data import Data, Source
from eval.instruct import ARMS
from eval.types import Answer, ChatAsk, Grade, Sample

if TYPE_CHECKING:
    from eval.door import Door

SOURCE = Source("HumanEvalPlus.jsonl.gz")


@dataclass(frozen=True, slots=True)
class HumanEvalPlus:
    name: str = "humaneval-plus"
    summary: str = "humaneval on about 80 times the inputs; executed (arXiv 2305.01210)"
    asks: Literal["chat"] = "chat"
    arms: Mapping[str, str] = field(default_factory=lambda: ARMS)
    metrics: tuple[str, ...] = ("pass",)
    executes: bool = True

    def samples(self, data: Data, arm: str) -> Sequence[Sample]:
        return [evalplus.sample(row, arm) for row in data.rows(SOURCE)]

    async def answer(self, sample: Sample, door: Door) -> Answer:
        assert isinstance(sample.ask, ChatAsk)
        return await door.chat(sample.ask)

    def grade(self, sample: Sample, answer: Answer) -> Grade:
        return evalplus.grade(sample, answer)


TASK = HumanEvalPlus()
