"""The source distributions that the public set is mined from."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).resolve().parent


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Table):
    """One distribution. ``first_published`` (a date) is of the project's oldest release, which
    ``evidence`` gives; ``per_kind`` is how many holes of each kind are drawn at most."""

    name: str
    version: str
    registry: Literal["pypi", "npm"]
    file: str
    sha256: str
    licence: str
    languages: tuple[str, ...]
    first_published: str
    evidence: str
    per_kind: int

    @property
    def folder(self) -> str:
        """The file's name without its ending: the name of the source tree."""
        return self.file.removesuffix(".tgz").removesuffix(".tar.gz")


class Sources(_Table):
    seed: int
    source: tuple[Source, ...]


def load(path: Path) -> Sources:
    return Sources.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
