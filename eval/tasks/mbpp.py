"""Entry-level Python problems: MBPP, the sanitized records of the test split.

Austin et al. 2021, "Program Synthesis with Large Language Models" (arXiv 2108.07732). The
question is EvalPlus's (Liu et al. 2023, arXiv 2305.01210): the problem as a docstring with the
first of its assertions, which names the function. All of them must hold.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.commands.implementing.undefined import parameters
from eval.data import Data, DataError, Source
from eval.execution import Program, execute
from eval.instruct import ARMS, COMMAND, answered, instruct
from eval.task import ChatTask
from eval.types import Answer, CommandAsk, Grade, Sample

SOURCE = Source(
    "sanitized-mbpp.json",
    "github.com/google-research/google-research (mbpp/)",
    hub="google-research-datasets/mbpp",
    pattern="sanitized/test-*.parquet",
)
TEST_IDS = range(11, 511)
"""The split that its authors test on; never to be trained on."""


@dataclass(frozen=True, slots=True)
class Mbpp(ChatTask):
    name: str = "mbpp"
    summary: str = "entry-level Python problems, ids 11-510; executed (arXiv 2108.07732)"
    arms: Mapping[str, str] = field(default_factory=lambda: {**ARMS, **COMMAND})
    metrics: tuple[str, ...] = ("pass",)
    executes: bool = True

    def samples(self, data: Data, arm: str) -> Sequence[Sample]:
        return [_sample(row, arm) for row in data.rows(SOURCE) if row["task_id"] in TEST_IDS]

    def grade(self, sample: Sample, answer: Answer) -> Grade:
        entry = sample.extra["entry"]
        return execute(
            Program(
                solution=answered(sample, answer, entry),
                checks="\n".join(sample.extra["tests"]),
                entry=entry,
                setup="\n".join(sample.extra["imports"]),
            )
        )


def _sample(row: Mapping[str, Any], arm: str) -> Sample:
    tests = row["test_list"]
    problem = f'"""\n{row["prompt"]}\n{tests[0]}\n"""\n'
    extra = {"tests": tests, "imports": row["test_imports"], "entry": _entry(row)}
    texts = (row["prompt"], "\n".join(tests))
    ask = _stub(row) if arm == "command" else instruct(problem, arm)
    return Sample(f"Mbpp/{row['task_id']}", ask, row["code"], extra, texts)


def _stub(row: Mapping[str, Any]) -> CommandAsk:
    """The problem as the docstring of a function with the parameters that the call of its first
    assertion suggests: what the question shows, and no more."""
    entry, shown = _entry(row), row["test_list"][0]
    calls = (node for node in ast.walk(ast.parse(shown)) if isinstance(node, ast.Call))
    call = next(node for node in calls if ast.unparse(node.func) == entry)
    head = f"def {entry}({', '.join(parameters([call]))}):\n"
    doc = textwrap.indent(f'"""{row["prompt"]}\n\n{shown}\n"""\npass\n', "    ")
    return CommandAsk("implement", "solution.py", head + doc, 0)


def _entry(row: Mapping[str, Any]) -> str:
    """The function of the reference solution that the first assertion calls."""
    called = re.findall(r"(\w+)\s*\(", row["test_list"][0])
    for name in re.findall(r"^def\s+(\w+)", row["code"], re.MULTILINE):
        if name in called:
            return str(name)
    raise DataError(f"{SOURCE.file}: nothing tests the code of {row['task_id']}: fetch it anew")


TASK = Mbpp()
