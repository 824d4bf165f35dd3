"""Tabby's API: completions with ``segments``, what became of them, and what its clients ask first.

The path of completions is OpenAI's, whose dialect has the route and calls :func:`complete`.
Chat is OpenAI's altogether.
"""

from __future__ import annotations

import os
import platform
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from assistant import __version__
from assistant.gateway.access import needs, place_of, work_of
from assistant.gateway.call import Call
from assistant.gateway.errors import BadRequest, Refusal
from assistant.gateway.inline import left
from assistant.gateway.numbers import Natural
from assistant.gateway.relay import ClientGone, until_gone
from assistant.gateway.segments import DebugOptions, Segments, SegmentsBody, TabbyBody
from assistant.gateway.work import Kind

if TYPE_CHECKING:
    from assistant.gateway.engine import Engine
    from assistant.gateway.gateway import Gateway

SPEAKS = "v0.32.0"
"""Tabby's version whose API this is: its clients leave out what an older server lacks."""
RAW_TOKENS = 64
"""Most tokens of the answer to a prompt that a client wrote itself; Tabby's own default."""


class EventBody(TabbyBody):
    """``POST /v1/events``: what became of a completion."""

    type: Literal["view", "select", "dismiss"]
    completion_id: str
    choice_index: Natural
    view_id: str | None = None
    elapsed: Natural | None = None


class Tabby:
    name = "tabby"
    paths = frozenset({"/v1/events", "/v1/health", "/v1beta/server_setting"})

    def router(self, gateway: Gateway) -> APIRouter:
        router = APIRouter(tags=["Tabby"])

        @router.post("/v1/health")
        @router.get("/v1/health")
        async def health(call: Annotated[Call, needs("complete")]) -> dict[str, Any]:
            """The models that complete and chat, and the machine."""
            return _health(gateway)

        @router.get("/v1beta/server_setting")
        async def setting(call: Annotated[Call, needs("complete")]) -> dict[str, Any]:
            """What this server asks of its clients: to send nothing of their use elsewhere."""
            return {"disable_client_side_telemetry": True}

        @router.post("/v1/events", response_class=Response, responses=_TAKEN)
        async def events(
            body: EventBody,
            call: Annotated[Call, needs("complete")],
            select_kind: Annotated[str | None, Query(description="`line` for a part.")] = None,
        ) -> Response:
            """What became of a completion: counted, and nothing of it is kept."""
            gateway.metrics.completion_event(body.type)
            return Response()

        return router

    def error(self, refusal: Refusal) -> dict[str, Any]:
        return {"error": str(refusal)}


_TAKEN: dict[int | str, dict[str, Any]] = {200: {"description": "It was counted."}}


async def complete(gateway: Gateway, body: SegmentsBody, request: Request, call: Call) -> Response:
    """The answer to ``POST /v1/completions``. Raises Refusal."""
    engine = gateway.pool.find(body.model)
    call.engine, call.model = engine.name, body.model or engine.models[0]
    raw = body.debug_options is not None and body.debug_options.raw_prompt is not None
    answers = _raw if raw else _filled
    try:
        text, debug = await until_gone(
            request.receive, answers(gateway, engine, body, request, call)
        )
    except ClientGone:
        return left(call)
    answer = {
        "id": f"cmpl-{call.id}",
        "choices": [{"index": 0, "text": text}],
        "mode": "standard",
    }
    return JSONResponse({**answer, "debug_data": debug} if debug else answer)


async def _filled(
    gateway: Gateway, engine: Engine, body: SegmentsBody, request: Request, call: Call
) -> tuple[str, dict[str, Any]]:
    """The text, and what the client asked to be shown of how it came about."""
    segments, options = body.segments, body.debug_options or DebugOptions()
    if segments is None:
        raise BadRequest("segments: say what stands before and behind the cursor")
    language = body.language or ""
    named, url = segments.filepath or "", segments.git_url or ""
    place = place_of(gateway, request, named, language, url)
    snippets = None if not (own := list(segments.snippets())) else own
    if options.disable_retrieval_augmented_code_completion:
        snippets = []
    asked = await gateway.inline.request(
        place, segments.prefix, segments.suffix or "", language, snippets, body.terms()
    )
    work = work_of(request, call, Kind.INLINE, _document(segments, body.user))
    done = await gateway.inline.complete(engine, asked, work, call)
    debug: dict[str, Any] = {}
    if options.return_snippets:
        debug["snippets"] = [
            {"filepath": s.path, "body": s.text, "score": s.score} for s in done.snippets
        ]
    if options.return_prompt:
        debug["prompt"] = await gateway.inline.prompt(engine, asked)
    return done.text, debug


async def _raw(
    gateway: Gateway, engine: Engine, body: SegmentsBody, request: Request, call: Call
) -> tuple[str, dict[str, Any]]:
    """The engine's own answer to a prompt that the client wrote."""
    options = body.debug_options or DebugOptions()
    prompt = options.raw_prompt or ""
    work = work_of(request, call, Kind.INLINE)
    text = await gateway.inline.raw(engine, prompt, body.terms(RAW_TOKENS), work, call)
    return text, {"prompt": prompt} if options.return_prompt else {}


def _document(segments: Segments, user: str | None) -> str:
    """Which document of its machine a completion is for; empty where that is not certain. Two
    clones of a repository have the same relative paths, so such a path needs a user beside it."""
    named = segments.filepath or ""
    if named.startswith("file://") or PurePosixPath(named).is_absolute():
        return named
    if PureWindowsPath(named).is_absolute():
        return named
    return f"{user}\n{segments.git_url}\n{named}" if named and user else ""


def _health(gateway: Gateway) -> dict[str, Any]:
    engine = gateway.pool.find("")
    model, endpoint = engine.models[0], engine.endpoint
    device = "cuda" if endpoint is not None and "cuda" in endpoint.engine else "cpu"
    local = {"local": {"model_id": model, "device": device}}
    return {
        "model": model,
        "chat_model": model,
        "chat_device": device,
        "device": device,
        "cuda_devices": [],
        "models": {"completion": local, "chat": local, "embedding": local},
        "arch": platform.machine(),
        "cpu_info": platform.processor() or platform.machine(),
        "cpu_count": os.cpu_count() or 1,
        "version": {
            "build_date": "",
            "build_timestamp": "",
            "git_sha": __version__,
            "git_describe": SPEAKS,
        },
    }


DIALECT = Tabby()
