"""The connection to engines: bytes, as they come.

aiohttp, because its parser is native code: what passes here is every token of every client.
Leaving the context closes the connection, which is how vLLM is told to stop computing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from assistant.engines.protocol import Endpoint
from assistant.gateway.errors import BadRequest, EngineDown, EngineFailed

if TYPE_CHECKING:
    import aiohttp

HUNG = "engine_silent"
"""``code`` of the error for an engine that said nothing for too long."""


def _dumps(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, allow_nan=False)


class Upstream:
    """One client for all engines; ``silence`` is the most seconds between two pieces."""

    def __init__(self, silence: float) -> None:
        import aiohttp

        self._silence = silence
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=silence),
            # An engine is the user's own; a proxy from the environment is for the world outside.
            trust_env=False,
            # Answers pass as they come, so none may be compressed, by a proxy in between either.
            headers={"Accept-Encoding": "identity"},
            auto_decompress=False,
            json_serialize=_dumps,
        )

    async def close(self) -> None:
        await self._session.close()

    @asynccontextmanager
    async def post(
        self, endpoint: Endpoint, path: str, body: Any, headers: dict[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The engine's answer to ``body`` (JSON) at ``path`` below ``/v1``.

        Raises EngineDown where nobody answers, EngineFailed where it broke off.
        """
        url = f"{endpoint.url}/{path}"
        if endpoint.api_key:
            headers = {**headers, "Authorization": f"Bearer {endpoint.api_key}"}
        response = await self._open("POST", url, body, headers)
        try:
            with self._translated(url):
                yield response
        finally:
            # Not release: what is left unread must not be computed.
            if not response.content.at_eof():
                response.close()
            response.release()

    async def get(self, url: str, seconds: float = 5.0) -> tuple[int, str]:
        """Status and text; raises EngineDown."""
        async with asyncio.timeout(seconds):
            response = await self._open("GET", url, None, {})
            async with response:
                return response.status, await response.text()

    async def send(self, url: str, body: Any, seconds: float = 120.0) -> tuple[int, str]:
        """Status and text of a short POST; raises EngineDown."""
        async with asyncio.timeout(seconds):
            response = await self._open("POST", url, body, {})
            async with response:
                return response.status, await response.text()

    async def _open(
        self, method: str, url: str, body: Any, headers: dict[str, str]
    ) -> aiohttp.ClientResponse:
        import aiohttp

        for again in (True, False):
            try:
                return await self._session.request(method, url, json=body, headers=headers)
            except ValueError as error:  # what JSON cannot carry: NaN, half a surrogate pair
                raise BadRequest("a number or a text in the request cannot be sent on") from error
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                # A connection kept from before the engine restarted: nothing was computed.
                if not again or isinstance(error, aiohttp.ClientConnectorError):
                    raise EngineDown(f"no engine answers at {url}", retry_after=5) from error
            except (aiohttp.SocketTimeoutError, TimeoutError) as error:
                raise self._silent(url) from error
            except aiohttp.ClientError as error:
                raise EngineFailed(f"{url}: {type(error).__name__}") from error
        raise AssertionError("unreachable")

    @contextmanager
    def _translated(self, url: str) -> Iterator[None]:
        """aiohttp's errors while an answer is read, as ours."""
        import aiohttp

        try:
            yield
        except aiohttp.SocketTimeoutError as error:
            raise self._silent(url) from error
        except aiohttp.ClientError as error:
            name = type(error).__name__
            raise EngineFailed(f"the engine broke off in its answer ({name})") from error

    def _silent(self, url: str) -> EngineFailed:
        return EngineFailed(f"the engine at {url} said nothing for {self._silence:g} s", code=HUNG)
