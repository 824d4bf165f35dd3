"""llama.cpp's ``/infill``, as llama.vscode and llama.vim ask it.

The text is the product's: it is decided on as a whole, so a stream brings it in one piece.
What these clients say of sampling and of slots is llama.cpp's own and is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from assistant.gateway.access import needs, place_of, work_of
from assistant.gateway.call import Call
from assistant.gateway.errors import Refusal
from assistant.gateway.inline import left
from assistant.gateway.insertion import insertion
from assistant.gateway.numbers import CountOrNone, Integer, Natural, NaturalOrNone
from assistant.gateway.relay import ClientGone, until_gone
from assistant.gateway.work import Kind
from assistant.types import Completion, Snippet, SnippetKind, Terms

if TYPE_CHECKING:
    from assistant.gateway.engine import Engine
    from assistant.gateway.gateway import Gateway


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
    input_extra: list[ExtraBody] | None = Field(
        None, description="Pieces of other files, the newest last; empty for the gateway's own."
    )
    n_predict: CountOrNone | None = Field(None, description="Most tokens; 0 only reads the prompt.")
    t_max_predict_ms: Natural | None = Field(
        None, description="Time to generate in, once there is a whole line."
    )
    temperature: float | None = Field(None, ge=0, le=2)
    seed: NaturalOrNone | None = Field(None, description="-1 for none.")
    stop: list[str] | None = None
    stream: bool | None = False
    response_fields: list[str] | None = Field(
        None, description="Only these, by their paths, such as `timings/prompt_n`."
    )
    id_slot: Integer | None = None
    model: str = ""

    def terms(self) -> Terms:
        fields: dict[str, Any] = {}
        if self.temperature is not None:
            fields["temperature"] = self.temperature
        if self.seed is not None and self.seed >= 0:
            fields["seed"] = self.seed
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


class LlamaCpp:
    name = "llamacpp"
    paths = frozenset({"/infill"})

    def router(self, gateway: Gateway) -> APIRouter:
        router = APIRouter(tags=["llama.cpp"])

        @router.post("/infill", response_class=Response, responses=_ANSWERS)
        async def infill(
            body: InfillBody, request: Request, call: Annotated[Call, needs("complete")]
        ) -> Response:
            """Text for the hole between; with `n_predict` 0 the engine only reads the prompt,
            in a pause of other work."""
            engine = gateway.pool.find(body.model)
            call.engine, call.model = engine.name, body.model or engine.models[0]
            warms = body.n_predict == 0
            work = work_of(request, call, Kind.BATCH if warms else Kind.INLINE)
            place = place_of(gateway, request)
            prefix = body.input_prefix + body.prompt
            asked = await gateway.inline.request(
                place, prefix, body.input_suffix, snippets=body.snippets(), terms=body.terms()
            )
            does = gateway.inline.warm if warms else gateway.inline.complete
            try:
                done = await until_gone(request.receive, does(engine, asked, work, call))
            except ClientGone:
                return left(call)
            text = "" if warms or done is None else insertion(done, asked.document.text)
            return _answered(_answer(engine, body, done, text), body)

        return router

    def error(self, refusal: Refusal) -> dict[str, Any]:
        kind = _TYPES.get(refusal.status, "server_error" if refusal.status >= 500 else "")
        return {
            "error": {
                "code": refusal.status,
                "message": str(refusal),
                "type": kind or "invalid_request_error",
            }
        }


_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "unavailable_error",
    501: "not_supported_error",
    503: "unavailable_error",
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The text and what it took; events where `stream` is true.",
        "content": {"application/json": {}, "text/event-stream": {}},
    }
}


def _answer(engine: Engine, body: InfillBody, done: Completion | None, text: str) -> dict[str, Any]:
    for stop in body.stop or ():
        text = text.partition(stop)[0] if stop else text
    done = done or Completion("", 0, 0)
    timings = done.timings
    read = max(done.prompt_tokens - done.cached_tokens, 0)
    read_ms = max(timings.first_token - timings.context, 0.0) if timings.first_token else 0.0
    wrote_ms = max(timings.total - timings.first_token, 0.0) if timings.first_token else 0.0
    settings = engine.settings.completion
    return {
        "index": 0,
        "content": text,
        "tokens": [],
        "id_slot": -1 if body.id_slot is None else body.id_slot,
        "stop": True,
        "model": done.model or engine.models[0],
        "tokens_predicted": done.generated_tokens,
        "tokens_evaluated": done.prompt_tokens,
        "generation_settings": {
            "n_ctx": engine.served.max_model_len,
            "n_predict": -1 if body.n_predict is None else body.n_predict,
            "temperature": settings.temperature if body.temperature is None else body.temperature,
            "stream": bool(body.stream),
        },
        "has_new_line": "\n" in text,
        "truncated": False,
        "stop_type": "eos",
        "stopping_word": "",
        "tokens_cached": done.cached_tokens,
        "timings": {
            **_rate("prompt", read, read_ms),
            **_rate("predicted", done.generated_tokens, wrote_ms),
        },
    }


def _rate(name: str, tokens: int, ms: float) -> dict[str, float]:
    return {
        f"{name}_n": tokens,
        f"{name}_ms": round(ms, 3),
        f"{name}_per_token_ms": round(ms / tokens, 3) if tokens else 0.0,
        f"{name}_per_second": round(tokens / ms * 1000, 3) if ms else 0.0,
    }


def _answered(answer: dict[str, Any], body: InfillBody) -> Response:
    if body.stream:
        return StreamingResponse(_events(answer, body), media_type="text/event-stream")
    return JSONResponse(_chosen(answer, body))


def _events(answer: dict[str, Any], body: InfillBody) -> Iterator[str]:
    head = {name: answer[name] for name in ("index", "content", "tokens", "id_slot")}
    counts = {name: answer[name] for name in ("tokens_predicted", "tokens_evaluated")}
    for event in ({**head, "stop": False, **counts}, _chosen({**answer, "content": ""}, body)):
        yield f"data: {json.dumps(event)}\n\n"


def _chosen(answer: dict[str, Any], body: InfillBody) -> dict[str, Any]:
    """The fields that the client asked for, under the paths by which it did."""
    if not body.response_fields:
        return answer
    found: dict[str, Any] = {}
    for path in body.response_fields:
        value: Any = answer
        for part in path.split("/"):
            value = value.get(part, _NONE) if isinstance(value, dict) else _NONE
        if value is not _NONE:
            found[path] = value
    return found


_NONE = object()


DIALECT = LlamaCpp()
