"""TestEval on a record of our own writing, and on the benchmark's where it is at hand."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import AssistantError, UsageError
from assistant.sandbox import Job, Outcome, Status, unavailable
from eval.data import Data, DataError
from eval.task import tasks
from eval.tasks.testeval import SOURCE, TASK, TestEval
from eval.types import Answer, ChatAsk, Grade, Sample

# Lines 3 to 7 hold five statements; the import is not counted. Two branches leave the `if`.
PROGRAM = """\
import math

class Solution:
  def clip(self, number: int) -> int:
    if number > 9:
      return 9
    return number
"""
ROW: dict[str, Any] = {
    "task_num": 7,
    "func_name": "clip",
    "description": "Return the number, at most 9.",
    "python_solution": PROGRAM,
    "target_lines": [6, 7],
}
HIGH = "def test_high():\n    assert Solution().clip(12) == 9\n"
LOW = "def test_low():\n    assert Solution().clip(-2) == -2\n"

sandboxed = pytest.mark.skipif(bool(unavailable()), reason=unavailable() or "sandbox")


def data(folder: Path, *rows: dict[str, Any]) -> Data:
    with gzip.open(folder / SOURCE.file, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return Data(folder)


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return TASK.samples(data(tmp_path, ROW), "coverage")[0]


def said(sample: Sample) -> str:
    assert isinstance(sample.ask, ChatAsk)
    return next(m.content for m in sample.ask.messages if m.role == "user")


def graded(sample: Sample, code: str) -> Grade:
    return TASK.grade(sample, Answer(f"```python\nfrom solution import Solution\n\n{code}\n```"))


def test_it_is_registered() -> None:
    assert tasks().get("testeval") is TASK


def test_the_coverage_arm_asks_for_a_file(sample: Sample) -> None:
    assert sample.id == "testeval/7"
    assert PROGRAM in said(sample)
    assert ROW["description"] in said(sample)
    assert "def test_clip_1():" in said(sample)
    assert sample.extra["lines"] == [6, 7]


def test_the_coverage_arm_begins_the_answer(sample: Sample, tmp_path: Path) -> None:
    assert isinstance(sample.ask, ChatAsk)
    begun = sample.ask.messages[-1]
    assert (begun.role, begun.content) == (
        "assistant",
        "```python\nfrom under_test import Solution\n\ndef test_clip_1():\n    solution=Solution()",
    )
    plain = TASK.samples(data(tmp_path, ROW), "coverage-plain")[0]
    assert isinstance(plain.ask, ChatAsk)
    assert plain.ask.messages == sample.ask.messages[:-1]


@sandboxed
@pytest.mark.slow
@pytest.mark.parametrize("start", ["\n", "    ", "```python\n" + LOW + "\n"])
def test_an_answer_goes_on_where_it_was_begun(sample: Sample, start: str) -> None:
    rest = "    assert solution.clip(12) == 9\n"
    text = f"{start}{HIGH}```" if "```" in start else f"{start.rstrip(' ')}{rest}\n{LOW}```\nSo."
    grade = TASK.grade(sample, Answer(text))
    assert grade.scores["assertion"] == 1.0
    assert grade.scores["line_coverage"] == 1.0
    assert grade.detail.startswith("2 passed; ")


def test_the_line_arm_asks_once_a_line(tmp_path: Path) -> None:
    high, low = TASK.samples(data(tmp_path, ROW), "targeted-line")
    assert (high.id, low.id) == ("testeval/7/6", "testeval/7/7")
    assert "6:       return 9" in said(high)
    assert "5.     if number > 9:" in said(high)
    assert low.extra["lines"] == [7]


def test_an_unknown_arm_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="choose one of coverage, coverage-plain"):
        TASK.samples(data(tmp_path, ROW), "best")


def test_a_record_that_lacks_something_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="python_solution"):
        TASK.samples(data(tmp_path, {"task_num": 1}), "coverage")


@sandboxed
@pytest.mark.slow
def test_a_good_suite(sample: Sample) -> None:
    grade = graded(sample, HIGH + "\n" + LOW)
    assert grade.scores.keys() == set(TASK.metrics)
    assert all(grade.scores[name] == 1.0 for name in TASK.metrics if name != "mutation")
    # A mutant that takes 9 or 10 for the bound, at 12 and -2, lives.
    assert 0.5 < grade.scores["mutation"] < 1.0
    assert grade.detail.startswith("2 passed; ")


@sandboxed
@pytest.mark.slow
def test_half_of_the_program(sample: Sample) -> None:
    # One of two branches; def, class, `if` and `return number` of five statements; line 7 of
    # the two target lines; one of two tests is wrong, though it ran and reached the same.
    wrong = "def test_wrong():\n    assert Solution().clip(1) == 2\n"
    grade = graded(sample, LOW + "\n" + wrong)
    scores = dict(grade.scores)
    assert 0.0 < scores.pop("mutation") < 1.0
    assert scores == {
        "assertion": 0.5,
        "execution": 1.0,
        "syntax": 1.0,
        "parses": 1.0,
        "line_coverage": 0.8,
        "branch_coverage": 0.5,
        "target": 0.5,
    }
    assert "1 passed, 1 failed" in grade.detail
    assert "test_wrong: AssertionError" in grade.detail


@sandboxed
@pytest.mark.slow
def test_running_lines_earns_no_mutation_score(sample: Sample) -> None:
    vacuous = "def test_a():\n    Solution().clip(12)\n    Solution().clip(1)\n    assert True\n"
    broken = "def test_b(:\n"
    grade = graded(sample, vacuous + "\n" + broken)
    assert grade.scores == {
        "mutation": 0.0,
        "assertion": 0.0,
        "execution": 0.5,
        "syntax": 0.5,
        "parses": 0.0,
        "line_coverage": 1.0,
        "branch_coverage": 1.0,
        "target": 1.0,
    }
    assert grade.detail.startswith("1 vacuous, 1 invalid; 0/0 mutants killed")


@sandboxed
@pytest.mark.slow
def test_a_test_that_never_calls_the_method_earns_its_syntax_only(sample: Sample) -> None:
    grade = graded(sample, "def test_a():\n    number = 9\n    assert number == 9\n")
    worth = {name for name, score in grade.scores.items() if score}
    assert worth == {"syntax", "parses"}


@pytest.mark.parametrize(
    "text",
    ["", "I cannot.", "```java\nclass T {}\n```", "def test_a(:", "\ud800", "(" * (1 << 20)],
)
def test_an_answer_without_a_test_is_worth_nothing(tmp_path: Path, text: str) -> None:
    plain = TASK.samples(data(tmp_path, ROW), "coverage-plain")[0]
    grade = TASK.grade(plain, Answer(text))
    assert grade.scores == dict.fromkeys(TASK.metrics, 0.0)
    assert grade.detail


@sandboxed
@pytest.mark.slow
def test_what_was_begun_is_worth_nothing_by_itself(sample: Sample) -> None:
    grade = TASK.grade(sample, Answer(""))
    assert {name for name, score in grade.scores.items() if score} == {"syntax", "parses"}


def test_what_the_scorer_cannot_take_costs_the_answer_only(sample: Sample) -> None:
    def broken(job: Job) -> Outcome:
        raise ValueError("a\n\ud800 word")

    grade = TestEval(run=broken).grade(sample, Answer(HIGH))
    assert grade.scores == dict.fromkeys(TASK.metrics, 0.0)
    assert grade.detail == "not measured: ValueError: a ? word"


def test_a_driver_that_fails_is_named(sample: Sample) -> None:
    late = Outcome(Status.TIMEOUT, reason="it ran longer than 60 s")
    grade = TestEval(run=lambda job: late).grade(sample, Answer(HIGH))
    assert "not measured to the end: it ran longer than 60 s" in grade.detail


def test_without_a_sandbox_the_user_is_told(sample: Sample) -> None:
    refused = Outcome(Status.REFUSED, reason="install bubblewrap")
    with pytest.raises(AssistantError, match="install bubblewrap"):
        TestEval(run=lambda job: refused).grade(sample, Answer(HIGH))


def test_the_benchmark() -> None:
    folder = Path(os.environ.get("ASSISTANT_DATA", "../shared/data"))
    if not (folder / SOURCE.file).is_file():
        pytest.skip(f"no {SOURCE.file}: name its folder with ASSISTANT_DATA")
    records = TASK.samples(Data(folder), "coverage")
    lines = TASK.samples(Data(folder), "targeted-line")
    assert (len(records), len(lines)) == (210, 1340)
    assert len({sample.id for sample in (*records, *lines)}) == 1550
