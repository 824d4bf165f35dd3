"""A fake engine and a language server a test file; tests keep apart by their documents."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from fake_control import FakeControl
from lsp_client import Client
from lsp_setting import Setting

ROOT = Path(__file__).resolve().parents[2]
SUPPORT = ROOT / "tests" / "support"


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    """A fake engine that listens, and nobody's settings."""
    folder = tmp_path_factory.mktemp("lsp")
    control = FakeControl(folder)
    env = {k: v for k, v in os.environ.items() if not k.startswith("ASSISTANT_")}
    # From bytecode a server starts in half the time, as it does for users.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env |= {
        "ASSISTANT_HOME": str(folder / "home"),
        "ASSISTANT_LSP__DEBOUNCE_MAX_MS": "0",
        "ASSISTANT_ENGINE__FIM": "qwen2.5-coder",
        "FAKE_ENGINE_SCRIPT": str(control.script_path),
        "FAKE_ENGINE_LOG": str(control.log_path),
        "PYTHONPATH": os.pathsep.join([str(SUPPORT), str(ROOT)]),
    }
    command = [sys.executable, str(SUPPORT / "fake_engine.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as engine:
        assert engine.stdout is not None
        port = int(engine.stdout.readline().split()[1])
        project = folder / "project"
        project.mkdir()
        yield Setting(project, control, f"http://127.0.0.1:{port}/v1", env)
        engine.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(setting: Setting) -> AsyncIterator[Client]:
    """A client whose server has an engine and the folder ``setting.folder``."""
    async with setting.server() as connected:
        await connected.initialize(setting.folder)
        await connected.ready()
        yield connected


@pytest.fixture(autouse=True)
def _fresh_script(setting: Setting) -> None:
    """No rule or delay of the test before."""
    setting.engine.configure(
        rules=[], default="", chunk_delay_ms=0, first_delay_ms=0, refuse=0, tokens_per_chunk=1
    )
