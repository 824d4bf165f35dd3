from __future__ import annotations

from pathlib import Path

import pytest
from mined_repository import make

from assistant.config import ContextSettings
from assistant.errors import UsageError
from eval.data import Data
from eval.mining.mine import mine
from eval.tasks.mined import TASK
from eval.types import Answer, CompletionAsk, Sample


@pytest.fixture
def samples(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Sample]:
    file = tmp_path / "set.jsonl"
    file.write_text(mine(make(tmp_path / "proj"), ContextSettings()).text())
    monkeypatch.setenv("ASSISTANT_MINED", str(file))
    return list(TASK.samples(Data(None), "all"))


def test_the_workspace_is_a_copy_without_the_answer(samples: list[Sample]) -> None:
    assert samples
    for sample in samples:
        assert isinstance(sample.ask, CompletionAsk)
        assert sample.ask.root is not None
        on_disk = (sample.ask.root / sample.ask.path).read_text()
        assert on_disk == sample.ask.prefix + sample.ask.suffix
        assert sample.reference not in on_disk


def test_the_right_answer_scores_full_marks(samples: list[Sample]) -> None:
    for sample in samples:
        grade = TASK.grade(sample, Answer(sample.reference))
        assert set(grade.scores) == set(TASK.metrics)
        assert set(grade.scores.values()) == {1.0}


def test_an_empty_answer_scores_nothing(samples: list[Sample]) -> None:
    for sample in samples:
        assert set(TASK.grade(sample, Answer("")).scores.values()) == {0.0}


def test_no_set(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="eval mine"):
        TASK.samples(Data(tmp_path), "line")


def test_an_arm_that_is_not_there(home: Path) -> None:
    with pytest.raises(UsageError, match="choose one of line"):
        TASK.samples(Data(None), "word")
