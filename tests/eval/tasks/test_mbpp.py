"""MBPP, and EvalPlus's forms of it and of HumanEval, on records of our own writing."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from assistant.sandbox import unavailable
from eval.data import Data, DataError
from eval.task import tasks
from eval.tasks import humaneval_plus, mbpp, mbpp_plus
from eval.types import Answer, ChatAsk, CommandAsk, Sample

sandboxed = pytest.mark.skipif(bool(unavailable()), reason="no sandbox here")

ROW: dict[str, Any] = {
    "task_id": 11,
    "prompt": "Write a function to take the root of the first item.",
    "code": "def helper(x):\n    return x[0]\ndef root(x):\n    return helper(x) ** 0.5",
    "test_imports": ["import math"],
    "test_list": [
        "assert math.isclose(root((4,)), 2)",
        "assert math.isclose(root((2, 1)), 1.4142135623730951)",
    ],
}
PLUS: dict[str, Any] = {
    "task_id": "Mbpp/116",
    "prompt": '"""\nRoot of the first item.\nassert root((4,)) == 2\n"""\n',
    "entry_point": "root",
    "canonical_solution": "\ndef root(x):\n    assert type(x) is tuple\n    return x[0] ** 0.5\n",
    "base_input": [[[4]]],
    "plus_input": [[[9, 1]], [[2]]],
    "atol": 0,
}
HUMAN: dict[str, Any] = {
    "task_id": "HumanEval/1",
    "prompt": 'def root(x):\n    """ Root of the first item """\n',
    "entry_point": "root",
    "canonical_solution": "    return x[0] ** 0.5\n",
    "base_input": [[[4]]],
    "plus_input": [[[9, 1]], [[2]]],
    "atol": 0,
}


def the_sample(folder: Path, arm: str = "plain", **changes: Any) -> Sample:
    (folder / mbpp.SOURCE.file).write_text(json.dumps([{**ROW, **changes}]))
    (sample,) = mbpp.TASK.samples(Data(folder), arm)
    return sample


def plus(folder: Path, task: mbpp_plus.MbppPlus | humaneval_plus.HumanEvalPlus) -> Sample:
    module, row = (mbpp_plus, PLUS) if task is mbpp_plus.TASK else (humaneval_plus, HUMAN)
    with gzip.open(folder / module.SOURCE.file, "wt", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    (sample,) = task.samples(Data(folder), "plain")
    return sample


def block(code: str) -> Answer:
    return Answer(f"```python\n{code}\n```\n")


def test_the_registry_finds_them() -> None:
    for task in (mbpp.TASK, mbpp_plus.TASK, humaneval_plus.TASK):
        assert tasks().get(task.name) is task
        command = ["command"] if task is mbpp.TASK else []
        assert list(task.arms) == ["prefixed", "plain", *command]


def test_the_question_names_the_function(tmp_path: Path) -> None:
    ask = the_sample(tmp_path).ask
    assert isinstance(ask, ChatAsk)
    problem = f'"""\n{ROW["prompt"]}\nassert math.isclose(root((4,)), 2)\n"""'
    assert f"```\n{problem}\n```" in ask.messages[0].content


def test_a_command_sees_what_the_question_shows(tmp_path: Path) -> None:
    ask = the_sample(tmp_path, "command").ask
    assert isinstance(ask, CommandAsk)
    assert ask.text.startswith("def root(items):\n")
    assert ROW["prompt"] in ask.text
    first, hidden = ROW["test_list"]
    assert first in ask.text
    assert hidden not in ask.text


@pytest.mark.slow
@sandboxed
def test_what_a_command_made_is_graded_as_a_file(tmp_path: Path) -> None:
    sample = the_sample(tmp_path, "command")
    assert mbpp.TASK.grade(sample, Answer(sample.reference)).scores == {"pass": 1.0}


def test_test_ids_only(tmp_path: Path) -> None:
    rows = [{**ROW, "task_id": number} for number in (1, 10, 11, 510, 511, 974)]
    (tmp_path / mbpp.SOURCE.file).write_text(json.dumps(rows))
    samples = mbpp.TASK.samples(Data(tmp_path), "plain")
    assert [sample.id for sample in samples] == ["Mbpp/11", "Mbpp/510"]
    with gzip.open(tmp_path / mbpp_plus.SOURCE.file, "wt", encoding="utf-8") as file:
        for number in (2, 11, 511):
            file.write(json.dumps({**PLUS, "task_id": f"Mbpp/{number}"}) + "\n")
    assert [s.id for s in mbpp_plus.TASK.samples(Data(tmp_path), "plain")] == ["Mbpp/11"]


def test_a_record_that_tests_nothing_of_its_code(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing tests the code of 11"):
        the_sample(tmp_path, code="def other(x):\n    return x\n")


@pytest.mark.slow
@sandboxed
def test_mbpp(tmp_path: Path) -> None:
    sample = the_sample(tmp_path)
    assert mbpp.TASK.grade(sample, block(sample.reference)).scores == {"pass": 1.0}
    for code, detail in [
        ("def root(x):\n    return 2\n", "AssertionError"),
        ("def square(x):\n    return 2\n", "NameError: it does not define 'root'"),
        ("def root(x):\n    import os\n    return os._exit(0)\n", "it ended before the checks"),
        ("def root(x):\n    return math.sqrt(x[0])\n", "NameError: name 'math' is not defined"),
    ]:
        grade = mbpp.TASK.grade(sample, block(code))
        assert (grade.scores, grade.detail) == ({"pass": 0.0}, detail)


@pytest.mark.slow
@sandboxed
@pytest.mark.parametrize("task", [mbpp_plus.TASK, humaneval_plus.TASK], ids=lambda task: task.name)
def test_plus(tmp_path: Path, task: mbpp_plus.MbppPlus | humaneval_plus.HumanEvalPlus) -> None:
    sample = plus(tmp_path, task)
    for code in (
        sample.reference,
        "import math\ndef root(x):\n    return math.sqrt(x[0]) + 1e-9\n",
    ):
        grade = task.grade(sample, block(code))
        assert (grade.scores, grade.detail) == ({"pass": 1.0}, "")
    for code, detail in [
        ("def root(x):\n    return 2.0\n", "AssertionError: input 1 of 3"),
        (
            "def root(x):\n    return 2 if x[0] == 4 else 1 / 0\n",
            "ZeroDivisionError: division by zero",
        ),
        ("def root(x):\n    import os\n    return os._exit(0)\n", "it ended before the checks"),
        (
            "def check(*a):\n    return\ndef root(x):\n    return check(1)\n",
            "AssertionError: input 0 of 3",
        ),
        ("", "NameError: it does not define 'root'"),
    ]:
        grade = task.grade(sample, block(code))
        assert grade.scores == {"pass": 0.0}
        assert grade.detail.startswith(detail)
