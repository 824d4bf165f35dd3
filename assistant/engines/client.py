"""Speaking to a model server: OpenAI's completions over HTTP, streamed.

Closing the stream is how a request is aborted: vLLM stops computing when its client has
gone. So a caller that no longer wants the answer leaves the ``async for`` or is cancelled,
and nothing else is needed.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from assistant.engines.protocol import ChatRequest, Chunk, Endpoint, GenerateRequest
from assistant.errors import EngineError, EngineUnavailable

if TYPE_CHECKING:
    import httpx

WAITED = "X-Assistant-Waited"
"""Header: milliseconds from the keystroke to the request. The gateway's trace begins there."""


class EngineClient:
    """A client of one endpoint. Keeps its connections; close it when done.

    ``timeout`` is the most seconds between two pieces of an answer.
    """

    def __init__(self, endpoint: Endpoint, timeout: float = 60.0) -> None:
        import httpx

        headers = {"Authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key else {}
        self.endpoint = endpoint
        self._http: httpx.AsyncClient = httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(timeout, connect=5.0),
            # The engine's address is the user's own; a proxy from the environment is for
            # the world outside.
            trust_env=not endpoint.url.startswith(("http://127.", "http://localhost")),
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Chunk, None]:
        """The answer, piece by piece; the first is empty and says that it was accepted.

        Raises EngineUnavailable when nobody listens or the connection is lost, EngineError when
        the server refuses or says nothing for too long.
        """
        headers = {**_trace(request.since), **request.headers}
        async with aclosing(self._stream("completions", self._body(request), headers)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def chat(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """The assistant's next message, as :meth:`generate` gives an answer."""
        body = self._chat_body(request)
        async with aclosing(self._stream("chat/completions", body, _trace(0.0))) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _stream(
        self, path: str, body: dict[str, Any], headers: dict[str, str]
    ) -> AsyncGenerator[Chunk, None]:
        import httpx

        url = f"{self.endpoint.url}/{path}"
        try:
            async with self._http.stream("POST", url, json=body, headers=headers) as response:
                if response.status_code != 200:
                    raise await _refusal(response)
                yield Chunk("")
                async for line in response.aiter_lines():
                    if not line.startswith("data:"):
                        continue
                    data = line[5:].strip()
                    if data == "[DONE]":
                        # Read on to the end of the body: only then is the connection free
                        # for the next request.
                        continue
                    yield _chunk(data)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise EngineUnavailable(
                f"no engine answers at {self.endpoint.url}: start one with `assistant serve`"
            ) from error
        except httpx.HTTPError as error:
            name = type(error).__name__
            # A connection that was lost may be an engine that restarts; silence is not.
            lost = isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError)
            kind = EngineUnavailable if lost else EngineError
            raise kind(f"the engine at {url} broke off ({name}): see its log") from error

    async def prefix_cache_hits(self) -> int | None:
        """Prompt tokens that the engine has taken from its prefix cache since its start.

        From vLLM's metrics; None where the server has none.
        """
        import httpx

        try:
            response = await self._http.get(f"{self.endpoint.url.removesuffix('/v1')}/metrics")
        except httpx.HTTPError:
            return None
        found = re.findall(
            r"^vllm:prefix_cache_hits_total(?:\{.*\})? ([0-9.e+]+)$", response.text, re.MULTILINE
        )
        return round(sum(float(value) for value in found)) if found else None

    def _shared(self, request: GenerateRequest | ChatRequest) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.endpoint.model,
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if request.stop:
            body["stop"] = list(request.stop)
        return body

    def _chat_body(self, request: ChatRequest) -> dict[str, Any]:
        body = self._shared(request)
        body["messages"] = [{"role": m.role, "content": m.content} for m in request.messages]
        if request.messages and request.messages[-1].role == "assistant":
            body.update(continue_final_message=True, add_generation_prompt=False)
        body.update(request.extra)
        return body

    def _body(self, request: GenerateRequest) -> dict[str, Any]:
        prompt = request.prompt
        body = self._shared(request)
        body["prompt"] = prompt if isinstance(prompt, str) else list(prompt)
        if self.endpoint.constraints:
            # Extensions of vLLM; other servers may refuse fields they do not know.
            body["skip_special_tokens"] = True
            # A stream that is left early never sees the usage at its end.
            body["stream_options"]["continuous_usage_stats"] = True
            if request.stop_token_ids:
                body["stop_token_ids"] = list(request.stop_token_ids)
            if request.regex:
                body["structured_outputs"] = {"regex": request.regex}
        body.update(request.extra)
        return body


def _trace(since: float) -> dict[str, str]:
    """A new trace's W3C context, so that what the gateway and the engine record of one request
    belongs together."""
    headers = {"traceparent": f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"}
    if since:
        headers[WAITED] = str(max(0, round((time.perf_counter() - since) * 1000)))
    return headers


async def _refusal(response: httpx.Response) -> EngineError:
    await response.aread()
    try:
        payload = response.json()
        message = _words(payload["error"] if "error" in payload else payload["message"])
    except (ValueError, KeyError, TypeError):
        message = _words(response.text)
    kind = EngineUnavailable if response.status_code in (429, 502, 503) else EngineError
    return kind(f"the engine refused the request ({response.status_code}): {message}")


class _Delta(BaseModel):
    """With a reasoning parser vLLM puts thoughts into ``reasoning``
    (``DeltaMessage`` of 0.32); older versions and other servers call it ``reasoning_content``, or
    send both. Thoughts that are no text are passed over."""

    content: str | None = None
    reasoning: Any = None
    reasoning_content: Any = None

    @property
    def thought(self) -> str:
        said = self.reasoning or self.reasoning_content
        return said if isinstance(said, str) else ""


class _Choice(BaseModel):
    text: str | None = None
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Details(BaseModel):
    cached_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None


class _Piece(BaseModel):
    """What this client reads of one event of the stream; servers send more."""

    error: Any = None
    choices: list[_Choice] | None = None
    usage: _Usage | None = None


def _chunk(data: str) -> Chunk:
    try:
        piece = _Piece.model_validate_json(data)
    except ValidationError as error:
        raise EngineError(
            "the engine sent something that is not OpenAI's protocol "
            f"(does engine.url name the right server?): {_words(data)}"
        ) from error
    if piece.error:
        raise EngineError(f"the engine failed: {_words(piece.error)}")
    choice = piece.choices[0] if piece.choices else _Choice()
    usage = piece.usage or _Usage()
    details = usage.prompt_tokens_details or _Details()
    return Chunk(
        text=choice.text or (choice.delta and choice.delta.content) or "",
        finish_reason=choice.finish_reason or "",
        prompt_tokens=usage.prompt_tokens or 0,
        cached_tokens=details.cached_tokens or 0,
        generated_tokens=usage.completion_tokens or 0,
        thought=choice.delta.thought if choice.delta else "",
    )


def _words(error: object) -> str:
    """A server's error, an object with a message or plain text, as one line of some length."""
    if isinstance(error, dict):
        error = error.get("message", error)
    return " ".join(str(error).split())[:200]
