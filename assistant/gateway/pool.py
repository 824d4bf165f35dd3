"""The engines behind the gateway: which there are, which answers now, who serves what.

Each is held through :class:`assistant.engines.link.EngineLink`, so an engine that editors
share with this machine's gateway is one process, and one that dies comes back.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from assistant.config import DEFAULT_ENGINE
from assistant.engines.link import EngineLink
from assistant.engines.protocol import Endpoint, Progress
from assistant.errors import ConfigError
from assistant.gateway.errors import EngineDown, UnknownModel
from assistant.gateway.scheduler import Scheduler, Turn
from assistant.gateway.work import Work
from assistant.settings import EngineSettings, ServedSettings, Settings

logger = logging.getLogger(__name__)

RESTART_EVERY = 60.0
"""Seconds between two restarts of an engine that has hung."""
AGAIN = 5.0
"""Seconds that a client is told to wait for an engine that starts."""


@dataclass(slots=True)
class Engine:
    """One configured engine. ``served`` is what it is configured as."""

    name: str
    served: ServedSettings
    settings: Settings
    scheduler: Scheduler
    link: EngineLink = field(init=False)
    observe: Callable[[Progress], None] = lambda step: None
    detail: str = ""
    used: float = field(default_factory=time.monotonic)
    active: int = 0
    _restarted: float = -RESTART_EVERY
    _restart: asyncio.Future[None] | None = None

    def __post_init__(self) -> None:
        self.link = EngineLink(self._endpoint, self._step, self._failed)

    @property
    def endpoint(self) -> Endpoint | None:
        return self.link.endpoint

    @property
    def models(self) -> tuple[str, ...]:
        """Names that a request may call it by, the served model's own first."""
        endpoint = self.endpoint
        own = endpoint.model if endpoint else self.served.model
        return tuple(dict.fromkeys((own, self.served.model, self.name, *self.served.adapters)))

    def start(self) -> None:
        self.link.start(self.settings)

    async def ready(self, patience: float = 0.0) -> Endpoint:
        """The endpoint that answers now, waiting at most ``patience`` seconds. Raises
        EngineDown with what it is doing instead."""
        self.used = time.monotonic()
        if self.link.state == "stopped":
            self.start()
        self.link.nudge()
        deadline = time.monotonic() + patience
        while self.endpoint is None:
            if self.link.state == "failed" or time.monotonic() >= deadline:
                words = self.link.detail or self.link.state
                raise EngineDown(f"the engine {self.name} is not ready: {words}", retry_after=AGAIN)
            await asyncio.sleep(0.05)
        return self.endpoint

    @asynccontextmanager
    async def turn(self, work: Work) -> AsyncIterator[Turn]:
        """A slot of its device for ``work``. Raises Busy or Superseded."""
        self.active += 1
        try:
            async with self.scheduler.turn(work) as turn:
                yield turn
        finally:
            self.active -= 1
            self.used = time.monotonic()

    def hung(self) -> None:
        """It said nothing for too long: have it started anew, at most once a minute."""
        if time.monotonic() - self._restarted < RESTART_EVERY:
            return
        self._restarted = time.monotonic()
        logger.warning("engine %s hangs: restarting it", self.name)
        self._restart = asyncio.ensure_future(self.link.restart())

    def _endpoint(self, endpoint: Endpoint | None) -> None:
        if endpoint is not None:
            self.detail = ""

    def _step(self, progress: Progress) -> None:
        self.detail = progress.detail
        self.observe(progress)
        logger.info("engine %s: %s: %s", self.name, progress.stage, progress.detail)

    def _failed(self, why: str) -> None:
        self.detail = why


class Pool:
    """All of them, and a scheduler for each device."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.schedulers: dict[str, Scheduler] = {}
        self.engines: dict[str, Engine] = {}
        for name, served in configured(settings).items():
            scheduler = self.schedulers.setdefault(served.device, Scheduler.of(settings.gateway))
            own = settings.model_copy(update={"engine": _plain(served)})
            self.engines[name] = Engine(name, served, own, scheduler)

    async def start(self) -> None:
        """Have every engine started; returns at once. Raises ConfigError for a plan that does
        not fit its devices."""
        check_memory(self.settings)
        for engine in self.engines.values():
            engine.start()
        self._idle = asyncio.create_task(self._unload_idle())

    async def close(self) -> None:
        self._idle.cancel()
        await asyncio.gather(*(engine.link.stop() for engine in self.engines.values()))

    def find(self, model: str, serves: str = "text") -> Engine:
        """The engine that serves ``model``; the first of its kind for an empty name. Raises
        UnknownModel that lists the names."""
        fitting = [e for e in self.engines.values() if e.served.serves == serves]
        if not model and fitting:
            return fitting[0]
        for engine in fitting:
            if model in engine.models:
                return engine
        known = ", ".join(name for engine in fitting for name in engine.models[:1]) or "none"
        raise UnknownModel(f"no model {model!r} here: there are {known}")

    def named(self, engine: Engine, model: str) -> str:
        """What that engine itself calls ``model``."""
        if model in engine.served.adapters:
            return model
        return engine.endpoint.model if engine.endpoint else engine.served.model

    async def _unload_idle(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            for engine in self.engines.values():
                limit = engine.served.idle_seconds
                idle = time.monotonic() - engine.used
                if limit and not engine.active and idle > limit and engine.link.state == "ready":
                    logger.info("engine %s is idle: unloading it", engine.name)
                    await engine.link.stop()


def configured(settings: Settings) -> Mapping[str, ServedSettings]:
    """The main engine of ``[engine]`` and those of ``[engines.NAME]``, by name."""
    main = ServedSettings.model_validate(settings.engine.model_dump())
    return {DEFAULT_ENGINE: main, **settings.engines}


def check_memory(settings: Settings) -> None:
    """Raises ConfigError for a device whose engines need more than it has."""
    faults: list[str] = []
    for device, size in settings.gateway.device_gib.items():
        engines = {n: s for n, s in configured(settings).items() if s.device == device}
        needed = sum(served.memory_gib for served in engines.values())
        if needed > size:
            parts = ", ".join(f"{n} {s.memory_gib:g}" for n, s in engines.items() if s.memory_gib)
            faults.append(
                f"this plan needs {needed:g} GiB of {size:g} on {device} ({parts}): "
                "take an engine out, or give one less"
            )
    if faults:
        raise ConfigError("the engines do not fit", faults)


def _plain(served: ServedSettings) -> EngineSettings:
    fields = EngineSettings.model_fields
    return EngineSettings.model_validate(served.model_dump(include=set(fields)))
