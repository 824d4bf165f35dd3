"""An engine's answer passed on as it comes: the ASGI response of most routes.

The engine's bytes are not parsed on the way. When the client leaves, the connection to the
engine is closed at once, and so is the computation.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.responses import Response

from assistant.engines.protocol import Endpoint
from assistant.gateway.call import Call
from assistant.gateway.errors import BadRequest, Busy, EngineDown, EngineFailed, Refusal
from assistant.gateway.pool import Engine
from assistant.gateway.upstream import HUNG
from assistant.gateway.work import Work

if TYPE_CHECKING:
    import aiohttp
    from starlette.types import Message, Receive, Scope, Send

    from assistant.gateway.gateway import Gateway

T = TypeVar("T")

_TAIL = 2048
"""Bytes at the end of an answer in which its usage is looked for."""
_USAGE = {
    "prompt_tokens": re.compile(rb'"prompt_tokens": ?(\d+)'),
    "generated_tokens": re.compile(rb'"completion_tokens": ?(\d+)'),
    "cached_tokens": re.compile(rb'"cached_tokens": ?(\d+)'),
}


class ClientGone(Exception):
    """Nobody reads the answer any more."""


async def until_gone(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """Do ``work`` unless the client leaves: then it is cancelled. Gives what it gives and
    raises what it raises, or ClientGone. The request's body must have been read."""
    doing = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait({doing, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise ClientGone
        return doing.result()
    finally:
        for task in (doing, watching):
            task.cancel()
        await asyncio.gather(doing, watching, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Relay(Response):
    """``body`` is sent to ``path`` of ``engine`` in its turn; ``headers`` go along."""

    def __init__(
        self,
        gateway: Gateway,
        engine: Engine,
        path: str,
        body: Mapping[str, Any],
        work: Work,
        call: Call,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self._gateway = gateway
        self._engine = engine
        self._path = path
        self._body = dict(body)
        self._work = work
        self._call = call
        self._passed = dict(headers or {})
        self._started = False
        self._finished = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._call.queued = time.monotonic()
        try:
            await until_gone(receive, self._answer(send))
        except ClientGone:
            # After the last byte nobody listens either, and that is as it should be.
            if not self._finished:
                self._call.outcome = "gone"
        except Refusal as error:
            self._call.outcome = error.code or "failed"
            if error.code == HUNG:
                self._engine.hung()
            if not self._started:
                raise
            await self._end_with(error, send)
        except asyncio.CancelledError:
            # The gateway goes down and this stream has had its time to end.
            if self._started:
                await self._end_with(EngineDown("the gateway is shutting down"), send)
            raise

    async def _answer(self, send: Send) -> None:
        engine, call = self._engine, self._call
        async with engine.turn(self._work):
            call.granted = time.monotonic()
            endpoint = await engine.ready()
            body = {**self._body, "model": self._gateway.pool.named(engine, call.model)}
            await self._relayed(endpoint, body, send)

    async def _relayed(self, endpoint: Endpoint, body: dict[str, Any], send: Send) -> None:
        """The engine's whole answer to ``body``."""
        if endpoint.constraints:
            body = {**body, "priority": int(self._work.kind)}
        try:
            await self._asked(endpoint, body, send)
        except EngineFailed as error:
            # One replica of several has broken off before its answer began: ask another.
            if self._engine.served.replicas == 1 or self._started or error.code == HUNG:
                raise
            await self._asked(endpoint, body, send)

    async def _asked(self, endpoint: Endpoint, body: dict[str, Any], send: Send) -> None:
        headers = {**self._call.to_engine(), **self._passed}
        async with self._gateway.upstream.post(endpoint, self._path, body, headers) as answer:
            if answer.status != 200:
                raise await refused(answer)
            if body.get("stream"):
                await self._stream(answer, send)
            else:
                data = await answer.read()
                self._count(data[-_TAIL:])
                kind = answer.headers.get("Content-Type", "application/json")
                await self._reply(data, kind, send)

    async def _stream(self, answer: aiohttp.ClientResponse, send: Send) -> None:
        tail = b""
        async for data in answer.content.iter_any():
            self._engine.heard = time.monotonic()
            # Not before: an engine that fails in its prefill has answered nothing yet.
            if not self._started:
                await self._start(answer, send)
            tail = (tail + data)[-_TAIL:]
            await self._send({"type": "http.response.body", "body": data, "more_body": True}, send)
        if not self._started:
            await self._start(answer, send)
        self._count(tail)
        await self._send({"type": "http.response.body", "body": b""}, send)

    async def _reply(self, data: bytes, kind: str, send: Send) -> None:
        """An answer that is here as a whole."""
        await self._begin(kind, send, len(data))
        await self._send({"type": "http.response.body", "body": data}, send)

    async def _start(self, answer: aiohttp.ClientResponse, send: Send) -> None:
        await self._begin(answer.headers.get("Content-Type", "application/json"), send)

    async def _begin(self, kind: str, send: Send, length: int | None = None) -> None:
        headers = [(b"content-type", kind.encode("latin-1"))]
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        elif kind.startswith("text/event-stream"):
            # A proxy in front must not collect a stream before it passes it on.
            headers += [(b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no")]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers}, send)
        # Not before: where this is cut off while it waits for a slow reader, nothing was written.
        self._started = True

    async def _send(self, message: Message, send: Send) -> None:
        try:
            async with asyncio.timeout(self._gateway.settings.gateway.slow_reader_seconds):
                # Before it is sent: the client may be gone by the time that this goes on.
                self._finished = not message.get("more_body", False) and "body" in message
                await send(message)
        except TimeoutError:
            self._finished = False
            raise ClientGone from None

    async def _end_with(self, error: Refusal, send: Send) -> None:
        """A stream that broke off says so in its last event; a whole answer is cut short."""
        if self._body.get("stream"):
            event = f"data: {json.dumps(openai_error(error))}\n\ndata: [DONE]\n\n"
            body = {"type": "http.response.body", "body": event.encode(), "more_body": False}
            await self._send(body, send)

    def _count(self, tail: bytes) -> None:
        for name, pattern in _USAGE.items():
            if found := pattern.findall(tail):
                setattr(self._call, name, int(found[-1]))


def openai_error(error: Refusal) -> dict[str, Any]:
    """OpenAI's shape of an error."""
    return {
        "error": {
            "message": str(error),
            "type": error.kind,
            "param": None,
            "code": error.code or None,
        }
    }


async def refused(answer: aiohttp.ClientResponse) -> Refusal:
    """An engine's refusal, for the client: its own fault stays its own."""
    text = (await answer.read())[:10_000].decode("utf-8", "replace")
    try:
        read = json.loads(text)
        error = read.get("error", read)
        message = str(error.get("message", error) if isinstance(error, dict) else error)
    except (ValueError, AttributeError):
        message = text
    message = " ".join(message.split())[:500]
    if answer.status in (400, 404, 422):
        return BadRequest(message)
    if answer.status in (429, 503):
        return Busy(f"the engine is full: {message}", retry_after=1)
    return EngineFailed(f"the engine failed ({answer.status}): {message}")
