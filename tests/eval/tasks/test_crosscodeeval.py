"""CrossCodeEval on records of our own writing, and on the benchmark's where it is at hand."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import UsageError
from assistant.types import SnippetKind
from eval.data import Data, DataError
from eval.task import tasks
from eval.tasks.crosscodeeval import SOURCE, TASK
from eval.types import Answer, CompletionAsk, Sample

ROW: dict[str, Any] = {
    "prompt": "import shop\n\ncart = shop.",
    "groundtruth": "open_cart(user, limit=3)  # noqa",
    "right_context": "\ncart.pay()\n",
    "metadata": {"task_id": "project/1", "repository": "someone-shop-1a2b", "file": "app/buy.py"},
    "crossfile_context": {
        "text": "# unused",
        "list": [
            {"filename": "shop.py", "retrieved_chunk": "def open_cart(user):\n    ...", "score": 9},
            {"filename": "user.py", "retrieved_chunk": "limit = 3", "score": 1.5},
        ],
    },
}


def data(folder: Path, *rows: dict[str, Any]) -> Data:
    with gzip.open(folder / SOURCE.file, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return Data(folder)


def the_sample(folder: Path, arm: str = "in-file", **changes: Any) -> tuple[Sample, CompletionAsk]:
    (sample,) = TASK.samples(data(folder, {**ROW, **changes}), arm)
    assert isinstance(sample.ask, CompletionAsk)
    return sample, sample.ask


def test_the_registry_finds_it() -> None:
    assert tasks().get("crosscodeeval") is TASK
    assert next(iter(TASK.arms)) == "in-file"


def test_in_file(tmp_path: Path) -> None:
    sample, ask = the_sample(tmp_path)
    assert sample.id == "project/1"
    assert sample.reference == ROW["groundtruth"]
    assert (ask.path, ask.root, ask.left_only) == ("app/buy.py", None, False)
    assert ask.prefix + ask.suffix == "import shop\n\ncart = shop.\ncart.pay()\n"
    assert ask.snippets == ()


def test_left_only_shows_nothing_behind_the_cursor(tmp_path: Path) -> None:
    _, ask = the_sample(tmp_path, "left-only")
    assert ask.left_only
    assert ask.suffix == ""


def test_chunks_are_the_records_own(tmp_path: Path) -> None:
    _, ask = the_sample(tmp_path, "chunks")
    assert [(s.path, s.score, s.kind) for s in ask.snippets] == [
        ("shop.py", 9.0, SnippetKind.SIMILAR),
        ("user.py", 1.5, SnippetKind.SIMILAR),
    ]
    assert ask.snippets[0].text == "def open_cart(user):\n    ..."
    assert (ask.snippets[0].start_line, ask.snippets[0].end_line) == (0, 2)
    assert ask.suffix == ROW["right_context"]


def test_bad_input_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no arm 'all'.*in-file, left-only, chunks"):
        TASK.samples(Data(tmp_path), "all")
    with pytest.raises(DataError, match="--data"):
        TASK.samples(Data(tmp_path), "in-file")
    lacking = {key: value for key, value in ROW.items() if key != "groundtruth"}
    with pytest.raises(DataError, match=r"lacks what the task needs \('groundtruth'\)"):
        TASK.samples(data(tmp_path, lacking), "in-file")


@pytest.mark.parametrize(
    ("text", "exact", "names"),
    [
        ("open_cart(user, limit=3)", 1.0, 1.0),
        ("open_cart(user, limit=3)\ncart.pay()\ncart.pay()", 1.0, 1.0),
        ("open_cart(user, limit=3)  # so be it", 1.0, 1.0),
        ("open_cart(user, limit=4)", 0.0, 1.0),
        ("open_cart(limit, user=3)", 0.0, 0.0),
        ("\nopen_cart(user, limit=3)", 0.0, 0.0),
        ("", 0.0, 0.0),
    ],
)
def test_grades(tmp_path: Path, text: str, exact: float, names: float) -> None:
    sample, _ = the_sample(tmp_path)
    grade = TASK.grade(sample, Answer(text))
    assert tuple(grade.scores) == tuple(TASK.metrics)
    assert grade.scores["exact_match"] == exact
    assert grade.scores["identifier_match"] == names
    assert (grade.detail == "") is bool(exact)
    assert "\n" not in grade.detail


def test_similarity_is_of_the_code_alone(tmp_path: Path) -> None:
    sample, _ = the_sample(tmp_path)
    scores = TASK.grade(sample, Answer("open_cart(user)")).scores
    shorter, longer = len("open_cart(user)"), len("open_cart(user, limit=3)")
    assert scores["edit_similarity"] == pytest.approx(2 * shorter / (shorter + longer))
    assert scores["identifier_f1"] == pytest.approx(2 * 2 / (2 + 3))


def test_what_an_answer_replaces_is_expected_of_it(tmp_path: Path) -> None:
    sample, _ = the_sample(tmp_path, groundtruth="open_cart(user", right_context=")\ncart.pay()\n")
    grade = TASK.grade(sample, Answer("open_cart(user)", replaces=1))
    assert grade.scores["exact_match"] == 1.0
    assert TASK.grade(sample, Answer("open_cart(user)")).scores["exact_match"] == 0.0


def test_a_reference_of_two_lines_is_compared_with_two(tmp_path: Path) -> None:
    sample, _ = the_sample(tmp_path, groundtruth="open_cart(\n    user)")
    grade = TASK.grade(sample, Answer("open_cart(\n  user)\ncart.pay()"))
    assert grade.scores["exact_match"] == 1.0


async def test_one_question_a_record(tmp_path: Path) -> None:
    class Door:
        async def complete(self, ask: CompletionAsk) -> Answer:
            return Answer(ask.prefix[-5:])

    sample, _ = the_sample(tmp_path)
    assert (await TASK.answer(sample, Door())).text == "shop."  # type: ignore[arg-type]


FOLDER = os.environ.get("ASSISTANT_DATA", str(Path(__file__).parents[4] / "shared" / "data"))


@pytest.mark.skipif(not (Path(FOLDER) / SOURCE.file).is_file(), reason="no benchmark data")
@pytest.mark.parametrize("arm", TASK.arms)
def test_the_references_of_the_benchmark_are_right_answers(arm: str) -> None:
    samples = TASK.samples(Data(Path(FOLDER)), arm)
    assert len({sample.id for sample in samples}) == len(samples) == 100
    for sample in samples:
        grade = TASK.grade(sample, Answer(sample.reference + "\nmore()"))
        assert set(grade.scores.values()) == {1.0}, sample.id
