"""Routes for whoever runs the gateway: which adapters it serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from assistant.gateway.access import needs
from assistant.gateway.bindings import AdapterConflict
from assistant.gateway.call import Call
from assistant.gateway.errors import Refusal

if TYPE_CHECKING:
    from assistant.gateway.gateway import Gateway
    from assistant.gateway.pool import Engine


class UnknownEngine(Refusal):
    status = 404
    code = "engine_not_found"


class AdapterBody(BaseModel):
    """``POST /admin/adapters``."""

    model_config = ConfigDict(extra="forbid")

    engine: str = Field(description="The engine's name in the settings, `main` for [engine].")
    name: str = Field(description="What requests call it; a new one for every version.")
    # No file has a name with a zero byte, nor with half a surrogate pair, which no pattern takes.
    path: str = Field(
        pattern=r"^[^\x00]+$", description="The adapter's folder, on the engine's machine."
    )


def router(gateway: Gateway) -> APIRouter:
    routes = APIRouter(prefix="/admin", tags=["Admin"])

    @routes.get("/adapters")
    async def listed(call: Annotated[Call, needs("admin")]) -> dict[str, Any]:
        """Every adapter of every engine, and why one is not served."""
        engines = gateway.pool.engines.values()
        return {"adapters": [entry for engine in engines for entry in _of(engine)]}

    @routes.post("/adapters")
    async def add(body: AdapterBody, call: Annotated[Call, needs("admin")]) -> dict[str, Any]:
        """Load an adapter into the running engine; it is loaded again whenever that starts."""
        engine = _engine(gateway, body.engine)
        for other in gateway.pool.engines.values():
            own = set(other.models) - set(engine.adapters.wanted if other is engine else ())
            if body.name in own:
                raise AdapterConflict(f"{body.name} is a name of the engine {other.name}")
        await engine.adapters.add(await engine.ready(), body.name, body.path)
        return {"engine": engine.name, "name": body.name, "path": body.path}

    @routes.delete("/adapters")
    async def remove(
        engine: str, name: str, call: Annotated[Call, needs("admin")]
    ) -> dict[str, Any]:
        """Serve an adapter no longer. Its name stays its own: a new version takes another."""
        found = _engine(gateway, engine)
        await found.adapters.remove(found.endpoint, name)
        return {"engine": engine, "name": name}

    return routes


def _engine(gateway: Gateway, name: str) -> Engine:
    engines = gateway.pool.engines
    if name not in engines:
        raise UnknownEngine(f"no engine is called {name!r}: there are {', '.join(engines)}")
    return engines[name]


def _of(engine: Engine) -> list[dict[str, Any]]:
    adapters = engine.adapters
    return [
        {
            "engine": engine.name,
            "name": name,
            "path": path,
            "served": engine.endpoint is not None and name not in adapters.failed,
            "error": adapters.failed.get(name, ""),
        }
        for name, path in adapters.wanted.items()
    ]
