"""OpenAI's API: models, completions, chat completions.

What the bodies say beyond the fields below goes to the engine as it is: tool calls,
``response_format``, vLLM's own extensions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from assistant.completion.completer import relative
from assistant.gateway.access import OF_PLACE, OF_WORK, needs, place_of, work_of
from assistant.gateway.bodies import ChatBody, CompletionsBody
from assistant.gateway.call import Call, call_of
from assistant.gateway.dialects import tabby
from assistant.gateway.errors import Refusal
from assistant.gateway.fim import infilling
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

        spoken = [Depends(_spoken), weighed(gateway), OF_WORK, OF_PLACE]

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
            dependencies=[weighed(gateway), OF_WORK],
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
