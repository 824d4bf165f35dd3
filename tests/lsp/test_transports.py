"""Standard streams, TCP and WebSocket, as real processes."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from lsp_client import Client, StreamWire
from lsp_setting import Setting
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from lsp.__main__ import main


class WebSocketWire:
    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, message: bytes) -> None:
        await self.socket.send(message)

    async def receive(self) -> bytes | None:
        try:
            return await self.socket.recv(decode=False)
        except ConnectionClosed:
            return None


@asynccontextmanager
async def listening(setting: Setting, *arguments: str) -> AsyncIterator[int]:
    """A server process that listens; its port."""
    command = [sys.executable, "-m", "lsp", "--set", f"engine.url={setting.url}", *arguments]
    process = await asyncio.create_subprocess_exec(
        *command, stderr=asyncio.subprocess.PIPE, env=setting.env
    )
    assert process.stderr is not None
    try:
        line = (await process.stderr.readline()).decode()
        found = re.search(r"listening on (?:tcp|ws)://127\.0\.0\.1:(\d+)", line)
        assert found, line
        yield int(found[1])
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.communicate(), 15)
        assert process.returncode == 0


async def completes(client: Client, setting: Setting, name: str) -> None:
    setting.engine.configure(default="load()")
    await client.initialize(setting.folder)
    assert client.capabilities["inlineCompletionProvider"] == {}
    await client.ready()
    uri = setting.document(name)
    await client.open(uri, "x = \n")
    assert (await client.inline(uri, 0, 4))[0]["insertText"] == "load()"


@pytest.mark.slow
async def test_tcp_serves_several_clients(setting: Setting) -> None:
    async with listening(setting, "--tcp", "127.0.0.1:0") as port:
        for name in ("tcp_one.py", "tcp_two.py"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
            client = Client(StreamWire(reader, writer))
            await completes(client, setting, name)
            assert (await client.status())["documents"] == 1
            await client.close()
            writer.close()
            await writer.wait_closed()


@pytest.mark.slow
async def test_websocket(setting: Setting) -> None:
    async with listening(setting, "--ws", "127.0.0.1:0") as port:
        address = f"ws://127.0.0.1:{port}"
        async with connect(address, proxy=None) as socket:
            client = Client(WebSocketWire(socket))
            await completes(client, setting, "ws.py")
            await client.close()
        # A page in a browser must not reach the user's files through it.
        with pytest.raises(InvalidStatus):
            await connect(address, proxy=None, origin=Origin("https://example.org")).__aenter__()


@pytest.mark.slow
async def test_exit_status(setting: Setting) -> None:
    async with setting.server() as client:
        await client.initialize(setting.folder)
        assert client.process is not None
        await client.request("shutdown")
        await client.notify("exit")
        assert await client.gone() == 0
    async with setting.server() as client:
        await client.initialize(setting.folder)
        await client.notify("exit")
        assert await client.gone() == 1


async def test_ends_with_its_input(setting: Setting) -> None:
    async with setting.server() as client:
        await client.initialize(setting.folder)
        await client.ready()
        assert await client.gone() == 1
        assert b"Traceback" not in client.errors


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--tcp", "nowhere"], "HOST:PORT"),
        (["--tcp", "127.0.0.1:99999"], "HOST:PORT"),
        (["--colour"], "unrecognized arguments"),
        (["--set", "engine.url"], "KEY=VALUE"),
        (["--tcp", "127.0.0.1:0", "--ws", "127.0.0.1:0"], "not allowed with"),
    ],
)
def test_misuse(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(arguments)
    except SystemExit as left:  # argparse's own
        status = int(left.code or 0)
    assert status == 2
    error = capsys.readouterr().err
    assert says in error
    assert "Traceback" not in error


@pytest.mark.slow
def test_an_address_that_is_not_ours(setting: Setting) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "lsp", "--tcp", "192.0.2.1:1"],
        env=setting.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 2
    assert "cannot listen on 192.0.2.1:1" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_log_file_that_cannot_be_written(setting: Setting, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    result = subprocess.run(
        [sys.executable, "-m", "lsp", "--log-file", str(blocked / "log")],
        env=setting.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 2
    assert "cannot log to" in result.stderr


@pytest.mark.slow
def test_input_from_a_file(setting: Setting, tmp_path: Path) -> None:
    """Where the event loop cannot watch standard input."""
    script = tmp_path / "messages"
    body = b'{"jsonrpc": "2.0", "method": "exit"}'
    script.write_bytes(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    with script.open("rb") as stdin:
        result = subprocess.run(
            [sys.executable, "-m", "lsp"], env=setting.env, stdin=stdin, timeout=60
        )
    assert result.returncode == 1


@pytest.mark.slow
def test_input_from_the_null_device(setting: Setting) -> None:
    """The event loop accepts a device, and fails to watch it later."""
    result = subprocess.run(
        [sys.executable, "-m", "lsp"],
        env=setting.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
