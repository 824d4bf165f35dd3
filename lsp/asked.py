"""The arguments of ``assistant.do``, the parameters of ``assistant/chat``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self, TypeVar

from lsprotocol import types
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import UsageError

DO = "assistant.do"
CHAT = "assistant/chat"
_Model = TypeVar("_Model", bound=BaseModel)


class _Point(BaseModel):
    line: int = Field(ge=0)
    character: int = Field(ge=0)


class _Span(BaseModel):
    start: _Point
    end: _Point

    def as_lsp(self) -> types.Range:
        start, end = self.start, self.end
        return types.Range(
            types.Position(start.line, start.character), types.Position(end.line, end.character)
        )


class _Uri(BaseModel):
    uri: str


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
        return _validated(cls, {**given, "name": name} if name else dict(given), DO)

    @property
    def span(self) -> types.Range:
        return self.range.as_lsp()


class Workspace(BaseModel):
    """Which workspace folder: ``root`` (a URI or a path), else that of the document, else the
    first."""

    model_config = ConfigDict(strict=True)

    root: str | None = None
    document: _Uri | None = Field(None, alias="textDocument")

    @classmethod
    def read(cls, params: Any, method: str) -> Self:
        """Raises UsageError."""
        if not isinstance(params, Mapping | None):
            raise UsageError(f"{method} takes an object")
        return _validated(cls, dict(params or {}), method)


class Shown(Workspace):
    """A conversation by its id, the beginning of it, or ``last``."""

    conversation: str = Field(min_length=1)


class Said(Workspace):
    """A message. ``range`` is the cursor or the selection in the document; ``material`` what the
    editor knows better than the disk says."""

    message: str = Field(pattern=r"\S")
    conversation: str | None = Field(None, min_length=1)
    range: _Span | None = None
    material: dict[Literal["diff", "diagnostics", "tests"], str] = {}
    partial: int | str | None = Field(None, alias="partialResultToken")
    token: int | str | None = Field(None, alias="workDoneToken")


def _validated(model: type[_Model], given: dict[str, Any], what: str) -> _Model:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        fault = error.errors()[0]
        at = ".".join(str(part) for part in fault["loc"])
        raise UsageError(f"{what}: {at}: {fault['msg']}") from error
