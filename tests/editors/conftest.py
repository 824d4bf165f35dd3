"""A real Neovim 0.12 that runs this repository's plug-in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nvim_editor import Editor, Rpc

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def nvim_command() -> str:
    """A Neovim that knows ``vim.lsp.inline_completion``; fetched where the system has none.

    Without one the tests fail, unless ``ASSISTANT_SKIP_EDITORS`` is set.
    """
    if os.environ.get("ASSISTANT_SKIP_EDITORS"):
        pytest.skip("ASSISTANT_SKIP_EDITORS is set")
    installed = shutil.which("nvim")
    if installed:
        probe = [installed, "--clean", "--headless", "-c", "lua io.write(vim.fn.has('nvim-0.12'))"]
        found = subprocess.run([*probe, "-c", "q"], capture_output=True, text=True, timeout=60)
        if found.stdout.strip() == "1":
            return installed
    script = ROOT / "editors" / "neovim" / "fetch-nvim.sh"
    fetched = subprocess.run(["sh", str(script)], capture_output=True, text=True, timeout=280)
    if fetched.returncode:
        reason = (fetched.stderr.strip().splitlines() or ["it could not be fetched"])[-1]
        pytest.fail(
            f"no Neovim 0.12 here: {reason}; install it, or set ASSISTANT_SKIP_EDITORS=1 "
            "to leave these tests out",
            pytrace=False,
        )
    return fetched.stdout.strip().splitlines()[-1]


@pytest.fixture
def start_editor(
    nvim_command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Editor]]:
    """Starts Neovim in this process's environment, with the plug-in set up as users do."""
    running: list[tuple[Rpc, subprocess.Popen[bytes]]] = []
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "xdg"))

    def start() -> Editor:
        address = Path(sockets) / f"{len(running)}"
        process = subprocess.Popen(
            [nvim_command, "--clean", "--headless", "-n", "--listen", str(address)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 30
        while not address.exists() and time.monotonic() < end:
            time.sleep(0.02)
        rpc = Rpc(address)
        running.append((rpc, process))
        editor = Editor(rpc)
        editor.command(f"set runtimepath+={ROOT / 'editors' / 'neovim'}")
        editor.lua("require('assistant').setup({ cmd = ... })", [sys.executable, "-m", "lsp"])
        return editor

    # A socket's path is short; pytest's folders are not.
    with tempfile.TemporaryDirectory(prefix="nvim-") as sockets:
        yield start
        for rpc, process in running:
            # Neovim tells its servers to shut down before it goes.
            rpc.notify("nvim_command", "silent! qall!")
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            rpc.close()
