"""The models that can be fetched by name, as ``catalogue.toml`` lists them."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant import paths
from assistant.errors import UsageError

Precision = Literal["int4", "bf16"]
PRECISIONS: tuple[Precision, ...] = ("int4", "bf16")


class CatalogueModel(BaseModel):
    """One entry. ``size`` is in bytes; ``tokens`` are special tokens with their
    ids, which the converted tokenizer must have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    file: str
    size: int = Field(gt=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    licence: str
    fim: str
    tokens: dict[str, int] = {}
    sources: list[dict[str, Any]]

    @property
    def folder(self) -> Path:
        """Where its files lie; made when it is not there."""
        return paths.folder("models", self.name)

    @property
    def path(self) -> Path:
        """The publisher's file, whether or not it is there."""
        return paths.home() / "models" / self.name / self.file

    def weights(self, precision: Precision) -> Path:
        """The converted folder, whether or not it is there."""
        return paths.home() / "models" / self.name / precision


@cache
def catalogue() -> dict[str, CatalogueModel]:
    """Every entry by name, the default first."""
    text = Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8")
    entries = [CatalogueModel.model_validate(entry) for entry in tomllib.loads(text)["model"]]
    return {entry.name: entry for entry in entries}


def find(name: str) -> CatalogueModel:
    """The entry of that name. Raises UsageError that lists the names there are."""
    known = catalogue()
    if name not in known:
        raise UsageError(f"no model named {name!r}: the catalogue has {', '.join(known)}")
    return known[name]
