"""One engine behind the gateway: whether it answers, and what becomes of it in between.

It is held through :class:`assistant.engines.link.EngineLink`, so an engine that editors share
with this machine's gateway is one process, and one that dies comes back.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.engines import rendezvous
from assistant.engines.link import EngineLink
from assistant.engines.protocol import Endpoint, Progress
from assistant.engines.replication.stuck import end_stuck
from assistant.gateway.adapters import Adapters
from assistant.gateway.errors import EngineDown
from assistant.gateway.rest import Rest
from assistant.gateway.scheduler import Scheduler, Turn
from assistant.gateway.work import Work
from assistant.settings import ServedSettings, Settings

logger = logging.getLogger(__name__)

RESTART_EVERY = 60.0
"""Seconds between two restarts of an engine that has hung."""
REFRESH_SECONDS = 30.0
"""Between two looks whether an engine that somebody else runs still has its adapters."""
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
    heard: float = 0.0
    """When some of an answer last came from it."""
    active: int = 0
    queued: bool = False
    """Whether its first start waits for another engine's: see :meth:`Pool.start`."""
    adapters: Adapters = field(init=False)
    rest: Rest = field(default_factory=Rest)
    _loading: asyncio.Task[None] | None = None
    _refreshed: float = 0.0
    _restarted: float = -RESTART_EVERY
    _restart: asyncio.Future[Any] | None = None

    def __post_init__(self) -> None:
        self.link = EngineLink(self._endpoint, self._step, self._failed)
        self.adapters = Adapters(self.name, self.settings, self._serve_adapters)

    @property
    def endpoint(self) -> Endpoint | None:
        """None also while an engine that has just started loads its adapters."""
        return self.link.endpoint if self.adapters.settled else None

    @property
    def models(self) -> tuple[str, ...]:
        """Names that a request may call it by, the served model's own first."""
        endpoint = self.endpoint
        own = endpoint.model if endpoint else self.served.model
        return tuple(dict.fromkeys((own, self.served.model, self.name, *self.served.adapters)))

    def start(self) -> None:
        self.queued = False
        self.link.start(self.settings)

    async def ready(self, patience: float = 0.0) -> Endpoint:
        """The endpoint that answers now, waiting at most ``patience`` seconds. Raises
        EngineDown with what it is doing instead."""
        self.used = time.monotonic()
        if self.link.state == "stopped" and not self.queued:
            self.start()
        self.link.nudge()
        deadline = time.monotonic() + patience
        while self.endpoint is None:
            if self.link.state == "failed" or time.monotonic() >= deadline:
                words = self.link.detail or (
                    "it waits for another engine to start" if self.queued else self.link.state
                )
                raise EngineDown(f"the engine {self.name} is not ready: {words}", retry_after=AGAIN)
            await asyncio.sleep(0.05)
        if self.rest.engaged:
            await self.rest.wake(self.endpoint)
            self.detail = ""
        return self.endpoint

    async def lie_down(self) -> None:
        """Nobody has asked it for long: have it sleep where it can, else give it back."""
        if self.served.sleep and self.endpoint is not None:
            if await self.rest.sleep(self.endpoint):
                logger.info("engine %s is idle: it sleeps", self.name)
                self.detail = "asleep"
                return
            logger.warning("engine %s cannot sleep here: unloading it instead", self.name)
        logger.info("engine %s is idle: unloading it", self.name)
        await self.link.stop()

    async def refresh(self) -> None:
        """One that somebody else runs may have been started anew: load what it has lost."""
        endpoint, now = self.endpoint, time.monotonic()
        due = now - self._refreshed > REFRESH_SECONDS
        if due and endpoint is not None and self.served.url and self.adapters.wanted:
            self._refreshed = now
            await self.adapters.sync(endpoint)

    @property
    def idle(self) -> bool:
        """Whether it has had no request for as long as its settings allow."""
        limit = self.served.idle_seconds
        waited = time.monotonic() - self.used
        awake = self.endpoint is not None and not self.rest.engaged
        return bool(limit) and awake and not self.active and waited > limit

    @asynccontextmanager
    async def turn(self, work: Work) -> AsyncIterator[Turn]:
        """A slot of its device for ``work``. Raises Busy or Superseded."""
        self.active += 1
        held = self.endpoint is not None and self.endpoint.inline_first
        try:
            async with self.scheduler.turn(replace(work, engine=self.name, held=held)) as turn:
                yield turn
        finally:
            self.active -= 1
            self.used = time.monotonic()

    def hung(self) -> None:
        """It said nothing to somebody for too long: have it started anew, at most once a minute;
        of several replicas only those that hang. One that answers others meanwhile is busy."""
        now = time.monotonic()
        answers = now - self.heard < self.settings.gateway.silence_seconds
        if now - self._restarted < RESTART_EVERY or (answers and self.served.replicas == 1):
            return
        self._restarted = now
        logger.warning("engine %s hangs: restarting it", self.name)
        endpoint = self.endpoint
        if self.served.replicas > 1 and not self.served.url and endpoint is not None:
            key = rendezvous.key(self.settings)
            self._restart = asyncio.ensure_future(end_stuck(key, endpoint.model))
        else:
            self._restart = asyncio.ensure_future(self.link.restart())

    def _endpoint(self, endpoint: Endpoint | None) -> None:
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None
        self.adapters.gone()
        self.rest.gone()
        if endpoint is not None:
            self.detail = ""
            if not self.adapters.settled:
                self._loading = asyncio.create_task(self.adapters.sync(endpoint))

    def _serve_adapters(self, served: dict[str, str]) -> None:
        self.served = self.served.model_copy(update={"adapters": served})

    def _step(self, progress: Progress) -> None:
        self.detail = progress.detail
        self.observe(progress)
        logger.info("engine %s: %s: %s", self.name, progress.stage, progress.detail)

    def _failed(self, why: str) -> None:
        self.detail = why
