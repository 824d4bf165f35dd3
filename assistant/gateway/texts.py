"""What was asked and answered, for whoever turns on ``gateway.log_text``: ``log/text.jsonl``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.gateway.audit import Lines
from assistant.gateway.call import Call

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Send

_MOST = 64 << 10
"""Bytes of each that are kept."""


class Texts:
    """Stands between a client and the application, and keeps the bodies that pass."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._asked, self._answered = bytearray(), bytearray()

    async def receive(self) -> Message:
        message = await self._receive()
        self._asked += message.get("body", b"")[: _MOST - len(self._asked)]
        return message

    async def send(self, message: Message) -> None:
        self._answered += message.get("body", b"")[: _MOST - len(self._answered)]
        await self._send(message)

    def write(self, call: Call, lines: Lines) -> None:
        """One line, of a request that is work for an engine."""
        if call.kind is not None:
            both = {"asked": self._asked, "answered": self._answered}
            lines.add({"id": call.id} | {k: v.decode("utf-8", "replace") for k, v in both.items()})
