"""From docstring to function: HumanEval, asked as a chat.

Chen et al. 2021, "Evaluating Large Language Models Trained on Code" (arXiv 2107.03374), with
its own tests. The question and the beginning of the answer are EvalPlus's for instruct models
(Liu et al. 2023, arXiv 2305.01210; ``evalplus/provider/utility.py``, ``codegen.py``), which
published figures of instruct models come from; so is what is taken out of the answer
(:mod:`eval.extraction`). The helpers that a prompt defines are there for the tests only: the
answer must stand alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eval.data import Data, Source
from eval.execution import Program, execute
from eval.instruct import ARMS, COMMAND, answered, instruct
from eval.task import ChatTask
from eval.types import Answer, ChatAsk, CommandAsk, Grade, Sample

SOURCE = Source(
    "HumanEval.jsonl.gz",
    "github.com/openai/human-eval (data/)",
    hub="openai/openai_humaneval",
    pattern="openai_humaneval/test-*.parquet",
)


@dataclass(frozen=True, slots=True)
class HumanEval(ChatTask):
    name: str = "humaneval"
    summary: str = "a function from its docstring; executed (arXiv 2107.03374)"
    arms: Mapping[str, str] = field(default_factory=lambda: {**ARMS, **COMMAND})
    metrics: tuple[str, ...] = ("pass",)
    executes: bool = True

    def samples(self, data: Data, arm: str) -> Sequence[Sample]:
        return [
            Sample(
                row["task_id"],
                _ask(row, arm),
                reference=row["prompt"] + row["canonical_solution"],
                extra={"prompt": row["prompt"], "test": row["test"], "entry": row["entry_point"]},
            )
            for row in data.rows(SOURCE)
        ]

    def grade(self, sample: Sample, answer: Answer) -> Grade:
        entry = sample.extra["entry"]
        return execute(
            Program(
                solution=answered(sample, answer, entry),
                checks=f"{sample.extra['test']}\ncheck(__solution__.{entry})\n",
                entry=entry,
                setup=sample.extra["prompt"] + "    pass\n",
            )
        )


def _ask(row: Mapping[str, Any], arm: str) -> ChatAsk | CommandAsk:
    if arm != "command":
        return instruct(row["prompt"], arm)
    text = row["prompt"].rstrip() + "\n    pass\n"
    offset = text.rindex(f"def {row['entry_point']}(")
    return CommandAsk("implement", "solution.py", text, offset)


TASK = HumanEval()
