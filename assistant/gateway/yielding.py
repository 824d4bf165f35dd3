"""Work that leaves the engine when somebody types, and comes back later.

vLLM does not stop a running request for a waiting one, so the gateway does: it closes the
connection, which ends the computation within a step, and asks again in the next pause.

* Batch: what was written by then is kept and goes along as the beginning of the answer; the
  prefix cache still has most of it. An answer for which that is not the same question (several
  choices, logprobs, stop texts, constraints, tools, reasoning) starts over.
* Media starts over. No request can be interrupted between two steps of an image from here;
  whether its engine stops for a closed connection is its own matter.

Work that starts over leaves at most :data:`RESTARTS` times, and never once some of its answer
has gone to the client.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from assistant.engines.protocol import Endpoint
from assistant.gateway.errors import EngineFailed
from assistant.gateway.relay import Relay, refused
from assistant.gateway.scheduler import Turn
from assistant.gateway.unfinished import Unfinished, resumable
from assistant.gateway.work import Kind, Work

if TYPE_CHECKING:
    import aiohttp
    from starlette.types import Send

RESTARTS = 3
"""Times that a request which cannot be resumed is started anew before it stays."""


class Yielding(Relay):
    """A relay for a request that starts over as long as nothing of its answer was passed on."""

    async def _answer(self, send: Send) -> None:
        engine, call = self._engine, self._call
        yields = 0
        while True:
            async with engine.turn(self._work) as turn:
                call.granted = call.granted or time.monotonic()
                endpoint = await engine.ready()
                body = {**self._body, "model": self._gateway.pool.named(engine, call.model)}
                done = await _done(self._attempt(endpoint, body, send), turn, self._may_leave)
            if done or self._is_over():
                break
            yields += 1
            self._stays = yields >= RESTARTS
        await self._end(send)

    _stays = False
    """Whether it has started over often enough."""

    def _is_over(self) -> bool:
        """Whether an attempt that was cut off had all of the answer."""
        return False

    def _may_leave(self) -> bool:
        return not self._started and not self._stays

    async def _attempt(self, endpoint: Endpoint, body: dict[str, Any], send: Send) -> None:
        await self._relayed(endpoint, body, send)

    async def _end(self, send: Send) -> None:
        """Send what the attempts have left to be sent."""


class Resuming(Yielding):
    """A relay for one batch request, that goes on where it was cut off."""

    _goes_on = False
    """Whether the attempt under way can be continued."""

    @cached_property
    def _part(self) -> Unfinished:
        return Unfinished(self._body)

    def _is_over(self) -> bool:
        return self._goes_on and self._part.over

    def _may_leave(self) -> bool:
        return (self._goes_on and not self._part.odd) or super()._may_leave()

    async def _attempt(self, endpoint: Endpoint, body: dict[str, Any], send: Send) -> None:
        streams = bool(body.get("stream"))
        self._goes_on = resumable(body, endpoint) and not self._part.odd
        if self._goes_on:
            await self._resumed(endpoint, body, send if streams else None)
            self._goes_on = streams or not self._part.odd
        if not self._goes_on:
            await self._relayed(endpoint, body, send)

    async def _resumed(self, endpoint: Endpoint, body: dict[str, Any], send: Send | None) -> None:
        """The rest of the answer, streamed from the engine whatever the client asked for; its
        events go to ``send``. Without that, an odd answer is left where that shows: pieces of it
        are not put together here."""
        part = self._part
        usage = bool((body.get("stream_options") or {}).get("include_usage"))
        asked = {**part.rest(body), "priority": int(self._work.kind)}
        headers = self._call.to_engine()
        async with self._gateway.upstream.post(endpoint, self._path, asked, headers) as answer:
            if answer.status != 200:
                raise await refused(answer)
            async for event in _events(answer):
                self._engine.heard = time.monotonic()
                if "error" in event:
                    raise EngineFailed(f"the engine failed: {str(event['error'])[:200]}")
                if send is not None and event.get("choices"):
                    if not self._started:
                        await self._start(answer, send)
                    await self._event({**event, "usage": None} if usage else _bare(event), send)
                # Not before: one that waits for a slow reader when this is cut off is not
                # written, and must come again.
                part.take(event)
                if send is None and part.odd:
                    return
        if not part.over:
            raise EngineFailed("the engine broke off in its answer")

    async def _end(self, send: Send) -> None:
        if not self._goes_on:
            return
        part, call = self._part, self._call
        call.prompt_tokens, call.cached_tokens = part.prompt_tokens, part.cached_tokens
        call.generated_tokens = part.tokens
        if not self._body.get("stream"):
            await self._reply(part.whole(), "application/json", send)
            return
        if not self._started:
            await self._begin("text/event-stream; charset=utf-8", send)
        for event in part.last():
            await self._event(event, send)
        await self._send({"type": "http.response.body", "body": b"data: [DONE]\n\n"}, send)

    async def _event(self, event: dict[str, Any], send: Send) -> None:
        data = f"data: {json.dumps(event)}\n\n".encode()
        await self._send({"type": "http.response.body", "body": data, "more_body": True}, send)


def relay_of(work: Work) -> type[Relay]:
    """How an answer to ``work`` is passed on."""
    return {Kind.BATCH: Resuming, Kind.MEDIA: Yielding}.get(work.kind, Relay)


def _bare(event: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key != "usage"}


async def _events(answer: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    async for line in answer.content:
        data = line.strip()
        if data.startswith(b"data:") and data[5:].strip() != b"[DONE]":
            event = json.loads(data[5:])
            if isinstance(event, dict):
                yield event


async def _done(work: Any, turn: Turn, may_leave: Callable[[], bool]) -> bool:
    """Do ``work`` to its end, or until its place is wanted and it may leave: then False."""
    attempt = asyncio.ensure_future(work)
    wanted = asyncio.ensure_future(turn.wanted.wait())
    try:
        await asyncio.wait({attempt, wanted}, return_when=asyncio.FIRST_COMPLETED)
        # One that has ended in the same moment has no use for leaving.
        if not attempt.done() and may_leave():
            return False
        await attempt
        return True
    finally:
        for task in (attempt, wanted):
            task.cancel()
        await asyncio.gather(attempt, wanted, return_exceptions=True)
