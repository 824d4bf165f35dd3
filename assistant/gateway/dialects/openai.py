"""OpenAI's API: models, completions, chat completions.

What the bodies say beyond the fields below goes to the engine as it is: tool calls,
``response_format``, vLLM's own extensions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Discriminator, FailFast, Field, Tag

from assistant.completion.completer import relative
from assistant.gateway.access import needs, place_of, work_of
from assistant.gateway.call import Call, call_of
from assistant.gateway.dialects import tabby
from assistant.gateway.errors import BadRequest, Refusal
from assistant.gateway.fim import infilling
from assistant.gateway.numbers import Choices, Count, Integer, Tokens
from assistant.gateway.pool import Engine
from assistant.gateway.relay import openai_error
from assistant.gateway.segments import SegmentsBody, asks
from assistant.gateway.weighing import raw, weighed
from assistant.gateway.work import Kind
from assistant.gateway.yielding import relay_of

if TYPE_CHECKING:
    from assistant.gateway.gateway import Gateway

DEFAULT_TOKENS = 16
"""What OpenAI's completions answer without ``max_tokens``."""


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
    stop: str | Annotated[list[str], FailFast()] | None = None
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
    | Annotated[list[str], Field(min_length=1), FailFast(), Tag("texts")]
    | Annotated[list[Tokens], Field(min_length=1), FailFast(), Tag("lists")],
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
    content: str | Annotated[list[dict[str, Any]], FailFast()] | None = None


class ChatBody(_Body):
    """``POST /v1/chat/completions``."""

    messages: Annotated[list[MessageBody], Field(min_length=1), FailFast()]


class OpenAI:
    name = "openai"
    paths = frozenset({"/v1/models", "/v1/completions", "/v1/chat/completions"})

    def router(self, gateway: Gateway) -> APIRouter:
        router = APIRouter(tags=["OpenAI"])
        most = gateway.settings.gateway.max_choices

        @router.get("/v1/models")
        async def models(call: Annotated[Call, needs("complete")]) -> dict[str, Any]:
            """Every model and adapter that can be named."""
            return {"object": "list", "data": _listed(gateway)}

        spoken = [Depends(_spoken), weighed(gateway)]

        @router.post(
            "/v1/completions", response_class=Response, responses=_STREAMS, dependencies=spoken
        )
        async def completions(
            body: CompletionsBody, request: Request, call: Annotated[Call, needs("complete")]
        ) -> Any:
            """Text that goes on; with ``suffix``, or Tabby's ``segments``, text for the hole
            between."""
            if isinstance(body, SegmentsBody):
                return await tabby.complete(gateway, body, request, call)
            body.check(most, body.prompts)
            engine = gateway.pool.find(body.model)
            work = work_of(request, call, Kind.INLINE)
            payload = body.payload()
            payload.setdefault("model", body.model)
            suffix = payload.pop("suffix", None)
            if suffix is not None:
                await _fill(gateway, engine, request, body.prefix, suffix, payload)
            _note(call, engine, body.model)
            return relay_of(work)(gateway, engine, "completions", payload, work, call)

        @router.post(
            "/v1/chat/completions",
            response_class=Response,
            responses=_STREAMS,
            dependencies=[weighed(gateway)],
        )
        async def chat(
            body: ChatBody, request: Request, call: Annotated[Call, needs("chat")]
        ) -> Any:
            """The assistant's next message."""
            body.check(most)
            engine = gateway.pool.find(body.model)
            work = work_of(request, call, Kind.CHAT)
            payload = body.payload()
            payload.setdefault("model", body.model)
            _note(call, engine, body.model)
            return relay_of(work)(gateway, engine, "chat/completions", payload, work, call)

        return router

    def error(self, refusal: Refusal) -> dict[str, Any]:
        return openai_error(refusal)


_STREAMS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The engine's answer; events where `stream` is true.",
        "content": {"application/json": {}, "text/event-stream": {}},
    }
}


async def _spoken(request: Request) -> None:
    """Note whose clients' shape an error must have, before there can be one."""
    if asks(await raw(request)):
        call_of(request).dialect = tabby.DIALECT.name


def _note(call: Call, engine: Engine, model: str) -> None:
    call.engine, call.model = engine.name, model or engine.models[0]


async def _fill(
    gateway: Gateway,
    engine: Engine,
    request: Request,
    prefix: str,
    suffix: str,
    payload: dict[str, Any],
) -> None:
    endpoint = await engine.ready()
    tokens = payload.get("max_tokens") or DEFAULT_TOKENS
    place = place_of(gateway, request)
    asked = await gateway.inline.request(place, prefix, suffix)
    snippets = await gateway.inline.snippets(engine, asked)
    path = relative(place.path, place.root)
    prompt = await infilling(engine, endpoint, prefix, suffix, tokens, path, snippets)
    content = prompt.content
    payload["prompt"] = content if isinstance(content, str) else list(content)
    if endpoint.constraints and prompt.stop_token_ids:
        payload.setdefault("stop_token_ids", list(prompt.stop_token_ids))
    elif "stop" not in payload:
        payload["stop"] = list(prompt.stop)[:4]


def _listed(gateway: Gateway) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for engine in gateway.pool.engines.values():
        endpoint = engine.endpoint
        own = {
            "id": engine.models[0],
            "object": "model",
            "created": 0,
            # By this name clients of ours know that the server takes vLLM's extensions.
            "owned_by": "vllm" if endpoint is None or endpoint.constraints else "engine",
            "max_model_len": engine.served.max_model_len,
        }
        if endpoint is not None and endpoint.tokenizer is not None and not gateway.remote:
            own["root"] = str(endpoint.tokenizer.parent)
        found.append(own)
        found += [{**own, "id": name, "parent": own["id"]} for name in engine.served.adapters]
    return found


DIALECT = OpenAI()
