"""What every registered task keeps to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.cli.app import run
from eval.task import Task, tasks
from eval.types import Answer, CompletionAsk, Sample

EVERY = list(tasks())
HOSTILE = ["", "\0", "```", "\ud800", "def (", "import os; os._exit(0)\n", "x" * 100_000]


@pytest.mark.parametrize("task", EVERY, ids=lambda task: task.name)
def test_a_task_names_itself_its_arms_and_its_metrics(task: Task) -> None:
    assert task.name == task.name.lower()
    assert task.summary
    assert "\n" not in task.summary
    assert task.arms
    assert task.metrics
    assert task.asks in ("completion", "chat")
    assert isinstance(task.executes, bool)


def test_the_line_of_an_answer_counts_not_what_follows() -> None:
    task = tasks().get("santacoder-fim")
    sample = Sample("1", CompletionAsk("a.py", "", ""), reference="    return a\n")
    for text, score in [
        ("return a", 1.0),
        ("\n    return a  \n    more", 1.0),
        ("return a + b", 0.0),
        ("", 0.0),
    ]:
        assert task.grade(sample, Answer(text)).scores == {"exact_match": score}


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("task", [t for t in EVERY if not t.executes], ids=lambda t: t.name)
def test_grading_never_raises(task: Task, text: str) -> None:
    sample = Sample(
        "1",
        CompletionAsk("a.py", "x = ", "\n"),
        reference="f(1)",
        extra={"names": ["f"], "kind": "line", "language": "python"},  # the task mined's
    )
    assert set(task.grade(sample, Answer(text)).scores) == set(task.metrics)


def test_the_command_lists_them(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tasks", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in listed] == [task.name for task in EVERY]
    assert run(["tasks"]) == 0
    assert "--arm in-file" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["run", "nope"], "santacoder-fim"),
        (["run", "santacoder-fim", "--through", "window"], "product"),
        (["run", "santacoder-fim", "--raw", "--through", "lsp"], "contradict"),
        (["run", "mined", "--mined", "missing.jsonl"], "eval mine"),
        (["run", "santacoder-fim", "--limit", "-1"], "--limit"),
        (["compare", "missing.json", "missing.json"], "missing.json"),
        (["--set", "engine.port=x", "run", "santacoder-fim"], "engine.port"),
        (["gate", "--only", "nope"], "santacoder-raw"),
    ],
)
def test_misuse_is_one_line_and_status_2(
    home: Path, arguments: list[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert part in captured.err
