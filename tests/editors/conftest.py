"""A real Neovim 0.12 that runs this repository's plug-in."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pynvim
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def nvim_command() -> str:
    """A Neovim that knows ``vim.lsp.inline_completion``; fetched where the system has none."""
    installed = shutil.which("nvim")
    if installed:
        probe = [installed, "--clean", "--headless", "-c", "lua io.write(vim.fn.has('nvim-0.12'))"]
        found = subprocess.run([*probe, "-c", "q"], capture_output=True, text=True, timeout=60)
        if found.stdout.strip() == "1":
            return installed
    script = ROOT / "editors" / "neovim" / "fetch-nvim.sh"
    fetched = subprocess.run(["sh", str(script)], capture_output=True, text=True, timeout=280)
    if fetched.returncode:
        pytest.skip(f"no Neovim 0.12 here: {fetched.stderr.strip().splitlines()[-1]}")
    return fetched.stdout.strip().splitlines()[-1]


class Editor:
    """Neovim over its RPC, driven as a user would: by keys."""

    def __init__(self, nvim: pynvim.Nvim) -> None:
        self.nvim = nvim

    def keys(self, keys: str) -> None:
        self.nvim.input(keys)

    def ghost(self) -> str:
        """The ghost text in the current buffer, lines joined; empty when there is none."""
        namespace = self.nvim.api.create_namespace("nvim.lsp.inline_completion")
        marks = self.nvim.api.buf_get_extmarks(0, namespace, 0, -1, {"details": True})
        lines: list[str] = []
        for *_, details in marks:
            shown = [details.get("virt_text") or [], *(details.get("virt_lines") or [])]
            lines += ["".join(chunk[0] for chunk in line) for line in shown]
        return "\n".join(lines)

    def lines(self) -> list[str]:
        return list(self.nvim.current.buffer[:])

    def status(self) -> dict[str, Any]:
        """``assistant/status`` as the plug-in gives it."""
        return dict(self.nvim.exec_lua("return require('assistant').status() or {}"))

    def wait(self, condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
        end = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > end:
                messages = self.nvim.command_output("messages")
                raise AssertionError(f"no {what}; Neovim says: {messages!r}; {self.status()}")
            time.sleep(0.05)
        return value

    def ready(self, path: Path) -> None:
        """Open ``path`` and wait until the server has an engine and its index."""
        self.nvim.command(f"edit {path}")
        self.wait(lambda: self.status().get("engine", {}).get("state") == "ready", "engine", 280)
        self.wait(lambda: all(i["state"] == "ready" for i in self.status()["indexes"]), "index")


@pytest.fixture
def start_editor(
    nvim_command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Editor]]:
    """Starts Neovim in this process's environment, with the plug-in set up as users do."""
    running: list[pynvim.Nvim] = []
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "xdg"))

    def start() -> Editor:
        nvim = pynvim.attach("child", argv=[nvim_command, "--clean", "--embed", "--headless", "-n"])
        running.append(nvim)
        nvim.command(f"set runtimepath+={ROOT / 'editors' / 'neovim'}")
        command = [sys.executable, "-m", "lsp"]
        nvim.exec_lua("require('assistant').setup({ cmd = ... })", command)
        return Editor(nvim)

    yield start
    for nvim in running:
        # Neovim tells its servers to shut down before it goes.
        nvim.command("silent! qall!", async_=True)
        nvim.close()
