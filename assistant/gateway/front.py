"""What every request passes first: its id, who asks, how much, and the line about it.

Plain ASGI around the application, so that a stream passes without a copy in between.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assistant.errors import UsageError, where
from assistant.gateway.call import HEADER, LONGEST_PATH, Call
from assistant.gateway.errors import (
    Broken,
    Busy,
    KeysBroken,
    NoKey,
    NotAllowed,
    Refusal,
    TooLarge,
)
from assistant.gateway.keys import LOCAL, STRANGER, Key
from assistant.gateway.texts import Texts

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from assistant.gateway.gateway import Gateway

logger = logging.getLogger(__name__)

ALWAYS = ("/health", "/ready")
"""Paths that are answered however many connections there are."""
OPEN = ("/", *ALWAYS)
"""Paths that whoever watches a server asks without a key; the page at / has no data in it."""
_ID = re.compile(r"[\w.-]{1,64}")


class Front:
    """``refuse`` writes a refusal in the shape of the path's dialect."""

    def __init__(
        self,
        app: ASGIApp,
        gateway: Gateway,
        refuse: Callable[[Scope, Refusal], ASGIApp],
    ) -> None:
        self._app = app
        self._gateway = gateway
        self._refuse = refuse
        self._said = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        given = headers.get(HEADER.lower(), "")
        call = Call(given if _ID.fullmatch(given) else uuid.uuid4().hex, STRANGER)
        call.method, call.path = scope["method"], scope["path"][:LONGEST_PATH]
        scope.setdefault("state", {})["call"] = call
        lines = self._gateway.texts
        if lines is not None:
            texts = Texts(receive, send)
            receive, send = texts.receive, texts.send
        noted = _noting(call, send)
        self._gateway.began(call, headers)
        try:
            try:
                await self._pass(scope, receive, noted, headers, call)
            except Exception as error:  # noqa: BLE001 - whatever it is, nobody must print it
                refusal = error if isinstance(error, Refusal) else broken(call, error)
                # A server that gets the error prints it, and it may quote what the client sent.
                # An answer that has begun is cut short, and after its end there is nothing to do.
                call.outcome = refusal.code
                if not call.status:
                    await self._refuse(scope, refusal)(scope, receive, noted)
        finally:
            self._gateway.ended(call)
            if lines is not None:
                texts.write(call, lines)

    async def _pass(
        self, scope: Scope, receive: Receive, send: Send, headers: dict[str, str], call: Call
    ) -> None:
        gateway = self._gateway
        crowd = scope["state"].get("connections", 0)
        if crowd > gateway.settings.gateway.max_connections and call.path not in ALWAYS:
            raise Busy("there are too many connections", retry_after=1, code="too_many_connections")
        if not gateway.remote:
            _check_browser(headers)
        if call.path not in OPEN:
            call.key = self._key(headers)
            gateway.limits.count(call.key)
        most = gateway.settings.gateway.max_body_bytes
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > most:
            raise _too_large(most)
        with gateway.limits.running(call.key):
            await self._app(scope, _bounded(receive, most), send)

    def _key(self, headers: dict[str, str]) -> Key:
        keys = self._gateway.keys
        try:
            known = keys.all()
        except UsageError as error:
            # Once: whoever has no key must not fill the log.
            if self._said != str(error):
                self._said = str(error)
                logger.error("%s", error)
            raise KeysBroken("the gateway cannot read its keys: see its log") from error
        if not known and not self._gateway.remote:
            return LOCAL
        kind, _, secret = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secret:
            secret = headers.get("x-api-key", "")
        if not secret:
            raise NoKey("a key is needed: Authorization: Bearer … (`assistant keys add` makes one)")
        key = keys.find(secret.strip())
        if key is None:
            raise NoKey("this key is not known here: see `assistant keys list`")
        return key


def is_loopback(host: str) -> bool:
    """Whether ``host`` names this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def broken(call: Call, error: Exception) -> Broken:
    """What the client is told of a bug. The log has its place and not its words, which may quote
    what the client sent; once, however many layers it passes."""
    if call.outcome != Broken.code:
        logger.error("a bug at %r: %s", call.path, where(error))
    return Broken("something went wrong in the gateway: see its log")


def _host(address: str) -> str:
    """The name in an address; empty where that is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _check_browser(headers: dict[str, str]) -> None:
    """On the loopback address there may be no key, and any page that the user opens can send
    requests there: none of its own origin, none by a name that it resolves as it likes."""
    host = _host(f"//{headers.get('host', 'localhost')}")
    if not is_loopback(host):
        raise NotAllowed(f"this gateway is not called {host!r}: ask it as 127.0.0.1")
    origin = headers.get("origin", "")
    if origin and not is_loopback(_host(origin)):
        raise NotAllowed(f"pages of {origin} may not use this gateway")


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"the request's body is larger than {most} bytes (gateway.max_body_bytes)")


def _bounded(receive: Receive, most: int) -> Receive:
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > most:
                from starlette.exceptions import HTTPException

                raise HTTPException(413, str(_too_large(most)))
        return message

    return bounded


def _noting(call: Call, send: Send) -> Callable[[Any], Awaitable[None]]:
    async def noted(message: Message) -> None:
        if message["type"] == "http.response.start":
            call.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (HEADER.encode(), call.id.encode())]
        elif body := message.get("body"):
            call.first_byte = call.first_byte or time.monotonic()
            call.sent_bytes += len(body)
        await send(message)

    return noted
