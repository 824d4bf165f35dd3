"""LoRA adapters of one engine: which it should serve, and that it does.

Those of the settings are loaded whenever the engine starts, before it gets a request; those
that were added while it ran (``POST /admin/adapters``) are remembered in ``adapters.json`` of
the state folder and are loaded too. A name stands for one path, and a path for one set of
weights, as long as the engine runs: see :mod:`assistant.gateway.bindings`.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from assistant import paths
from assistant.engines import adapters, rendezvous
from assistant.engines.protocol import Endpoint
from assistant.engines.replication.router import workers
from assistant.errors import EngineError
from assistant.gateway.bindings import AdapterConflict, Bindings
from assistant.gateway.errors import BadRequest, EngineDown, Refusal
from assistant.settings import Settings

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger(__name__)

_NAME = re.compile(r"\w[\w.:-]*(/\w[\w.:-]*)?")


class UnknownAdapter(Refusal):
    status = 404
    code = "adapter_not_found"


class Adapters:
    """Of the engine called ``engine``. ``changed`` is told all of them after each change."""

    def __init__(
        self, engine: str, settings: Settings, changed: Callable[[dict[str, str]], None]
    ) -> None:
        self._engine = engine
        self._settings = settings.engine
        self._key = rendezvous.key(settings)
        self._changed = changed
        self._lock = asyncio.Lock()
        self._bindings = Bindings(engine, settings)
        self._configured = dict(settings.engine.adapters)
        self.wanted = {**_remembered().get(engine, {}), **self._configured}
        self.failed: dict[str, str] = {}
        self.settled = not self.wanted
        """Whether all that are wanted were tried on the engine that runs now."""
        self._tell()

    def gone(self) -> None:
        """The engine has ended, and with it what it had loaded."""
        self.settled = not self.wanted

    async def sync(self, endpoint: Endpoint) -> None:
        """Have an engine that has just started load all of them; again does no harm."""
        async with self._lock, adapters.client(endpoint.api_key) as http:
            before, self.failed = self.failed, {}
            self._bindings.renew()
            servers = await _servers(http, endpoint)
            for name, path in self.wanted.items():
                try:
                    self._check(name, path, endpoint)
                    bound = await self._bindings.claim(name, path)
                    for server in servers:
                        await adapters.load(http, server, name, path)
                    self._bindings.keep(name, bound)
                except (EngineError, Refusal) as error:
                    self.failed[name] = str(error)
                    if before.get(name) != self.failed[name]:
                        logger.warning("engine %s: %s", self._engine, error)
            self.settled = True
        self._tell()

    async def add(self, endpoint: Endpoint, name: str, path: str) -> None:
        """Load one more. Raises AdapterConflict, BadRequest with the engine's reason."""
        async with self._lock, adapters.client(endpoint.api_key) as http:
            self._bindings.renew()
            self._check(name, path, endpoint)
            bound = await self._bindings.claim(name, path)
            done: list[str] = []
            try:
                for server in await _servers(http, endpoint):
                    await adapters.load(http, server, name, path)
                    done.append(server)
            except EngineError as error:
                for server in done:
                    with suppress(EngineError):
                        await adapters.unload(http, server, name)
                if isinstance(error, adapters.LoadedFromElsewhere):
                    raise AdapterConflict(str(error)) from error
                raise BadRequest(str(error), code="adapter_not_loaded") from error
            self.wanted[name] = path
            self._bindings.keep(name, bound)
            self.failed.pop(name, None)
        self._tell()

    async def remove(self, endpoint: Endpoint | None, name: str) -> None:
        """Serve it no longer. Raises UnknownAdapter, EngineDown."""
        async with self._lock:
            if name not in self.wanted:
                known = ", ".join(self.wanted) or "none"
                raise UnknownAdapter(
                    f"the engine {self._engine} has no adapter {name!r}: there are {known}"
                )
            if endpoint is not None:
                async with adapters.client(endpoint.api_key) as http:
                    try:
                        for server in await _servers(http, endpoint):
                            await adapters.unload(http, server, name)
                    except EngineError as error:
                        raise EngineDown(str(error), retry_after=5) from error
            del self.wanted[name]
            self.failed.pop(name, None)
        self._tell()

    async def configure(self, endpoint: Endpoint | None, configured: Mapping[str, str]) -> None:
        """What the settings list has changed. A fault is logged: nobody asked."""
        before, self._configured = self._configured, dict(configured)
        for name in before.keys() - configured.keys():
            with suppress(UnknownAdapter):
                await self.remove(endpoint, name)
        for name, path in configured.items():
            if before.get(name) == path:
                continue
            try:
                if endpoint is None:
                    self._check(name, path, None)
                    self.wanted[name] = path
                else:
                    await self.add(endpoint, name, path)
            except Refusal as error:
                logger.warning("engine %s, new settings: %s", self._engine, error)
        self._tell()

    def _check(self, name: str, path: str, endpoint: Endpoint | None) -> None:
        """Raises AdapterConflict, BadRequest, for what is not to be loaded."""
        if endpoint is not None and name == endpoint.model:
            raise AdapterConflict(f"{name} is the model itself: give the adapter another name")
        if not _NAME.fullmatch(name) or len(name) > 200:
            raise BadRequest(f"{name!r} cannot be a model's name")
        local = not self._settings.url
        if local and not self._settings.takes_adapters:
            raise AdapterConflict(
                f"the engine {self._engine} has no room for adapters: set lora = true, restart it"
            )
        if local and not Path(path).is_absolute():
            raise BadRequest(f"{path!r} is no absolute path", code="adapter_not_loaded")
        if local:
            try:
                adapters.check(path, self._settings.lora_rank)
            except EngineError as error:
                raise BadRequest(str(error), code="adapter_not_loaded") from error

    def _tell(self) -> None:
        served = {name: path for name, path in self.wanted.items() if name not in self.failed}
        self._changed(served)
        if self._settings.replicas > 1 and not self._settings.url:
            # For a replica that starts later, or again.
            rendezvous.write(rendezvous.adapters_path(self._key), served)
        added = {n: p for n, p in self.wanted.items() if self._configured.get(n) != p}
        remembered = _remembered()
        if remembered.get(self._engine, {}) != added:
            with suppress(OSError):
                rendezvous.write(_file(), {**remembered, self._engine: added})


async def _servers(http: httpx.AsyncClient, endpoint: Endpoint) -> tuple[str, ...]:
    """The servers behind ``endpoint``, without a path: several where it is a router."""
    root = endpoint.url.removesuffix("/v1")
    return await workers(http, root) or (root,)


def _file() -> Path:
    return paths.folder() / "adapters.json"


def _remembered() -> dict[str, dict[str, str]]:
    """Those that were added while a gateway ran, by engine."""
    found = rendezvous.read(_file())
    return found if isinstance(found, dict) else {}
