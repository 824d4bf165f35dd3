"""A function with a bug and its failing tests, to be mended: HumanEvalFix, with tests.

See :mod:`eval.octopack`. The tests that score it are in the question, as in the original; the
``docs`` arm shows the docstring in their place (the paper's HumanEvalFixDocs), and so does the
``command`` arm, which is the product's own command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eval import octopack
from eval.data import Data
from eval.instruct import COMMAND
from eval.task import ChatTask
from eval.types import Answer, ChatAsk, CommandAsk, Grade, Sample


@dataclass(frozen=True, slots=True)
class HumanEvalFix(ChatTask):
    name: str = "humaneval-fix"
    summary: str = "a bug to be mended, the tests being shown; executed (arXiv 2308.07124)"
    arms: Mapping[str, str] = field(
        default_factory=lambda: {
            "tests": "the buggy function with its tests",
            "docs": "the buggy function with its docstring",
            **COMMAND,
        }
    )
    metrics: tuple[str, ...] = ("pass",)
    executes: bool = True

    def samples(self, data: Data, arm: str) -> Sequence[Sample]:
        return [_sample(row, arm) for row in data.rows(octopack.SOURCE)]

    def grade(self, sample: Sample, answer: Answer) -> Grade:
        if isinstance(sample.ask, CommandAsk):
            return octopack.grade_file(sample.extra, answer.text)
        return octopack.grade(sample.extra, answer)


def _sample(row: Mapping[str, Any], arm: str) -> Sample:
    ask = _ASKS[arm](row)
    solutions = (row["buggy_solution"], row["canonical_solution"])
    texts = tuple(row["declaration"] + solution for solution in solutions)
    begun = row["prompt" if arm == "docs" else "declaration"]
    return Sample(
        row["task_id"], ask, row["canonical_solution"], octopack.needed(row, begun), texts
    )


def _tests(row: Mapping[str, Any]) -> ChatAsk:
    context = f"{row['declaration']}{row['buggy_solution']}\n{row['test']}"
    return octopack.asked(context, _instruction(row), row["declaration"])


def _docs(row: Mapping[str, Any]) -> ChatAsk:
    context = f"{row['prompt']}{row['buggy_solution']}"
    return octopack.asked(context, _instruction(row), row["prompt"])


def _instruction(row: Mapping[str, Any]) -> str:
    return f"Fix bugs in {row['entry_point']}."


def _command(row: Mapping[str, Any]) -> CommandAsk:
    """The buggy file with its docstring; of its tests nothing."""
    text = f"{row['prompt']}{row['buggy_solution']}"
    offset = text.rindex(f"def {row['entry_point']}(")
    report = (("report", f"There is a bug in {row['entry_point']}."),)
    return CommandAsk("fix", "solution.py", text, offset, report)


_ASKS: Mapping[str, Callable[[Mapping[str, Any]], ChatAsk | CommandAsk]] = {
    "tests": _tests,
    "docs": _docs,
    "command": _command,
}
TASK = HumanEvalFix()
