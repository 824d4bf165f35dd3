"""The ASGI application: every dialect's routes, health, and errors in the right shape."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeGuard

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route

from assistant import __version__
from assistant.errors import AssistantError
from assistant.gateway.admin import router as admin
from assistant.gateway.call import call_of
from assistant.gateway.dialects import dialects
from assistant.gateway.errors import BadRequest, Refusal, TooLarge
from assistant.gateway.front import Front, broken
from assistant.gateway.gateway import Gateway
from assistant.gateway.watching import router as watching

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Scope


def build(gateway: Gateway) -> ASGIApp:
    """The application of ``gateway``, whose engines it starts and stops."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        await gateway.start()
        try:
            yield
        finally:
            await gateway.close()

    app = FastAPI(
        title="repo-assistant",
        version=__version__,
        lifespan=life,
        # Their pages load scripts from elsewhere; the document itself is at /openapi.json.
        docs_url=None,
        redoc_url=None,
        responses={code: {"description": why, "content": _ERROR} for code, why in _FAULTS.items()},
    )
    for dialect in dialects():
        app.include_router(dialect.router(gateway))
    app.include_router(watching(gateway))
    app.include_router(admin(gateway))
    _health(app, gateway)
    gateway.metrics.paths = frozenset(getattr(route, "path", "") for route in app.routes)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(AssistantError, _known)
    app.add_exception_handler(Exception, _unknown)
    return Front(app, gateway, _refuse)


_ERROR: dict[str, Any] = {"application/json": {"schema": {"type": "object"}}}
_FAULTS: dict[int | str, str] = {
    400: "The request is wrong.",
    401: "A key is needed.",
    403: "The key may not do this.",
    404: "There is no such model.",
    409: "A newer request took its place.",
    413: "The body is too large.",
    422: "The request is wrong.",
    429: "A limit of this key is reached.",
    500: "The gateway failed.",
    502: "The engine failed.",
    503: "The engine is not ready, or there is too much work.",
}


def _health(app: FastAPI, gateway: Gateway) -> None:
    @app.get("/health", tags=["Health"])
    async def health() -> dict[str, str]:
        """200 while this process serves, whatever its engines do."""
        return {"status": "ok"}

    @app.get("/ready", tags=["Health"])
    async def ready(response: Response) -> dict[str, Any]:
        """200 when the main engine answers and nothing is shutting down, else 503."""
        engines = {name: engine.link.state for name, engine in gateway.pool.engines.items()}
        main = next(iter(gateway.pool.engines.values()))
        if gateway.draining or main.endpoint is None:
            response.status_code = 503
        return {"ready": response.status_code != 503, "engines": engines}


def _refuse(scope: Scope, refusal: Refusal) -> JSONResponse:
    """The answer to a request that is refused, in its dialect's shape."""
    path, spoken = scope.get("path", ""), scope["state"]["call"].dialect
    by_path = (d for d in dialects() if path in d.paths)
    found = dialects().get(spoken) if spoken else next(by_path, dialects().get("openai"))
    # Rounded up: a client that comes as early as it may must not be too early.
    headers = {"Retry-After": str(math.ceil(refusal.retry_after))} if refusal.retry_after else {}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(found.error(refusal), refusal.status, headers)


def _respond(request: Request, refusal: Refusal) -> Response:
    call_of(request).outcome = refusal.code or "refused"
    return _refuse(request.scope, refusal)


async def _known(request: Request, error: Exception) -> Response:
    refusal = error if isinstance(error, Refusal) else BadRequest(str(error))
    return _respond(request, refusal)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = []
    for fault in error.errors()[:5]:
        place = ".".join(str(part) for part in fault["loc"] if part != "body")
        faults.append(f"{place}: {fault['msg']}" if place else str(fault["msg"]))
    return _respond(request, BadRequest("; ".join(faults), code="invalid_body"))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refusal: Refusal = BadRequest(str(error.detail))
    if error.status_code == 413:
        refusal = TooLarge(str(error.detail))
    refusal.status = error.status_code
    response = _respond(request, refusal)
    response.headers.update(error.headers or {})
    if error.status_code == 405:
        # Each method of a path is a route of its own here; the header is about the path.
        allowed = {m for r in request.app.routes if _serves(r, request) for m in r.methods or ()}
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _serves(route: BaseRoute, request: Request) -> TypeGuard[Route]:
    return isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE


async def _unknown(request: Request, error: Exception) -> Response:
    return _respond(request, broken(call_of(request), error))
