"""Neovim as a test drives it: keys in, buffer and ghost text out, over its own RPC.

Spoken by hand: the usual client switches greenlets, after which Python 3.11 may refuse to
compile a module (its recursion counter is off).
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack


class NvimError(Exception):
    """What Neovim answered instead of a result."""


class Rpc:
    """msgpack-rpc over Neovim's socket, one call at a time."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(60)
        self._socket.connect(str(path))
        self._unpacker = msgpack.Unpacker(strict_map_key=False)
        self._next = 0

    def call(self, method: str, *arguments: Any) -> Any:
        self._next += 1
        self._socket.sendall(msgpack.packb([0, self._next, method, list(arguments)]))
        while True:
            for message in self._unpacker:
                if message[0] == 1 and message[1] == self._next:
                    if message[2]:
                        raise NvimError(message[2])
                    return message[3]
            data = self._socket.recv(65536)
            if not data:
                raise NvimError("Neovim has gone")
            self._unpacker.feed(data)

    def notify(self, method: str, *arguments: Any) -> None:
        self._socket.sendall(msgpack.packb([2, method, list(arguments)]))

    def close(self) -> None:
        self._socket.close()


class Editor:
    """A running Neovim with the plug-in."""

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc

    def keys(self, keys: str) -> None:
        self.rpc.call("nvim_input", keys)

    def command(self, command: str) -> str:
        return str(self.rpc.call("nvim_exec2", command, {"output": True}).get("output", ""))

    def lua(self, code: str, *arguments: Any) -> Any:
        return self.rpc.call("nvim_exec_lua", code, list(arguments))

    def ghost(self) -> str:
        """The ghost text in the current buffer, lines joined; empty when there is none."""
        namespace = self.rpc.call("nvim_create_namespace", "nvim.lsp.inline_completion")
        marks = self.rpc.call("nvim_buf_get_extmarks", 0, namespace, 0, -1, {"details": True})
        lines: list[str] = []
        for *_, details in marks:
            shown = [details.get("virt_text") or [], *(details.get("virt_lines") or [])]
            lines += ["".join(chunk[0] for chunk in line) for line in shown]
        return "\n".join(lines)

    def lines(self) -> list[str]:
        return [str(line) for line in self.rpc.call("nvim_buf_get_lines", 0, 0, -1, False)]

    def status(self) -> dict[str, Any]:
        """``assistant/status`` as the plug-in gives it."""
        return dict(self.lua("return require('assistant').status() or vim.empty_dict()"))

    def wait(self, condition: Callable[[], Any], what: str, seconds: float = 30) -> Any:
        end = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > end:
                messages = self.command("messages")
                raise AssertionError(f"no {what}; Neovim says: {messages!r}; {self.status()}")
            time.sleep(0.05)
        return value

    def ready(self, path: Path) -> None:
        """Open ``path`` and wait until the server has an engine and its index."""
        self.command(f"edit {path}")
        self.wait(lambda: self.status().get("engine", {}).get("state") == "ready", "engine", 280)
        self.wait(lambda: all(i["state"] == "ready" for i in self.status()["indexes"]), "index")
