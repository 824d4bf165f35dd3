"""One client's connection: uvicorn's, with a time within which a request must have come.

Whoever sends half a request holds a connection, and needs no key for it.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

RATE = 16 << 10
"""Bytes of a body that give a client one second more."""
_LATE = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Connection(HttpToolsProtocol):
    """``patience`` is the seconds within which headers and body must be here. In the scope's
    ``state``, ``connections`` says how many there were when the request began."""

    patience = 20.0
    _timer: asyncio.TimerHandle | None = None
    _deadline = 0.0
    _begun = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._came()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        super().shutdown()
        # Half a request is none: what is let end is what was asked.
        if self._timer is not None and not self.pipeline:
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"]["connections"] = len(self.connections)
        self._begun = True
        self._expect()

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._deadline += len(body) / RATE

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._begun = False
        self._came()

    def _expect(self) -> None:
        if self._timer is None:
            self._deadline = self.loop.time() + self.patience
            self._timer = self.loop.call_at(self._deadline, self._look)

    def _came(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        if self.pipeline or self.flow.read_paused:
            # It is this side that does not read: another answer is under way.
            self._deadline = self.loop.time() + self.patience
        if self.loop.time() < self._deadline:
            self._timer = self.loop.call_at(self._deadline, self._look)
            return
        self._timer = None
        answering = self.cycle is not None and self.cycle.response_started
        if self._begun and (not answering or self.cycle.response_complete):
            self.transport.write(_LATE)
        self.transport.close()


def connections(patience: float) -> type[Connection]:
    """What uvicorn makes of each connection."""
    return type("Connection", (Connection,), {"patience": patience})
