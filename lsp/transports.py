"""How messages come and go: standard streams, TCP, WebSocket.

Over the streams the process serves one client and ends with it. The other two serve any
number, each with a session of its own, until the process is stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import stat
import sys
from collections.abc import Callable, Coroutine, Sequence
from threading import Event
from typing import TYPE_CHECKING, Any

from pygls.io_ import StdinAsyncReader, StdoutWriter, run_async, run_websocket

from assistant.errors import UsageError

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

    from lsp.server import AssistantServer

logger = logging.getLogger(__name__)

MakeServer = Callable[[], "AssistantServer"]


async def serve_stdio(make: MakeServer) -> int:
    """Serve this process's own client. Returns the exit status that LSP asks for:
    0 after ``shutdown`` and ``exit``, else 1."""
    server = make()
    stopping = _stop_on_signal()
    reader, thread = await _stdin()
    server.protocol.set_writer(StdoutWriter(sys.stdout.buffer))
    try:
        await _until_left(server, _messages(server, reader), stopping)
    finally:
        await server.close()
        if thread:
            # A thread still reads stdin and would keep the interpreter from ending.
            sys.stdout.flush()
            os._exit(server.exit_code if server.exit_code is not None else 1)
    return server.exit_code if server.exit_code is not None else 1


async def serve_tcp(make: MakeServer, host: str, port: int) -> int:
    """Serve every client that connects; prints the address on stderr. 0 when stopped."""
    stopping = _stop_on_signal()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server = make()
        server.protocol.set_writer(_TcpWriter(writer))
        try:
            await _until_left(server, _messages(server, reader), stopping)
        finally:
            await server.close()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    try:
        listener = await asyncio.start_server(connection, host, port)
    except OSError as error:
        raise _cannot_listen(host, port, error) from error
    _announce("tcp", listener.sockets[0].getsockname())
    async with listener:
        await stopping.wait()
    return 0


async def serve_websocket(
    make: MakeServer, host: str, port: int, origins: Sequence[str] = ()
) -> int:
    """Like :func:`serve_tcp`, a message a frame.

    A page in a browser may connect to any local port, so one with an ``Origin`` is refused
    unless ``origins`` lists it.
    """
    from websockets.asyncio.server import serve
    from websockets.typing import Origin

    stopping = _stop_on_signal()

    async def connection(websocket: ServerConnection) -> None:
        server = make()
        talk = run_websocket(
            websocket=websocket,
            stop_event=Event(),
            protocol=server.protocol,
            logger=logging.getLogger("pygls"),
            error_handler=server.report_server_error,
        )
        try:
            await _until_left(server, talk, stopping)
        finally:
            await server.close()

    try:
        listener = await serve(
            connection, host, port, origins=[None, *map(Origin, origins)], max_size=None
        )
    except OSError as error:
        raise _cannot_listen(host, port, error) from error
    _announce("ws", next(iter(listener.sockets)).getsockname())
    async with listener:
        await stopping.wait()
    return 0


class _TcpWriter:
    """Lets a write after the peer has gone pass: the reader's end says the same."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def write(self, data: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(data)

    def close(self) -> None:
        self._writer.close()


async def _messages(
    server: AssistantServer, reader: asyncio.StreamReader | StdinAsyncReader
) -> None:
    with contextlib.suppress(OSError, EOFError, ValueError):
        await run_async(
            stop_event=Event(),
            reader=reader,
            protocol=server.protocol,
            logger=logging.getLogger("pygls"),
            error_handler=server.report_server_error,
        )


async def _until_left(
    server: AssistantServer, talk: Coroutine[Any, Any, None], stopping: asyncio.Event
) -> None:
    """Until the client has gone, has said ``exit``, or this process is to stop."""
    tasks = [
        asyncio.create_task(talk),
        asyncio.create_task(server.left.wait()),
        asyncio.create_task(stopping.wait()),
    ]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _stdin() -> tuple[asyncio.StreamReader | StdinAsyncReader, bool]:
    """A reader of stdin, and whether it needs a thread.

    A pipe is read by the event loop, which spares two thread switches a message. A file or
    a device cannot be, nor a descriptor that stdout shares: it would become non-blocking for
    both.
    """
    if sys.platform != "win32" and _is_pipe() and not _shared():
        reader = asyncio.StreamReader()
        with contextlib.suppress(ValueError, OSError):
            await asyncio.get_running_loop().connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer
            )
            return reader, False
    return StdinAsyncReader(sys.stdin.buffer), True


def _is_pipe() -> bool:
    mode = os.fstat(0).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _shared() -> bool:
    return os.path.sameopenfile(0, 1)


def _stop_on_signal() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError, RuntimeError):  # Windows
            loop.add_signal_handler(name, stopping.set)
    return stopping


def _cannot_listen(host: str, port: int, error: OSError) -> UsageError:
    return UsageError(f"cannot listen on {host}:{port}: {error.strerror or error}")


def _announce(scheme: str, address: Any) -> None:
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    sys.stderr.write(f"listening on {scheme}://{host}:{address[1]}\n")
    sys.stderr.flush()
