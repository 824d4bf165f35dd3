"""humaneval-fix and humaneval-explain, on a record of our own writing."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assistant.sandbox import unavailable
from eval import octopack
from eval.data import Data
from eval.task import tasks
from eval.tasks import humaneval_explain, humaneval_fix
from eval.types import Answer, ChatAsk, CommandAsk, CompletionAsk, Sample

sandboxed = pytest.mark.skipif(bool(unavailable()), reason="no sandbox here")

ROW = {
    "task_id": "Python/0",
    "declaration": "def one():\n    return 1\n\n\ndef more(number: List[int]) -> int:\n",
    "prompt": (
        "def one():\n    return 1\n\n\n"
        'def more(number: List[int]) -> int:\n    """One more than the sum."""\n'
    ),
    "canonical_solution": "    assert all(n < 99999 for n in number)\n    return sum(number) + 1",
    "buggy_solution": "    return sum(number)\n",
    "test": "def check(more):\n    assert more([1, 2]) == 3 + one()\n\ncheck(more)",
    "entry_point": "more",
    "docstring": "One more than the sum.",
}


def the_sample(
    folder: Path,
    task: humaneval_fix.HumanEvalFix | humaneval_explain.HumanEvalExplain,
    arm: str = "",
) -> Sample:
    with gzip.open(folder / octopack.SOURCE.file, "wt", encoding="utf-8") as file:
        file.write(json.dumps(ROW) + "\n")
    (sample,) = task.samples(Data(folder), arm or next(iter(task.arms)))
    return sample


@dataclass
class Says:
    """A door that gives prepared answers and keeps the questions."""

    answers: list[Answer]
    asked: list[ChatAsk] = field(default_factory=list)

    async def chat(self, ask: ChatAsk) -> Answer:
        self.asked.append(ask)
        return self.answers.pop(0)

    async def complete(self, ask: CompletionAsk) -> Answer:
        raise AssertionError

    async def command(self, ask: CommandAsk) -> Answer:
        raise NotImplementedError

    def attempt(self, number: int) -> Says:
        return self


def test_the_registry_finds_them() -> None:
    for task in (humaneval_fix.TASK, humaneval_explain.TASK):
        assert tasks().get(task.name) is task


def test_fix_shows_the_bug_and_the_tests(tmp_path: Path) -> None:
    sample = the_sample(tmp_path, humaneval_fix.TASK)
    door = Says([Answer("\n    return 1")])
    assert asyncio.run(humaneval_fix.TASK.answer(sample, door)).text == "\n    return 1"
    ((user, begun),) = [ask.messages for ask in door.asked]
    assert user.content == (
        f"{ROW['declaration']}{ROW['buggy_solution']}\n{ROW['test']}\nFix bugs in more."
    )
    assert begun.role == "assistant"
    assert begun.content == f"```python\n{ROW['declaration'].rstrip()}"


def test_fix_shows_the_docstring_in_place_of_the_tests(tmp_path: Path) -> None:
    sample = the_sample(tmp_path, humaneval_fix.TASK, "docs")
    assert isinstance(sample.ask, ChatAsk)
    user, begun = sample.ask.messages
    assert user.content == f"{ROW['prompt']}{ROW['buggy_solution']}\nFix bugs in more."
    assert begun.content == f"```python\n{ROW['prompt'].rstrip()}"
    assert "check(" not in user.content


@sandboxed
def test_fix_with_the_docstring_begun(tmp_path: Path) -> None:
    sample = the_sample(tmp_path, humaneval_fix.TASK, "docs")
    right = humaneval_fix.TASK.grade(sample, Answer("\n" + sample.reference))
    assert right.scores == {"pass": 1.0}
    wrong = humaneval_fix.TASK.grade(sample, Answer("\n" + ROW["buggy_solution"]))
    assert wrong.detail == "AssertionError"


@pytest.mark.slow
@sandboxed
def test_fix(tmp_path: Path) -> None:
    sample = the_sample(tmp_path, humaneval_fix.TASK)
    right = "\n" + sample.reference
    for text, detail in [
        (right, ""),
        (right + "\n```\nNow it adds one.", ""),
        (right + "\nprint(more([1]))\nexit()", ""),
        ("\n" + ROW["buggy_solution"], "AssertionError"),
        ("\n    exit()\n", "NameError: it does not define 'more'"),
        ("\n    exit()\n    return 1\n", "SystemExit: None"),
        ("\n    return sys.exit(0)\n", "SystemExit: 0"),
        ("", "NameError: it does not define 'more'"),
    ]:
        grade = humaneval_fix.TASK.grade(sample, Answer(text))
        assert (grade.scores, grade.detail) == ({"pass": float(not detail)}, detail), text


def test_explain_in_two_turns(tmp_path: Path) -> None:
    sample = the_sample(tmp_path, humaneval_explain.TASK)
    long = " Adds one to the sum of them all."
    door = Says(
        [
            Answer(long, prompt_tokens=10, generated_tokens=5, seconds=1.0),
            Answer("\n    return 1", prompt_tokens=7, generated_tokens=3, seconds=0.5),
        ]
    )
    answer = asyncio.run(humaneval_explain.TASK.answer(sample, door))
    first, second = door.asked
    assert "using at most 22 characters" in first.messages[0].content
    assert ROW["canonical_solution"] in first.messages[0].content
    words = "Adds one to the sum of"
    assert answer.parts == (words,)
    assert second.messages[0].content.startswith(words + "\nWrite functional code in Python")
    assert "return sum" not in second.messages[0].content
    assert (answer.prompt_tokens, answer.generated_tokens, answer.seconds) == (17, 8, 1.5)
    assert answer.text == "\n    return 1"


def test_a_description_may_not_copy() -> None:
    line = "assert all(n < 99999 for n in number)"
    said = f"It runs `{line}` and `return sum(x)`."
    assert humaneval_explain.described(said, 99, ROW["canonical_solution"]) == (
        "It runs `` and `return sum(x)`."
    )
    assert humaneval_explain.described("  a b c ", 2, "") == "a"


@sandboxed
def test_explain(tmp_path: Path) -> None:
    sample = the_sample(tmp_path, humaneval_explain.TASK)
    right = Answer("\n" + sample.reference, parts=("words",))
    assert humaneval_explain.TASK.grade(sample, right).scores == {"pass": 1.0}
    wrong = Answer("\n    return 0\n", parts=("words",))
    assert humaneval_explain.TASK.grade(sample, wrong).detail == "AssertionError"
