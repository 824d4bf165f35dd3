"""One replica: its process, from the start to the end, and what is known of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assistant.engines import adapters, rendezvous, server_process
from assistant.engines.protocol import Endpoint, Launch
from assistant.errors import EngineError

if TYPE_CHECKING:
    import httpx

LOOK_SECONDS = 5.0
PATIENCE_SECONDS = 10.0
MISSES = 6
"""A replica that does not answer /health so many times in a row hangs."""


@dataclass(slots=True)
class Replica:
    """``url`` has no path. ``deaths`` counts those that came soon after the start."""

    url: str
    launch: Launch
    log: Path
    state: Literal["waiting", "starting", "ready", "dead"] = "waiting"
    detail: str = ""
    deaths: int = 0
    process: asyncio.subprocess.Process | None = None

    async def start(self, plan: Any, key: str, http: httpx.AsyncClient) -> None:
        """Start it and return when it could answer a request. Raises ServerDied, EngineError."""
        endpoint = Endpoint(f"{self.url}/v1", plan.model, "replica", constraints=plan.constraints)
        self.process = await server_process.start(self.launch, self.log, key)
        await server_process.healthy(
            self.process, endpoint.url, self.log, plan.start_timeout, self._note
        )
        if plan.text:
            await server_process.warm_up(endpoint)
        self.detail = ""
        for name, path in (rendezvous.read(rendezvous.adapters_path(key)) or {}).items():
            try:
                await adapters.load(http, self.url, name, path)
            except EngineError as error:
                self.detail = str(error)

    async def until_dead(self, http: httpx.AsyncClient) -> str:
        """Why it no longer serves; it may still be there."""
        assert self.process is not None
        misses = 0
        while misses < MISSES:
            try:
                status = await asyncio.wait_for(self.process.wait(), LOOK_SECONDS)
                return server_process.why_it_died(status, self.log)
            except TimeoutError:
                misses = 0 if await self._healthy(http) else misses + 1
        return f"it did not answer /health {MISSES} times in a row (log: {self.log})"

    async def stop(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            await server_process.stop(process)

    def card(self) -> dict[str, Any]:
        """As :func:`rendezvous.replicas_path` shows it. ``pid`` is the guard's: with that the
        whole replica ends."""
        pid = self.process.pid if self.process is not None else 0
        return {"url": self.url, "pid": pid, "state": self.state, "detail": self.detail}

    async def _healthy(self, http: httpx.AsyncClient) -> bool:
        import httpx

        try:
            answer = await http.get(f"{self.url}/health", timeout=PATIENCE_SECONDS)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    def _note(self, words: str) -> None:
        self.detail = words
