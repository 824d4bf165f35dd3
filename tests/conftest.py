"""Fixtures for every test: a state folder of its own, and an engine that needs no model."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Page, browser
from fake_control import FakeControl

from assistant.engines.protocol import Endpoint

ROOT = Path(__file__).resolve().parent.parent
SUPPORT = ROOT / "tests" / "support"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty state folder, and no setting from the environment of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith("ASSISTANT_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("ASSISTANT_HOME", str(folder))
    return folder


@pytest.fixture
def fake_engine(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeControl:
    """The fake engine as the configured backend, for this process and those it starts.

    Nothing runs yet: it starts as any engine does, through a lease, the command line or the
    language server, and goes with its last client.
    """
    control = FakeControl(tmp_path)
    monkeypatch.setenv("FAKE_ENGINE_SCRIPT", str(control.script_path))
    monkeypatch.setenv("FAKE_ENGINE_LOG", str(control.log_path))
    monkeypatch.setenv("ASSISTANT_PLUGINS", "fake_engine")
    monkeypatch.setenv("ASSISTANT_ENGINE__BACKEND", "fake")
    monkeypatch.setenv("ASSISTANT_ENGINE__LINGER", "0")
    path = os.pathsep.join([str(SUPPORT), str(ROOT), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path.rstrip(os.pathsep))
    return control


@pytest.fixture
def fake_endpoint(fake_engine: FakeControl) -> Iterator[Endpoint]:
    """A fake engine that already listens, without a supervisor; drive it by ``fake_engine``."""
    command = [sys.executable, str(SUPPORT / "fake_engine.py"), "--model", "fake"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline().split()[1])
        yield Endpoint(
            url=f"http://127.0.0.1:{port}/v1", model="fake", engine="fake", constraints=True
        )
        server.kill()


@pytest.fixture(scope="session")
def chromium_command() -> str:
    """A Chromium; fetched where the system has none.

    Without one the tests fail, unless ``ASSISTANT_SKIP_BROWSER`` is set.
    """
    if os.environ.get("ASSISTANT_SKIP_BROWSER"):
        pytest.skip("ASSISTANT_SKIP_BROWSER is set")
    script = SUPPORT / "fetch-chromium.sh"
    fetched = subprocess.run(["sh", str(script)], capture_output=True, text=True, timeout=280)
    if fetched.returncode:
        reason = (fetched.stderr.strip().splitlines() or ["it could not be fetched"])[-1]
        pytest.fail(
            f"no Chromium here: {reason}; install it, or set ASSISTANT_SKIP_BROWSER=1 "
            "to leave these tests out",
            pytrace=False,
        )
    return fetched.stdout.strip().splitlines()[-1]


@pytest.fixture
def browser_page(chromium_command: str, tmp_path: Path) -> Iterator[Page]:
    """A tab of a browser that knows nothing yet."""
    with browser(chromium_command, tmp_path / "chromium") as page:
        yield page


@pytest.fixture(scope="session")
def real_engine() -> Iterator[Path]:
    """The state folder of a real engine with the real default model, for all end-to-end tests.

    The model is fetched into the user's own state folder once and linked from here, so that
    nothing else of the user's state is touched.
    """
    models = subprocess.run(
        [sys.executable, "-c", "from assistant import paths; print(paths.folder('models'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    # Short, because Unix sockets' paths are.
    with tempfile.TemporaryDirectory(prefix="ah-") as name:
        folder = Path(name)
        (folder / "models").symlink_to(models)
        clean = {k: v for k, v in os.environ.items() if not k.startswith("ASSISTANT_")}
        env = {**clean, "ASSISTANT_HOME": name, "ASSISTANT_ENGINE__LINGER": "0"}
        command = [sys.executable, "-m", "assistant", "serve", "--port", "0", "--json"]
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                for line in server.stdout:
                    if '"ready"' in line:
                        break
                else:
                    pytest.fail(f"`assistant serve` ended with {server.wait()}")
                yield folder
            finally:
                server.terminate()
                server.wait(60)


@pytest.fixture
def real_home(real_engine: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``ASSISTANT_HOME`` of the real engine, for this process and those it starts."""
    monkeypatch.setenv("ASSISTANT_HOME", str(real_engine))
    return real_engine
