"""The connection to a model server: started in the background, never waited for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from assistant.errors import AssistantError, where
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.engines.lease import Lease
    from assistant.engines.protocol import Endpoint, Progress

logger = logging.getLogger(__name__)

State = Literal["stopped", "starting", "ready", "failed"]
_AGAIN = 15.0
"""Seconds after a failure before a keystroke makes it try again; doubled by each failure."""
_AGAIN_MOST = 600.0


class EngineLink:
    """Holds a lease on an engine.

    ``on_endpoint`` is told each engine that answers, and None when it has gone;
    ``on_progress`` each step on the way; ``on_failure`` one line on why there is none.
    """

    def __init__(
        self,
        on_endpoint: Callable[[Endpoint | None], None],
        on_progress: Callable[[Progress], None],
        on_failure: Callable[[str], None],
    ) -> None:
        self._on_endpoint = on_endpoint
        self._on_progress = on_progress
        self._on_failure = on_failure
        self._settings: Settings | None = None
        self._task: asyncio.Task[None] | None = None
        self._lease: Lease | None = None
        self._failed_at = 0.0
        self._failures = 0
        self.endpoint: Endpoint | None = None
        self.state: State = "stopped"
        self.detail = ""

    def start(self, settings: Settings) -> None:
        """Begin to get an engine; returns at once. Stop first when one is held."""
        self._settings = settings
        self.state, self.detail = "starting", ""
        self._task = asyncio.create_task(self._hold(settings))

    def nudge(self) -> None:
        """Somebody wants a completion: try again if the last failure is a while ago."""
        if (
            self.state == "failed"
            and self._settings is not None
            and (self._task is None or self._task.done())
            and time.monotonic() - self._failed_at > self._patience()
        ):
            self.start(self._settings)

    def _patience(self) -> float:
        return min(_AGAIN * 2.0 ** max(self._failures - 1, 0), _AGAIN_MOST)

    async def stop(self) -> None:
        """Give the lease back: an engine that nobody uses any more ends by itself."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._gone("stopped", "")

    async def restart(self) -> None:
        """Have the engine started anew, for the user's command; for one that this project
        did not start, ask it anew."""
        if self._lease is not None and self._settings is not None and not self._settings.engine.url:
            await self._lease.restart()
            return
        await self.stop()
        if self._settings is not None:
            self.start(self._settings)

    def status(self) -> dict[str, Any]:
        endpoint = self.endpoint
        return {
            "state": self.state,
            "detail": self.detail,
            "engine": endpoint.engine if endpoint else "",
            "model": endpoint.model if endpoint else "",
            "url": endpoint.url if endpoint else "",
        }

    async def _hold(self, settings: Settings) -> None:
        from assistant.engines.lease import acquire

        lease: Lease | None = None
        try:
            lease = await acquire(settings, start=settings.lsp.start_engine, on_progress=self._step)
            self._lease = lease
            self._ready(lease.endpoint)
            async for progress in lease.events():
                self._step(progress)
                if progress.stage == "ready":
                    self._ready(lease.endpoint)
                elif progress.stage == "restart":
                    self._gone("starting", progress.detail)
                elif progress.stage == "failed":
                    self._fail(progress.detail)
                    return
            self._fail(
                "the engine has stopped; it is looked for again while you type, "
                "or now by the command assistant.restartEngine"
            )
        except AssistantError as error:
            self._fail(str(error))
        except Exception as error:  # noqa: BLE001 - a bug here must not take the editor's server down
            logger.error("engine link broke: %s", where(error))
            self._fail(f"the engine could not be used ({type(error).__name__})")
        finally:
            self._lease = None
            if lease is not None:
                await lease.close()

    def _step(self, progress: Progress) -> None:
        if self.state == "starting":
            self.detail = progress.detail
        self._on_progress(progress)

    def _ready(self, endpoint: Endpoint) -> None:
        logger.info("engine %s serves %s at %s", endpoint.engine, endpoint.model, endpoint.url)
        self.endpoint, self.state, self.detail = endpoint, "ready", ""
        self._failures = 0
        self._on_endpoint(endpoint)

    def _gone(self, state: State, detail: str) -> None:
        self.state, self.detail = state, detail
        if self.endpoint is not None:
            self.endpoint = None
            self._on_endpoint(None)

    def _fail(self, why: str) -> None:
        logger.warning("no engine: %s", why)
        self._failed_at = time.monotonic()
        self._failures += 1
        self._gone("failed", why)
        self._on_failure(why)
