"""HumanEval and its infilling form, on a record of our own writing."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from assistant.sandbox import unavailable
from eval.data import Data
from eval.instruct import INSTRUCTION, RESPONSE
from eval.task import Task, tasks
from eval.tasks import humaneval, humaneval_infilling
from eval.types import Answer, ChatAsk, CommandAsk, CompletionAsk, Sample

sandboxed = pytest.mark.skipif(bool(unavailable()), reason="no sandbox here")

PROMPT = '''
def shout(word: str) -> str:
    """ Upper case """
    return word.upper()


def greet(name: str) -> str:
    """ A loud greeting
    >>> greet("ann")
    'HELLO ANN'
    """
'''
BODY = '    return shout(f"hello {name}")\n'
TEST = """

METADATA = {"author": "us"}


def check(candidate):
    assert candidate("ann") == "HELLO ANN"
    assert candidate("bob") == shout("hello bob")
"""
ROW = {
    "task_id": "HumanEval/0",
    "prompt": PROMPT,
    "entry_point": "greet",
    "canonical_solution": BODY,
    "test": TEST,
}
ALONE = 'def greet(name):\n    return f"hello {name}".upper()\n'


def data(folder: Path, file: str, *rows: dict[str, Any]) -> Data:
    with gzip.open(folder / file, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    return Data(folder)


def the_sample(folder: Path, arm: str) -> Sample:
    (sample,) = humaneval.TASK.samples(data(folder, humaneval.SOURCE.file, ROW), arm)
    return sample


def the_hole(folder: Path, arm: str = "span-light") -> Sample:
    cut = len(PROMPT) + len("    return ")
    text = PROMPT + BODY
    row = {
        **ROW,
        "prompt": text[:cut],
        "canonical_solution": text[cut:-1].removesuffix('")'),
        "suffix": '")\n',
    }
    file = humaneval_infilling.SOURCES[arm].file
    (sample,) = humaneval_infilling.TASK.samples(data(folder, file, row), arm)
    return sample


def test_the_registry_finds_them() -> None:
    for task in (humaneval.TASK, humaneval_infilling.TASK):
        found: Task = tasks().get(task.name)
        assert found is task
        assert found.metrics == ("pass",)
        assert found.executes
    assert next(iter(humaneval.TASK.arms)) == "prefixed"
    assert list(humaneval_infilling.TASK.arms) == ["span-light", "single", "multi", "span"]


def test_the_question_is_evalplus_s(tmp_path: Path) -> None:
    ask = the_sample(tmp_path, "prefixed").ask
    assert isinstance(ask, ChatAsk)
    user, begun = ask.messages
    assert (user.role, begun.role) == ("user", "assistant")
    assert user.content == f"{INSTRUCTION}\n```\n{PROMPT.strip()}\n```\n"
    assert begun.content == f"{RESPONSE}\n```python\n"
    plain = the_sample(tmp_path, "plain").ask
    assert isinstance(plain, ChatAsk)
    assert plain.messages == (user,)


@sandboxed
@pytest.mark.parametrize("answer", [ALONE + "```\nIt shouts.", "\n" + PROMPT + BODY, ALONE])
def test_a_right_answer_passes(tmp_path: Path, answer: str) -> None:
    grade = humaneval.TASK.grade(the_sample(tmp_path, "prefixed"), Answer(answer))
    assert (grade.scores, grade.detail) == ({"pass": 1.0}, "")


@sandboxed
def test_a_right_answer_to_the_plain_question_passes(tmp_path: Path) -> None:
    answer = f"Sure!\n```python\n{ALONE}\nprint(greet('ann'))\nexit()\n```\nIt shouts."
    grade = humaneval.TASK.grade(the_sample(tmp_path, "plain"), Answer(answer))
    assert grade.scores == {"pass": 1.0}


@sandboxed
@pytest.mark.parametrize(
    "answer",
    [
        "def greet(name):\n    return name\n```",
        "def greet(name):\n    return shout(name)\n```",
        "def greet(name):\n    import os\n    return os._exit(0)\n```",
        "def greet(name):\n    import sys\n    return sys.exit(0)\n```",
        "def greet(name):\n    return 1 / 0\n```",
        "```\nI would use upper().",
        "",
    ],
)
def test_another_does_not(tmp_path: Path, answer: str) -> None:
    grade = humaneval.TASK.grade(the_sample(tmp_path, "prefixed"), Answer(answer))
    assert grade.scores == {"pass": 0.0}
    assert grade.detail
    assert "\n" not in grade.detail


@pytest.mark.parametrize("arm", humaneval_infilling.ARMS)
def test_the_hole(tmp_path: Path, arm: str) -> None:
    sample = the_hole(tmp_path, arm)
    assert isinstance(sample.ask, CompletionAsk)
    ask = sample.ask
    assert ask.prefix + sample.reference + ask.suffix == PROMPT + BODY
    assert ask.max_tokens == 320


@pytest.mark.slow
@sandboxed
def test_a_hole_filled(tmp_path: Path) -> None:
    sample = the_hole(tmp_path)
    right = sample.reference
    for answer, passes in [
        (Answer(right), True),
        (Answer(right + '")', replaces=2), True),
        (Answer(right + '")'), False),
        (Answer("shout('a"), False),
        (Answer(""), False),
        (Answer(right + "\")\n\nimport os\nos._exit(0)\n''("), False),
    ]:
        grade = humaneval_infilling.TASK.grade(sample, answer)
        assert grade.scores == {"pass": float(passes)}, answer
        assert bool(grade.detail) != passes


class Parrot:
    """A door that gives the question back."""

    async def chat(self, ask: ChatAsk) -> Answer:
        return Answer(ask.messages[-1].content)

    async def complete(self, ask: CompletionAsk) -> Answer:
        return Answer(ask.suffix)

    async def command(self, ask: CommandAsk) -> Answer:
        raise NotImplementedError

    def attempt(self, number: int) -> Parrot:
        return self


def test_each_asks_once(tmp_path: Path) -> None:
    chat = asyncio.run(humaneval.TASK.answer(the_sample(tmp_path, "prefixed"), Parrot()))
    assert chat.text.startswith("Below is")
    hole = asyncio.run(humaneval_infilling.TASK.answer(the_hole(tmp_path), Parrot()))
    assert hole.text == '")\n'
