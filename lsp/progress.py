"""Long work in the editor's status line (``window/workDoneProgress``)."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from lsp.server import AssistantServer

_EVERY = 0.2
"""Seconds between two reports, so that a fast download does not flood the client."""
_ANSWER = 5.0
"""Seconds that a client may take to create the token."""


class WorkDone:
    """One piece of work. Shown from its first report on, if the client can show it at all."""

    def __init__(self, server: AssistantServer, title: str) -> None:
        self._server = server
        self._title = title
        self._token = f"assistant-{uuid.uuid4().hex[:8]}"
        self._beginning: asyncio.Task[None] | None = None
        self._begun = False
        self._ended = False
        self._message = ""
        self._percentage: int | None = None
        self._last = 0.0

    def report(self, message: str, fraction: float | None = None) -> None:
        """``fraction`` is 0..1, None when unknown."""
        window = self._server.client_capabilities.window
        if self._ended or window is None or not window.work_done_progress:
            return
        self._message = message
        self._percentage = None if fraction is None else round(100 * min(max(fraction, 0), 1))
        if self._beginning is None:
            self._beginning = asyncio.create_task(self._begin())
        elif self._begun and time.monotonic() - self._last >= _EVERY:
            self._last = time.monotonic()
            self._server.work_done_progress.report(
                self._token,
                types.WorkDoneProgressReport(message=message, percentage=self._percentage),
            )

    def end(self, message: str = "") -> None:
        if not self._ended and self._begun:
            self._server.work_done_progress.end(
                self._token, types.WorkDoneProgressEnd(message=message or None)
            )
        self._ended = True

    async def _begin(self) -> None:
        progress = self._server.work_done_progress
        try:
            await asyncio.wait_for(progress.create_async(self._token), _ANSWER)
        except Exception:  # noqa: BLE001 - a client that refuses the token sees no progress
            return
        if self._ended:
            return
        self._begun = True
        self._last = time.monotonic()
        progress.begin(
            self._token,
            types.WorkDoneProgressBegin(
                title=self._title,
                message=self._message,
                # Clients show a bar only for work that starts with a percentage.
                percentage=0 if self._percentage is None else self._percentage,
                cancellable=False,
            ),
        )
