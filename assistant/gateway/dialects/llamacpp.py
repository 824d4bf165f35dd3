"""llama.cpp's ``/infill``, as llama.vscode and llama.vim ask it.

The text is the product's: where it ends and what is cut is decided on the whole of it, so a
stream brings it in one piece. Of several answers (``n_cmpl``; llama.vscode asks for three) the
first is the one that is given alone, the others are drawn at random; some may be equal.
What these clients say of samplers and of slots is llama.cpp's own and is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from assistant.gateway.access import OF_PLACE, OF_WORK, needs, place_of, work_of
from assistant.gateway.call import Call
from assistant.gateway.errors import BadRequest, Refusal
from assistant.gateway.infill import DRAWN, InfillBody
from assistant.gateway.inline import left
from assistant.gateway.insertion import insertion
from assistant.gateway.relay import ClientGone, until_gone
from assistant.gateway.weighing import weighed
from assistant.gateway.work import Kind
from assistant.types import Completion, Terms

if TYPE_CHECKING:
    from assistant.gateway.engine import Engine
    from assistant.gateway.gateway import Gateway


class LlamaCpp:
    name = "llamacpp"
    paths = frozenset({"/infill"})

    def router(self, gateway: Gateway) -> APIRouter:
        router = APIRouter(tags=["llama.cpp"])

        most = gateway.settings.gateway.max_choices
        bounds = [weighed(gateway), OF_WORK, OF_PLACE]

        @router.post("/infill", response_class=Response, responses=_ANSWERS, dependencies=bounds)
        async def infill(
            body: InfillBody, request: Request, call: Annotated[Call, needs("complete")]
        ) -> Response:
            """Text for the hole between; with `n_predict` 0 the engine only reads the prompt,
            in a pause of other work."""
            if (count := body.n_cmpl or 1) > most:
                raise BadRequest(f"n_cmpl: one request may have {most} (gateway.max_choices)")
            engine = gateway.pool.find(body.model)
            call.engine, call.model = engine.name, body.model or engine.models[0]
            warms = body.n_predict == 0
            work = work_of(request, call, Kind.BATCH if warms else Kind.INLINE)
            place = place_of(gateway, request)
            prefix = body.input_prefix + body.prompt
            asked = await gateway.inline.request(
                place, prefix, body.input_suffix, snippets=body.snippets(), terms=body.terms()
            )
            try:
                if warms:
                    read = gateway.inline.warm(engine, asked, work, call)
                    given = [await until_gone(request.receive, read)] * count
                else:
                    several = [replace(asked, terms=_terms(engine, body, n)) for n in range(count)]
                    answers = gateway.inline.several(engine, several, work, call)
                    given = list(await until_gone(request.receive, answers))
            except ClientGone:
                return left(call)
            shaped = []
            for number, one in enumerate(given):
                text = "" if warms or one is None else insertion(one, asked.document.text)
                shaped.append(_answer(engine, body, one, text, number))
            return _answered(shaped, body)

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


def _terms(engine: Engine, body: InfillBody, number: int) -> Terms:
    return body.terms(number, engine.settings.completion.temperature or DRAWN)


def _answer(
    engine: Engine, body: InfillBody, done: Completion | None, text: str, number: int
) -> dict[str, Any]:
    for stop in body.stop or ():
        text = text.partition(stop)[0] if stop else text
    done = done or Completion("", 0, 0)
    timings = done.timings
    read = max(done.prompt_tokens - done.cached_tokens, 0)
    read_ms = max(timings.first_token - timings.context, 0.0) if timings.first_token else 0.0
    wrote_ms = max(timings.total - timings.first_token, 0.0) if timings.first_token else 0.0
    fields = _terms(engine, body, number).fields
    return {
        "index": number,
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
            "temperature": fields.get("temperature", engine.settings.completion.temperature),
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


def _answered(answers: list[dict[str, Any]], body: InfillBody) -> Response:
    if body.stream:
        return StreamingResponse(_events(answers, body), media_type="text/event-stream")
    chosen = [_chosen(answer, body) for answer in answers]
    return JSONResponse(chosen if len(chosen) > 1 else chosen[0])


def _events(answers: list[dict[str, Any]], body: InfillBody) -> Iterator[str]:
    for answer in answers:
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
