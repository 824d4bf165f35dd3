"""The gateway's process: a socket, uvicorn, signals, and the way down."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import uvicorn

from assistant.config import DEFAULT_ENGINE
from assistant.engines.protocol import Progress
from assistant.errors import EngineError, UsageError
from assistant.gateway.app import build
from assistant.gateway.connection import connections
from assistant.gateway.front import is_loopback
from assistant.gateway.gateway import Gateway
from assistant.gateway.keys import Keys
from assistant.gateway.watch import Watch
from assistant.settings import Settings

BACKLOG = 2048
POLL_SECONDS = 0.1


async def serve(
    settings: Settings, show: Callable[[dict[str, Any]], None], watch: Watch | None = None
) -> None:
    """Serve until SIGINT or SIGTERM. ``show`` is told each step of the main engine
    (``{"progress": …}``), and ``{"endpoint": …}`` once that answers; ``watch`` tells of settings
    that have changed.

    Raises UsageError for an address that cannot be had, EngineError when the main engine does
    not start.
    """
    gateway = Gateway(settings, remote=not is_loopback(settings.gateway.host))
    gateway.pool.watch = watch
    check_keys(settings, gateway.keys)
    listening = bind(settings.gateway.host, settings.gateway.port)
    gateway.pool.engines[DEFAULT_ENGINE].observe = lambda step: show({"progress": _plain(step)})
    config = uvicorn.Config(
        build(gateway),
        loop="uvloop",
        http=connections(settings.gateway.request_seconds),
        backlog=BACKLOG,
        # A client's header must not say who it is.
        proxy_headers=False,
        timeout_graceful_shutdown=max(1, round(settings.gateway.drain_seconds)),
        access_log=False,
        log_config=None,
        server_header=False,
    )
    server = _Server(config, gateway)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    announcing = asyncio.create_task(_announce(gateway, server, listening, show))
    try:
        await server.serve(sockets=[listening])
    finally:
        announcing.cancel()
        await asyncio.gather(announcing, return_exceptions=True)
    if server.failure:
        raise EngineError(server.failure)


def check_keys(settings: Settings, keys: Keys) -> None:
    """Raises UsageError for an address that others reach while there is no key."""
    host = settings.gateway.host
    if not is_loopback(host) and not keys.all():
        raise UsageError(
            f"gateway.host is {host}, which others may reach, and there is no key: "
            "make one first with `assistant keys add NAME`"
        )


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises UsageError with what to do."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise UsageError(f"gateway.host: {host!r} is no address ({error.strerror})") from error
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"port {port} of {host} is in use: another gateway may run there already; "
                "end it, or take another port (--port, gateway.port)"
            ) from error
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    listening.setblocking(False)
    return listening


def url_of(listening: socket.socket) -> str:
    """Where clients find it, up to and with ``/v1``."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"


class _Server(uvicorn.Server):
    """uvicorn's, that ends as asked without passing the signal on to its caller."""

    def __init__(self, config: uvicorn.Config, gateway: Gateway) -> None:
        super().__init__(config)
        self.failure = ""
        self._gateway = gateway

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for number in numbers:
            loop.add_signal_handler(number, self._stop)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        self._gateway.draining = True
        if self.should_exit:
            # The second time: now, with whatever is under way.
            self.force_exit = True
        self.should_exit = True

    def fail(self, why: str) -> None:
        self.failure = why
        self.should_exit = True


async def _announce(
    gateway: Gateway,
    server: _Server,
    listening: socket.socket,
    show: Callable[[dict[str, Any]], None],
) -> None:
    """Say when the main engine answers for the first time; end the server if it never will."""
    main = gateway.pool.engines[DEFAULT_ENGINE]
    url = url_of(listening)
    while not server.started or main.endpoint is None:
        if server.started and main.link.state == "failed":
            server.fail(main.link.detail)
            return
        await asyncio.sleep(POLL_SECONDS)
    show({"endpoint": {"url": url, "model": main.endpoint.model, "engine": main.endpoint.engine}})


def _plain(step: Progress) -> dict[str, Any]:
    return {"stage": step.stage, "detail": step.detail, "fraction": step.fraction}
