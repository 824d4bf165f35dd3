from __future__ import annotations

from pathlib import Path

import pytest
from mined_repository import make

from assistant.errors import AssistantError, UsageError
from assistant.settings import ContextSettings
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


def test_no_set(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_MINED", str(tmp_path / "absent.jsonl"))
    with pytest.raises(UsageError, match="eval mine"):
        TASK.samples(Data(None), "line")


def test_a_set_in_the_data_folder(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "mined.jsonl"
    file.write_text(mine(make(tmp_path / "proj"), ContextSettings()).text())
    assert TASK.samples(Data(tmp_path), "all")


def test_no_public_set_and_no_network(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for name in ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(AssistantError, match="assistant eval mine --public"):
        TASK.samples(Data(tmp_path), "line")


def test_an_arm_that_is_not_there(home: Path) -> None:
    with pytest.raises(UsageError, match="choose one of line"):
        TASK.samples(Data(None), "word")
