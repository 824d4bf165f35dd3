"""What OpenAI's clients send. Unknown fields pass: they are for the engine."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from assistant.gateway.errors import BadRequest
from assistant.gateway.numbers import MANY, MESSAGES, Choices, Count, Integer, Tokens
from assistant.gateway.segments import SegmentsBody, asks


class _Body(BaseModel):
    """Unknown fields pass."""

    model_config = ConfigDict(extra="allow", strict=True)

    model: str = Field("", description="A name that /v1/models lists; the main one if empty.")
    stream: bool | None = False
    stream_options: dict[str, Any] | None = None
    max_tokens: Count | None = None
    max_completion_tokens: Count | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    n: Choices | None = None
    best_of: Choices | None = None
    stop: str | Annotated[list[str], Field(max_length=MANY, fail_fast=True)] | None = None
    seed: Integer | None = None
    user: str | None = None

    def payload(self) -> dict[str, Any]:
        """What was sent, without what was not."""
        return self.model_dump(exclude_unset=True)

    def check(self, most: int, prompts: int = 1) -> None:
        """Raises BadRequest where more than ``most`` answers are asked for."""
        each = max(self.n or 1, self.best_of or 1)
        if prompts * each > most:
            raise BadRequest(
                f"prompts times n (or best_of) are {prompts * each} answers, and one request may "
                f"ask for {most} (gateway.max_choices)",
                code="too_many_choices",
            )


def _form(prompt: Any) -> str:
    """By the first element: to try each form on all of a long list takes four times as long."""
    if not isinstance(prompt, list):
        return "text"
    first = prompt[0] if prompt else 0
    return "texts" if isinstance(first, str) else "lists" if isinstance(first, list) else "tokens"


Prompt = Annotated[
    Annotated[str, Tag("text")]
    | Annotated[Tokens, Tag("tokens")]
    | Annotated[list[str], Field(min_length=1, fail_fast=True), Tag("texts")]
    | Annotated[list[Tokens], Field(min_length=1, fail_fast=True), Tag("lists")],
    Discriminator(_form),
]


class CompletionBody(_Body):
    """``POST /v1/completions``."""

    prompt: Prompt
    suffix: str | None = Field(
        None, description="Text after the hole: the prompt becomes the model's own FIM prompt."
    )

    @property
    def prompts(self) -> int:
        """How many there are; one list of token ids is one prompt."""
        many = isinstance(self.prompt, list) and not isinstance(self.prompt[0], int)
        return len(self.prompt) if many else 1

    @property
    def prefix(self) -> str:
        """The text before the hole. Raises BadRequest for several texts, or tokens."""
        match self.prompt:
            case str(text) | [str(text)]:
                return text
        raise BadRequest("suffix: the prompt beside it must be one text")


CompletionsBody = Annotated[
    Annotated[CompletionBody, Tag("openai")] | Annotated[SegmentsBody, Tag("tabby")],
    Discriminator(lambda body: "tabby" if asks(body) else "openai"),
]
"""Two dialects have one path: Tabby's bodies have ``segments`` and no ``prompt``."""


class MessageBody(BaseModel):
    """One message; further fields pass."""

    model_config = ConfigDict(extra="allow", strict=True)

    role: str
    content: (
        str | Annotated[list[dict[str, Any]], Field(max_length=MANY, fail_fast=True)] | None
    ) = None


class ChatBody(_Body):
    """``POST /v1/chat/completions``."""

    messages: Annotated[list[MessageBody], Field(min_length=1, max_length=MESSAGES, fail_fast=True)]
