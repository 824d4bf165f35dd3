"""The arguments of ``assistant.do``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lsprotocol import types
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import UsageError

DO = "assistant.do"


class _Point(BaseModel):
    line: int = Field(ge=0)
    character: int = Field(ge=0)


class _Span(BaseModel):
    start: _Point
    end: _Point


class Asked(BaseModel):
    """Which command, where, and what goes with it. ``apply``: True says that the user has asked
    for the edit, False that it is only wanted in the answer."""

    model_config = ConfigDict(strict=True)

    name: str
    uri: str
    range: _Span
    version: int | None = None
    """Of the buffer that ``range`` was read off."""
    instruction: str = ""
    material: dict[str, str] = {}
    apply: bool | None = None
    show: bool = False
    """Show what is said without an edit: nobody reads the answer."""
    partial: int | str | None = Field(None, alias="partialResultToken")

    @classmethod
    def read(cls, arguments: tuple[Any, ...], name: str = "") -> Asked:
        """``name`` is that of ``assistant.NAME``. Raises UsageError."""
        given = arguments[0] if arguments else None
        if not isinstance(given, Mapping):
            raise UsageError(f"{DO} takes one object: name, uri, range, and others if need be")
        try:
            return cls.model_validate({**given, "name": name} if name else dict(given))
        except ValidationError as error:
            fault = error.errors()[0]
            at = ".".join(str(part) for part in fault["loc"])
            raise UsageError(f"{DO}: {at}: {fault['msg']}") from error

    @property
    def span(self) -> types.Range:
        start, end = self.range.start, self.range.end
        return types.Range(
            types.Position(start.line, start.character), types.Position(end.line, end.character)
        )
