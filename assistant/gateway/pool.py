"""The engines behind the gateway: which there are, and who serves what."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from assistant.config import DEFAULT_ENGINE
from assistant.engines.sizing.memory import check_memory
from assistant.errors import where
from assistant.gateway.engine import Engine
from assistant.gateway.errors import UnknownModel
from assistant.gateway.scheduler import Scheduler
from assistant.gateway.watch import Watch
from assistant.settings import EngineSettings, ServedSettings, Settings

__all__ = ["Engine", "Pool", "configured", "plain"]

logger = logging.getLogger(__name__)


class Pool:
    """All of them, and a scheduler for each device. Raises ConfigError for engines that do not
    fit into the memory of their devices."""

    watch: Watch | None = None
    """Tells of settings that have changed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.schedulers: dict[str, Scheduler] = {}
        self.engines: dict[str, Engine] = {}
        self._starting: list[asyncio.Task[None]] = []
        every = configured(settings)
        # Here, before there is a socket or a process that would have to be ended again.
        check_memory(settings, every)
        for name, served in every.items():
            scheduler = self.schedulers.setdefault(served.device, Scheduler.of(settings.gateway))
            own = settings.model_copy(update={"engine": plain(served)})
            self.engines[name] = Engine(name, served, own, scheduler)

    async def start(self) -> None:
        """Have every engine started; returns at once. Those that share a device start one after
        the other: together each would take the others' memory for its own. Raises ConfigError
        for a plan that does not fit its devices."""
        check_memory(self.settings, configured(self.settings))
        for device in self.schedulers:
            engines = [e for e in self.engines.values() if e.served.device == device]
            own = [engine for engine in engines if not engine.served.url]
            for engine in engines:
                engine.queued = engine in own[1:]
                if not engine.queued:
                    engine.start()
            self._starting.append(asyncio.create_task(_in_turn(own)))
        self._looking = asyncio.create_task(self._look_after())

    async def close(self) -> None:
        for task in (self._looking, *self._starting):
            task.cancel()
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
        names = [(engine.models[0], *engine.served.adapters) for engine in fitting]
        known = ", ".join(name for own in names for name in own) or "none"
        raise UnknownModel(f"no model {model!r} here: there are {known}")

    def named(self, engine: Engine, model: str) -> str:
        """What that engine itself calls ``model``."""
        if model in engine.served.adapters:
            return model
        return engine.endpoint.model if engine.endpoint else engine.served.model

    async def _look_after(self) -> None:
        """Once a second: engines that are idle or have changed, new settings."""
        while True:
            await asyncio.sleep(1.0)
            try:
                for engine in self.engines.values():
                    await engine.refresh()
                    if engine.idle:
                        await engine.lie_down()
                if self.watch is not None and (changed := self.watch.changed()) is not None:
                    await self.configure(changed)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next second comes
                logger.error("looking after the engines: %s", where(error))

    async def configure(self, settings: Settings) -> None:
        """Load and unload what new settings say of adapters; the rest needs a restart."""
        now = configured(settings)
        for name, engine in self.engines.items():
            if name in now:
                await engine.adapters.configure(engine.endpoint, now[name].adapters)


async def _in_turn(engines: Sequence[Engine]) -> None:
    """Start each once the one before is ready, or has failed."""
    for engine in engines:
        if engine.queued:
            engine.start()
        while engine.link.state == "starting":  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def configured(settings: Settings) -> Mapping[str, ServedSettings]:
    """The main engine of ``[engine]`` and those of ``[engines.NAME]``, by name."""
    main = ServedSettings.model_validate(settings.engine.model_dump())
    return {DEFAULT_ENGINE: main, **settings.engines}


def plain(served: ServedSettings) -> EngineSettings:
    """What the engine itself is told."""
    fields = EngineSettings.model_fields
    return EngineSettings.model_validate(served.model_dump(include=set(fields)))
