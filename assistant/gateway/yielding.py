"""Batch work that leaves the engine when somebody types, and goes on later.

vLLM does not stop a running request for a waiting one, so the gateway does: it closes the
connection, which ends the computation within a step, and asks again in the next pause. What
was written by then is kept and goes along as the beginning of the answer; the prefix cache
still has most of it. Requests for which that is not the same question (several choices,
logprobs, stop texts, constraints, tools) start over instead, at most :data:`RESTARTS` times,
and a stream of such a request is not interrupted once it has begun.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from assistant.engines.protocol import Endpoint
from assistant.gateway.errors import EngineFailed
from assistant.gateway.relay import Relay, refused
from assistant.gateway.scheduler import Turn
from assistant.gateway.work import Kind, Work

if TYPE_CHECKING:
    import aiohttp
    from starlette.types import Send

RESTARTS = 3
"""Times that a request which cannot be resumed is started anew before it stays."""
_CONTINUES = {
    *("model", "prompt", "messages", "max_tokens", "max_completion_tokens", "temperature"),
    *("top_p", "top_k", "min_p", "stream", "stream_options", "user", "stop_token_ids"),
    "priority",
}
"""Fields with which an answer can be continued: the rest of it does not depend on where it was
cut."""


def resumable(body: dict[str, Any], endpoint: Endpoint) -> bool:
    """Whether an engine can go on with an answer to ``body`` that was cut off."""
    prompt = body.get("prompt", "")
    return endpoint.constraints and set(body) <= _CONTINUES and isinstance(prompt, str)


class Yielding(Relay):
    """A relay for one batch request."""

    _text = ""
    _tokens = 0
    _head: dict[str, Any] | None = None
    _prompt_tokens = 0
    _finish: str | None = None

    async def _answer(self, send: Send) -> None:
        engine, call = self._engine, self._call
        yields = 0
        while True:
            async with engine.turn(self._work) as turn:
                call.granted = call.granted or time.monotonic()
                endpoint = await engine.ready()
                body = {**self._body, "model": self._gateway.pool.named(engine, call.model)}
                goes_on = resumable(body, endpoint)
                stays = not goes_on and (bool(body.get("stream")) or yields >= RESTARTS)
                attempt = self._resumed if goes_on else self._relayed
                if await _done(attempt(endpoint, body, send), turn, stays):
                    return
            yields += 1

    async def _resumed(self, endpoint: Endpoint, body: dict[str, Any], send: Send) -> None:
        """The rest of the answer, streamed from the engine whatever the client asked for."""
        asked = self._rest(body)
        sends = bool(body.get("stream"))
        usage = bool((body.get("stream_options") or {}).get("include_usage"))
        asked |= {
            "stream": True,
            "stream_options": {"include_usage": True, "continuous_usage_stats": True},
            "priority": int(self._work.kind),
        }
        before, headers = self._tokens, self._call.to_engine()
        async with self._gateway.upstream.post(endpoint, self._path, asked, headers) as answer:
            if answer.status != 200:
                raise await refused(answer)
            if sends and not self._started:
                await self._start(answer, send)
            async for event in _events(answer):
                self._engine.heard = time.monotonic()
                if "error" in event:
                    raise EngineFailed(f"the engine failed: {str(event['error'])[:200]}")
                self._take(event, before)
                if sends and event.get("choices"):
                    await self._event({**event, "usage": None} if usage else _bare(event), send)
        self._call.prompt_tokens = self._prompt_tokens
        self._call.generated_tokens = self._tokens
        if not sends:
            await self._send_whole(send)
            return
        if usage:
            await self._event({**(self._head or {}), "choices": [], "usage": self._usage()}, send)
        await self._send(
            {"type": "http.response.body", "body": b"data: [DONE]\n\n", "more_body": False}, send
        )

    def _rest(self, body: dict[str, Any]) -> dict[str, Any]:
        """The question for what is left of the answer."""
        asked = dict(body)
        if not self._text:
            return asked
        for name in ("max_tokens", "max_completion_tokens"):
            if asked.get(name):
                asked[name] = max(1, asked[name] - self._tokens)
        if "messages" in asked:
            begun = {"role": "assistant", "content": self._text}
            asked["messages"] = [*asked["messages"], begun]
            asked |= {"continue_final_message": True, "add_generation_prompt": False}
        else:
            asked["prompt"] += self._text
        return asked

    def _take(self, event: dict[str, Any], before: int) -> None:
        """Add one event to what is known of the answer."""
        if self._head is None:
            self._head = {k: v for k, v in event.items() if k not in ("choices", "usage")}
        for choice in event.get("choices") or ():
            delta = choice.get("delta") or {}
            self._text += choice.get("text") or delta.get("content") or ""
            self._finish = choice.get("finish_reason") or self._finish
        if usage := event.get("usage"):
            self._tokens = before + (usage.get("completion_tokens") or 0)
            if not self._prompt_tokens:
                details = usage.get("prompt_tokens_details") or {}
                self._call.cached_tokens = details.get("cached_tokens") or 0
            self._prompt_tokens = self._prompt_tokens or usage.get("prompt_tokens") or 0

    def _usage(self) -> dict[str, int]:
        prompt, answer = self._prompt_tokens, self._tokens
        return {
            "prompt_tokens": prompt,
            "completion_tokens": answer,
            "total_tokens": prompt + answer,
        }

    async def _event(self, event: dict[str, Any], send: Send) -> None:
        data = f"data: {json.dumps(event)}\n\n".encode()
        await self._send({"type": "http.response.body", "body": data, "more_body": True}, send)

    async def _send_whole(self, send: Send) -> None:
        chat = "messages" in self._body
        said = {"message": {"role": "assistant", "content": self._text}}
        choice = {
            "index": 0,
            **(said if chat else {"text": self._text}),
            "finish_reason": self._finish,
            "logprobs": None,
        }
        head = {**(self._head or {}), "object": "chat.completion" if chat else "text_completion"}
        whole = json.dumps({**head, "choices": [choice], "usage": self._usage()}).encode()
        await self._reply(whole, "application/json", send)


def relay_of(work: Work) -> type[Relay]:
    """How an answer to ``work`` is passed on."""
    return Yielding if work.kind is Kind.BATCH else Relay


def _bare(event: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key != "usage"}


async def _events(answer: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    async for line in answer.content:
        data = line.strip()
        if data.startswith(b"data:") and data[5:].strip() != b"[DONE]":
            event = json.loads(data[5:])
            if isinstance(event, dict):
                yield event


async def _done(work: Any, turn: Turn, stays: bool) -> bool:
    """Do ``work`` to its end, or until its place is wanted: then False."""
    attempt = asyncio.ensure_future(work)
    wanted = asyncio.ensure_future(turn.wanted.wait())
    waits = {attempt} if stays else {attempt, wanted}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        if attempt.done():
            attempt.result()
            return True
        return False
    finally:
        for task in (attempt, wanted):
            task.cancel()
        await asyncio.gather(attempt, wanted, return_exceptions=True)
