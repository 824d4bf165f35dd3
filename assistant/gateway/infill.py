"""What llama.cpp's clients send to ``/infill``."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from assistant.gateway.numbers import MANY, CountOrNone, Few, Integer, Natural, NaturalOrNone
from assistant.types import Snippet, SnippetKind, Terms

DRAWN = 0.8
"""Temperature of the further answers where neither the client nor the settings name one above
0; llama.cpp's own default."""


_Path = Annotated[str, Field(max_length=200)]


class ExtraBody(BaseModel):
    """A piece of another file."""

    model_config = ConfigDict(extra="allow", strict=True)

    text: str
    filename: str = ""


class InfillBody(BaseModel):
    """``POST /infill``. Unknown fields are passed over."""

    model_config = ConfigDict(extra="allow", strict=True)

    input_prefix: str = Field("", description="The lines above the cursor's line.")
    input_suffix: str = Field("", description="What follows the cursor.")
    prompt: str = Field("", description="The cursor's line, up to the cursor.")
    input_extra: Annotated[list[ExtraBody], Field(max_length=MANY, fail_fast=True)] | None = Field(
        None, description="Pieces of other files, the newest last; empty for the gateway's own."
    )
    n_predict: CountOrNone | None = Field(None, description="Most tokens; 0 only reads the prompt.")
    n_cmpl: Few | None = Field(
        None, description="How many answers: with more than one the result is a list of them."
    )
    t_max_predict_ms: Natural | None = Field(
        None, description="Time to generate in, once there is a whole line."
    )
    temperature: float | None = Field(None, ge=0, le=2)
    seed: NaturalOrNone | None = Field(None, description="-1 for none.")
    stop: Annotated[list[str], Field(max_length=MANY, fail_fast=True)] | None = None
    stream: bool | None = Field(False, description="Each text is one event, the figures the next.")
    response_fields: Annotated[list[_Path], Field(max_length=MANY, fail_fast=True)] | None = Field(
        None, description="Only these, by their paths, such as `timings/prompt_n`."
    )
    id_slot: Integer | None = None
    model: str = ""

    def terms(self, number: int = 0, drawn: float = DRAWN) -> Terms:
        """Of the answer of that number; from the second on it is drawn at ``drawn``, unless the
        client names a temperature above 0."""
        fields: dict[str, Any] = {}
        temperature = (self.temperature or drawn) if number else self.temperature
        if temperature is not None:
            fields["temperature"] = temperature
        if self.seed is not None and self.seed >= 0:
            fields["seed"] = self.seed + number
        return Terms(max(self.n_predict or 0, 0), (self.t_max_predict_ms or 0) / 1000, fields)

    def snippets(self) -> list[Snippet] | None:
        """None where the client sends none."""
        found = [
            # Where in its file a piece stands is not known; its number keeps the order.
            Snippet(
                PurePath(extra.filename).as_posix().lstrip("/") if extra.filename else "other",
                *(number, number, extra.text),
                SnippetKind.OPEN,
                float(number),
                "sent by the editor",
            )
            for number, extra in enumerate(self.input_extra or ())
        ]
        return found or None
