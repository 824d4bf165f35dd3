"""One file a backend: how one kind of model server is started. A new one is found by being here."""

from __future__ import annotations

from assistant.engines.protocol import Backend
from assistant.errors import EngineUnavailable
from assistant.registry import Registry
from assistant.settings import EngineSettings

BACKENDS: Registry[Backend] = Registry("assistant.engines.backends", "BACKEND")


def choose(settings: EngineSettings) -> Backend:
    """The backend that ``settings.backend`` names, or the best that this machine can run; for
    several replicas, what runs them behind a router.

    Raises EngineUnavailable with what each one lacks.
    """
    from assistant.engines.replication.launch import Replicated

    one = _single(settings)
    if settings.replicas == 1:
        return one
    many = Replicated(one, settings.replicas)
    if missing := many.unavailable():
        raise EngineUnavailable(f"{settings.replicas} replicas cannot run here: {missing}")
    return many


def _single(settings: EngineSettings) -> Backend:
    if settings.backend != "auto":
        backend = BACKENDS.get(settings.backend)
        missing = backend.unavailable()
        if missing:
            raise EngineUnavailable(f"the engine {backend.name} cannot run here: {missing}")
        return backend
    lacks: list[str] = []
    for backend in sorted((b for b in BACKENDS if b.rank >= 0), key=lambda b: b.rank):
        missing = backend.unavailable()
        if not missing:
            return backend
        lacks.append(f"{backend.name}: {missing}")
    raise EngineUnavailable(
        f"no engine can run here ({'; '.join(lacks)}), or set engine.url to a server that runs"
    )
