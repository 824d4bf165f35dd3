"""What a run leaves behind: one JSON file, complete enough to be compared and questioned.

{task, arm, through, n, metrics: {name: {value, low, high}}, model, config, options,
 commit, seed, started, seconds, records: [...]}
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant import paths
from assistant.errors import UsageError


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Interval(_Part):
    """A mean over the records with its bootstrap 95% interval."""

    value: float
    low: float
    high: float


class Answered(_Part):
    """One answer and its scores; ``seconds`` is from question to answer."""

    text: str
    scores: dict[str, float]
    detail: str = ""
    dropped: str = ""
    finish_reason: str = ""
    replaces: int = 0
    prompt_tokens: int = 0
    generated_tokens: int = 0
    snippets: int = 0
    seconds: float = 0.0
    parts: tuple[str, ...] = ()


class Record(_Part):
    """One record of the task. ``scores`` folds its answers: pass@k for ``pass``, else means.
    ``asked`` is the sha256 of the question and of all that grades it."""

    id: str
    scores: dict[str, float]
    answers: list[Answered]
    reference: str = ""
    asked: str = ""


class Model(_Part):
    """``digest`` is the sha256 of the weights as they were served; empty for a remote model."""

    name: str
    precision: str = ""
    digest: str = ""
    engine: str = ""


class Options(_Part):
    """What the run was asked for. ``limit`` 0 is all records; ``data`` is the sha256 of the
    records' questions and references."""

    limit: int = 0
    samples: int = 1
    temperature: float = 0.0
    trigger: str = "invoked"
    data: str = ""


class Result(_Part):
    """A finished run. ``seconds`` is its wall time; of one that went on after a kill, that of
    the last part."""

    task: str
    arm: str
    through: str
    n: int
    metrics: dict[str, Interval]
    model: Model
    config: dict[str, Any]
    options: Options
    commit: str
    seed: int
    started: str
    seconds: float
    records: list[Record]

    @property
    def title(self) -> str:
        """For people: task, arm, door, model."""
        precision = f" {self.model.precision}" if self.model.precision else ""
        return f"{self.task} {self.arm} {self.through} {self.model.name}{precision}"

    def summary(self) -> dict[str, Any]:
        """Everything but the records, as plain data."""
        return self.model_dump(exclude={"records"})


def folder() -> Path:
    """Where results are kept unless ``--output`` says otherwise."""
    return paths.folder("eval", "results")


def load(path: Path) -> Result:
    """Read a result. Raises UsageError with what is wrong with the file."""
    try:
        return Result.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"{path} is no result of `assistant eval run`: {where} {first['msg']}"
        ) from error


def save(result: Result, path: Path) -> None:
    """Write it whole or not at all. Raises UsageError."""
    part = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(result.model_dump(), file, ensure_ascii=False, indent=1)
            file.write("\n")
        Path(part).replace(path)
    except OSError as error:
        if part:
            Path(part).unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
