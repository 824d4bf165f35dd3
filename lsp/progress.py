"""Long work in the editor's status line (``window/workDoneProgress``)."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from lsp.server import AssistantServer

_EVERY = 0.2
"""Seconds between two reports, so that a fast download does not flood the client."""
_ANSWER = 5.0
"""Seconds that a client may take to create the token."""


class WorkDone:
    """One piece of work. Shown from its first report on, if the client can show it at all.

    ``token`` is the ``workDoneToken`` of the request that the work belongs to; without one the
    client is asked to make a token. ``cancel`` is called when the user cancels the work; without
    it they cannot. ``counted``: its share done is known, or will be.
    """

    def __init__(
        self,
        server: AssistantServer,
        title: str,
        token: types.ProgressToken | None = None,
        cancel: Callable[[], object] | None = None,
        counted: bool = True,
    ) -> None:
        self._server = server
        self._title = title
        self._asked = token is not None
        self._token = f"assistant-{uuid.uuid4().hex[:8]}" if token is None else token
        self._cancel = cancel
        self._counted = counted
        self._beginning: asyncio.Task[None] | None = None
        self._begun = False
        self._ended = False
        self._message = ""
        self._percentage: int | None = None
        self._last = 0.0

    def report(self, message: str, fraction: float | None = None) -> None:
        """``fraction`` is 0..1, None when unknown."""
        window = self._server.client_capabilities.window
        able = self._asked or (window is not None and window.work_done_progress)
        if self._ended or not able:
            return
        self._message = message
        self._percentage = None if fraction is None else round(100 * min(max(fraction, 0), 1))
        if self._begun:
            # A count that is left out is followed by the next; a phrase may be the last.
            if not self._counted or time.monotonic() - self._last >= _EVERY:
                self._last = time.monotonic()
                self._server.work_done_progress.report(
                    self._token,
                    types.WorkDoneProgressReport(message=message, percentage=self._percentage),
                )
        elif self._asked:
            self._begin()
        elif self._beginning is None:
            self._beginning = asyncio.create_task(self._create())

    def end(self, message: str = "") -> None:
        progress = self._server.work_done_progress
        if not self._ended and self._begun:
            progress.end(self._token, types.WorkDoneProgressEnd(message=message or None))
        self._ended = True
        progress.tokens.pop(self._token, None)

    async def _create(self) -> None:
        progress = self._server.work_done_progress
        try:
            await asyncio.wait_for(progress.create_async(self._token), _ANSWER)
        except Exception:  # noqa: BLE001 - a client that refuses the token sees no progress
            return
        if self._ended:
            progress.tokens.pop(self._token, None)
        else:
            self._begin()

    def _begin(self) -> None:
        progress = self._server.work_done_progress
        self._begun = True
        self._last = time.monotonic()
        # Clients show a bar only for work that starts with a percentage.
        percentage = 0 if self._percentage is None and self._counted else self._percentage
        progress.begin(
            self._token,
            types.WorkDoneProgressBegin(
                title=self._title,
                message=self._message or None,
                percentage=percentage,
                cancellable=self._cancel is not None,
            ),
        )
        if self._cancel is not None:
            progress.tokens[self._token].add_done_callback(self._cancelled)

    def _cancelled(self, future: Future[None]) -> None:
        if self._cancel is not None and future.cancelled() and not self._ended:
            self._cancel()
