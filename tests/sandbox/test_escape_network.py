"""Attempts to reach anything: every namespace has a network of its own with nothing on it."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_runner import Runner


@pytest.fixture
def listener() -> Iterator[tuple[str, int]]:
    """A real one on this machine's loopback, that answers while the test runs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()):
            pass
        yield server.getsockname()


def test_loopback(runner: Runner, listener: tuple[str, int]) -> None:
    runner.held(f"attempt(socket.create_connection, {listener!r}, 2)")


def test_the_host_by_each_of_its_addresses(runner: Runner, listener: tuple[str, int]) -> None:
    hosts = ["0.0.0.0", "localhost", "::1", socket.gethostname()]
    code = f"""
for host in {hosts!r}:
    attempt(socket.create_connection, (host, {listener[1]}), 2)
"""
    runner.held(code, attempts=len(hosts))


@pytest.mark.parametrize("address", [("1.1.1.1", 53), ("example.org", 80), ("169.254.169.254", 80)])
def test_outside(runner: Runner, address: tuple[str, int]) -> None:
    runner.held(f"attempt(socket.create_connection, {address!r}, 2)")


def test_datagrams(runner: Runner) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.setblocking(False)
        port = receiver.getsockname()[1]
        code = f"""
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b'x', ('127.0.0.1', {port}))
attempt(s.sendto, b'x', ('8.8.8.8', 53))
"""
        runner.held(code)
        with pytest.raises(BlockingIOError):
            receiver.recv(1)


def test_unix_sockets_of_the_host(runner: Runner) -> None:
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as folder,
        socket.socket(socket.AF_UNIX) as named,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        Path(folder).chmod(0o755)
        path, hidden = str(Path(folder, "s")), f"\0sandbox-test-{os.getpid()}"
        for server, address in ((named, path), (abstract, hidden)):
            server.bind(address)
            server.listen()
        Path(path).chmod(0o777)
        code = f"""
for address in ({path!r}, {hidden!r}, '/run/docker.sock', '/run/dbus/system_bus_socket'):
    attempt(socket.socket(socket.AF_UNIX).connect, address)
"""
        runner.held(code, attempts=4)


@pytest.mark.parametrize(
    "family",
    [socket.AF_VSOCK, socket.AF_NETLINK, socket.AF_PACKET, socket.AF_ALG, socket.AF_CAN, 31, 45],
)
def test_other_families_of_sockets(runner: Runner, family: int) -> None:
    outcome = runner.held(f"attempt(socket.socket, {int(family)}, socket.SOCK_DGRAM)")
    assert "not supported" in outcome.stdout


def test_raw_sockets(runner: Runner) -> None:
    runner.held("attempt(socket.socket, socket.AF_INET, socket.SOCK_RAW, 1)")
