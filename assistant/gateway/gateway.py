"""What all routes share: engines, keys, limits, the connection upstream, and the books."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from assistant import paths
from assistant.gateway.audit import Audit, Lines
from assistant.gateway.call import Call
from assistant.gateway.errors import NotAllowed
from assistant.gateway.history import History
from assistant.gateway.inline import Inline
from assistant.gateway.keys import Keys
from assistant.gateway.limits import Limits
from assistant.gateway.metrics import WATCHED, Metrics
from assistant.gateway.pool import Pool
from assistant.gateway.tracing import UNTRACED, Tracing
from assistant.gateway.upstream import Upstream
from assistant.settings import Settings


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
        self.inline = Inline(self)
        self.history = History()
        self.metrics = Metrics(self)
        self.tracing = Tracing(settings.gateway.otlp_endpoint)
        log = paths.folder("log")
        self._audit = Audit(log / "audit.jsonl") if settings.gateway.audit else None
        self.texts = Lines(log / "text.jsonl") if settings.gateway.log_text else None

    async def start(self) -> None:
        """Have the engines started; returns before they are ready."""
        self.upstream = Upstream(self.settings.gateway.silence_seconds)
        await self.pool.start()
        self.inline.start()

    async def close(self) -> None:
        await self.inline.close()
        await self.pool.close()
        await self.upstream.close()
        await asyncio.to_thread(self.tracing.close)
        for lines in (self._audit, self.texts):
            if lines is not None:
                lines.close()

    @property
    def audit_lost(self) -> int:
        """Audit lines that could not be written."""
        return self._audit.lost if self._audit is not None else 0

    def began(self, call: Call, headers: Mapping[str, str]) -> None:
        """``headers`` have lower-case names."""
        if call.path not in WATCHED:
            call.trace = self.tracing.begin(call, headers)

    def ended(self, call: Call) -> None:
        """Called once for every request, however it ended."""
        call.ended = time.monotonic()
        self.metrics.add(call)
        self.history.add(call)
        call.trace.end(call, self.metrics.path(call))
        call.trace = UNTRACED
        # A status page that is open asks every two seconds: only what goes wrong is worth a line.
        looked = call.path in WATCHED and 200 <= call.status < 400 and not call.outcome
        if self._audit is not None and not looked:
            self._audit.write(call)

    def workspace(self, named: str) -> Path | None:
        """The folder that a client names for context; None for an empty name. Raises NotAllowed
        for one that the settings do not list."""
        if not named:
            return None
        # A name that is no path, or of a user that there is not, is one that is not listed.
        with suppress(OSError, RuntimeError, ValueError):
            wanted = Path(named.removeprefix("file://")).expanduser().resolve()
            if wanted in self.inline.workspaces.roots:
                return wanted
        raise NotAllowed(f"{named} is not in gateway.workspaces: add it there, or name none")
