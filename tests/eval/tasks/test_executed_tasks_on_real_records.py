"""The benchmarks' own solutions, in the benchmarks' own files, pass by what grades answers."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from assistant.sandbox import unavailable
from eval.data import Data
from eval.task import tasks
from eval.tasks import mbpp, mbpp_plus
from eval.types import Answer, CommandAsk, CompletionAsk, Sample

FOLDER = Path(
    os.environ.get("ASSISTANT_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data"
)
pytestmark = [
    pytest.mark.skipif(not (FOLDER / mbpp.SOURCE.file).is_file(), reason="no benchmark files here"),
    pytest.mark.slow,
]
RECORDS = 10
SIZES = {
    ("humaneval", "prefixed"): 164,
    ("humaneval", "plain"): 164,
    ("humaneval-plus", "prefixed"): 164,
    ("humaneval-infilling", "span-light"): 164,
    ("humaneval-infilling", "single"): 1033,
    ("humaneval-infilling", "multi"): 5815,
    ("humaneval-infilling", "span"): 1640,
    ("mbpp", "prefixed"): 257,
    ("mbpp-plus", "prefixed"): 224,
    ("humaneval-fix", "tests"): 164,
    ("humaneval-fix", "docs"): 164,
    ("humaneval-explain", "synthesize"): 164,
}


def reference(name: str, sample: Sample) -> Answer:
    """What a model that knows the solution answers."""
    if isinstance(sample.ask, CompletionAsk | CommandAsk):
        return Answer(sample.reference)
    if name in {"humaneval-fix", "humaneval-explain"}:
        return Answer(f"\n{sample.reference}\n```\n")
    if sample.ask.messages[-1].role == "assistant":
        return Answer(f"{sample.reference}\n```\nThis solves it.")
    return Answer(f"Sure:\n```python\n{sample.reference}\n```\nThis solves it.")


@pytest.mark.skipif(bool(unavailable()), reason="no sandbox here")
@pytest.mark.parametrize(("name", "arm"), SIZES)
def test_solutions_pass_and_silence_does_not(name: str, arm: str) -> None:
    task = tasks().get(name)
    samples = task.samples(Data(FOLDER), arm)
    assert len(samples) == SIZES[name, arm]
    assert len({sample.id for sample in samples}) == len(samples)
    for sample in samples[:: len(samples) // RECORDS]:
        grade = task.grade(sample, reference(name, sample))
        assert (grade.scores, grade.detail) == ({"pass": 1.0}, ""), sample.id
    assert task.grade(samples[0], Answer("")).scores == {"pass": 0.0}


def test_mbpp_holds_test_ids_only() -> None:
    for task in (mbpp.TASK, mbpp_plus.TASK):
        numbers = [int(s.id.removeprefix("Mbpp/")) for s in task.samples(Data(FOLDER), "plain")]
        assert numbers
        assert min(numbers) >= 11
        assert max(numbers) <= 510
    whole = json.loads((FOLDER / mbpp.SOURCE.file).read_text(encoding="utf-8"))
    assert len(whole) == 427  # the rest is left out on purpose, not missing
