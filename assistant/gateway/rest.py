"""Sleep: an engine that nobody asks gives its GPU memory back and stays.

vLLM's ``/sleep?level=1`` moves the weights to main memory, ``/wake_up`` brings them back;
vLLM-Omni has the same per stage, where level 2, its default, would lose the weights.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.engines import adapters
from assistant.engines.protocol import Endpoint
from assistant.engines.replication.router import workers
from assistant.gateway.errors import EngineDown

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Routes:
    sleep: str
    wake: str
    sleep_body: dict[str, Any] | None = None
    wake_body: dict[str, Any] | None = None


_KNOWN = (
    _Routes("/sleep?level=1", "/wake_up"),
    _Routes(
        "/v1/omni/sleep",
        "/v1/omni/wakeup",
        {"stage_ids": [0], "level": 1},
        {"stage_ids": [0]},
    ),
)


class Rest:
    """``engaged``: asleep, or about to be; then :meth:`wake` before a request."""

    def __init__(self) -> None:
        self.engaged = False
        self._asleep: _Routes | None = None
        self._lock = asyncio.Lock()

    @property
    def asleep(self) -> bool:
        return self._asleep is not None

    def gone(self) -> None:
        """The engine has ended; the next one is awake."""
        self.engaged, self._asleep = False, None

    async def sleep(self, endpoint: Endpoint) -> bool:
        """Whether it sleeps now; False where that server cannot."""
        self.engaged = True
        async with self._lock, adapters.client(endpoint.api_key) as http:
            for routes in _KNOWN:
                if await _all(http, endpoint, routes.sleep, routes.sleep_body) == 200:
                    self._asleep = routes
                    return True
            self.engaged = False
            return False

    async def wake(self, endpoint: Endpoint) -> None:
        """Return when it answers again. Raises EngineDown."""
        async with self._lock:
            routes = self._asleep
            if routes is None:
                return
            async with adapters.client(endpoint.api_key) as http:
                status = await _all(http, endpoint, routes.wake, routes.wake_body)
            if status != 200:
                raise EngineDown(f"the engine did not wake up ({status})", retry_after=5)
            self.gone()


async def _all(
    http: httpx.AsyncClient, endpoint: Endpoint, path: str, body: dict[str, Any] | None
) -> int:
    """The status of a POST to every server behind ``endpoint``: 200, or the first other one; 0
    for no answer."""
    import httpx

    root = endpoint.url.removesuffix("/v1")
    for server in await workers(http, root) or (root,):
        try:
            answer = await http.post(f"{server}{path}", json=body)
        except httpx.HTTPError as error:
            logger.warning("%s%s: %s", server, path, type(error).__name__)
            return 0
        if answer.status_code != 200:
            return answer.status_code
    return 200
