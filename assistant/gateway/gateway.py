"""What all routes share: engines, keys, limits, the connection upstream, and the books."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from pathlib import Path

from assistant import paths
from assistant.gateway.audit import Audit
from assistant.gateway.call import Call
from assistant.gateway.errors import NotAllowed
from assistant.gateway.keys import Keys
from assistant.gateway.limits import Limits
from assistant.gateway.pool import Pool
from assistant.gateway.upstream import Upstream
from assistant.settings import Settings

RECENT = 100
"""Requests that the status page shows."""


class Gateway:
    """One running door. ``remote`` says that it listens to more than this machine."""

    upstream: Upstream

    def __init__(self, settings: Settings, remote: bool = False) -> None:
        self.settings = settings
        self.remote = remote
        self.draining = False
        self.pool = Pool(settings)
        self.keys = Keys()
        self.limits = Limits()
        self.active: dict[str, Call] = {}
        self.recent: deque[Call] = deque(maxlen=RECENT)
        self._audit = Audit(paths.folder("log") / "audit.jsonl") if settings.gateway.audit else None

    async def start(self) -> None:
        """Have the engines started; returns before they are ready."""
        self.upstream = Upstream(self.settings.gateway.silence_seconds)
        await self.pool.start()

    async def close(self) -> None:
        await self.pool.close()
        await self.upstream.close()
        if self._audit is not None:
            self._audit.close()

    def began(self, call: Call) -> None:
        self.active[call.id] = call

    def ended(self, call: Call) -> None:
        """Called once for every request, however it ended."""
        self.active.pop(call.id, None)
        self.recent.append(call)
        if self._audit is not None:
            with suppress(OSError):
                self._audit.write(call)

    def workspace(self, named: str) -> Path | None:
        """The folder that a client names for context; None for an empty name. Raises NotAllowed
        for one that the settings do not list."""
        if not named:
            return None
        wanted = Path(named.removeprefix("file://")).expanduser().resolve()
        for allowed in self.settings.gateway.workspaces:
            if wanted == Path(allowed).expanduser().resolve():
                return wanted
        raise NotAllowed(f"{named} is not in gateway.workspaces: add it there, or name none")
