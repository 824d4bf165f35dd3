"""What Tabby's clients send for a completion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.gateway.numbers import MANY, Natural
from assistant.types import Snippet, SnippetKind, Terms

_OWN = {"segments", "debug_options"}


def asks(body: Any) -> bool:
    """Whether a body of ``/v1/completions`` is Tabby's."""
    return isinstance(body, dict) and "prompt" not in body and not body.keys().isdisjoint(_OWN)


class TabbyBody(BaseModel):
    """Unknown fields are passed over."""

    model_config = ConfigDict(extra="allow", strict=True)


class PieceBody(TabbyBody):
    """A piece of another file. Pieces come in the order of their worth."""

    filepath: str
    body: str


Pieces = Annotated[list[PieceBody], Field(max_length=MANY, fail_fast=True)]


class Segments(TabbyBody):
    """The file around the cursor, and what the editor knows beside it."""

    prefix: str
    suffix: str | None = None
    filepath: str | None = Field(None, description="In the repository, or absolute.")
    git_url: str | None = None
    declarations: Pieces | None = None
    relevant_snippets_from_changed_files: Pieces | None = None
    relevant_snippets_from_recently_opened_files: Pieces | None = None

    def snippets(self) -> Iterator[Snippet]:
        for kind, pieces in (
            (SnippetKind.IMPORTED, self.declarations),
            (SnippetKind.RECENT, self.relevant_snippets_from_changed_files),
            (SnippetKind.OPEN, self.relevant_snippets_from_recently_opened_files),
        ):
            for number, piece in enumerate(pieces or ()):
                path = piece.filepath.removeprefix("file://").lstrip("/") or "other"
                # Where in its file it stands is not known; its number keeps the order.
                at, worth = (number, number), float(-number)
                yield Snippet(path, *at, piece.body, kind, worth, "sent by the editor")


class DebugOptions(TabbyBody):
    raw_prompt: str | None = Field(None, description="Sent to the engine as it is.")
    return_snippets: bool | None = False
    return_prompt: bool | None = False
    disable_retrieval_augmented_code_completion: bool | None = False


def _needs(name: str, of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": [name], "properties": {name: of}}


_SEGMENTS = _needs("segments", {"type": "object"})
_RAW = _needs("debug_options", _needs("raw_prompt", {"type": "string"}))
"""What one of the two must bring, for the document."""


class SegmentsBody(TabbyBody):
    """``POST /v1/completions`` as Tabby's clients send it."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_SEGMENTS, _RAW]})

    segments: Segments | None = None
    language: str | None = None
    model: str = Field("", description="Of this gateway's, which Tabby's clients do not name.")
    temperature: float | None = Field(None, ge=0, le=2)
    seed: Natural | None = None
    user: str | None = None
    mode: Literal["standard"] | None = "standard"
    debug_options: DebugOptions | None = None

    def terms(self, max_tokens: int = 0) -> Terms:
        asked = {"temperature": self.temperature, "seed": self.seed}
        return Terms(max_tokens, fields={k: v for k, v in asked.items() if v is not None})
