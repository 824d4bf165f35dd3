"""The several-GPU deployment on one machine: its router and its gateway as the Compose file
starts them, with fake engines where the GPUs would be."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from fake_control import FakeControl
from gateway_door import Door, Place, environment
from manifests import DEPLOY, services

from assistant.engines.supervisor import free_port

pytestmark = pytest.mark.slow
ROOT = DEPLOY.parent
SUPPORT = ROOT / "tests" / "support"
FOLDER = DEPLOY / "several-gpus"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """The engines, the router in front of them, and the gateway's configuration."""
    control = FakeControl(tmp_path)
    env = environment(tmp_path / "home", control, SUPPORT, ROOT)
    served = services(FOLDER / "compose.yaml")
    model = served["code-0"]["command"][0]
    with ExitStack() as stack:

        def run(*command: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
            stack.callback(process.wait, 20)
            stack.callback(process.kill)
            return process

        line = list(served["router"]["command"])
        for name in ("code-0", "code-1"):
            engine = run(
                *(sys.executable, str(SUPPORT / "fake_engine.py"), "--model", model),
                *("--owner", "vllm"),
            )
            assert engine.stdout is not None
            address = f"http://127.0.0.1:{engine.stdout.readline().split()[1]}"
            line[line.index(f"http://{name}:8000")] = address
        port = free_port()
        line[line.index("--port=30000")] = f"--port={port}"
        line[line.index("--host=0.0.0.0")] = "--host=127.0.0.1"
        line.append(f"--prometheus-port={free_port()}")
        run(sys.executable, "-m", "vllm_router.launch_router", *line)
        url = f"http://127.0.0.1:{port}"
        _ready(url)
        text = (FOLDER / "gateway.toml").read_text(encoding="utf-8")
        (tmp_path / "home").mkdir()
        config = tmp_path / "home" / "config.toml"
        config.write_text(text.replace("http://router:30000", url), encoding="utf-8")
        yield Place(tmp_path / "home", control, f"{url}/v1", env)


def _ready(router: str) -> None:
    for _ in range(200):
        try:
            if httpx.get(f"{router}/readiness", trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError("the router is not ready")


def test_it_refuses_to_start_without_a_key_and_serves_with_one(place: Place) -> None:
    # The settings are the file's own: none on the command line.
    own = ("engine.fim=qwen2.5-coder", "gateway.audit=false")
    with pytest.raises(AssertionError, match="there is no key"):
        place.start(*own)
    made = place.assistant("keys", "add", "admin", "--scopes", "complete,chat,admin", "--json")
    secret = json.loads(made.stdout)["key"]
    door = place.start(*own, key=secret)
    try:
        assert door.get("/ready").status_code == 200
        _everything(door, place)
    finally:
        assert door.end() == 0


def _everything(door: Door, place: Place) -> None:
    place.engine.configure(default="a + b")
    done = door.post("/v1/completions", {"prompt": "def add(a, b): return ", "suffix": "\n"})
    assert done.json()["choices"][0]["text"] == "a + b"
    assert done.json()["model"] == "Qwen/Qwen2.5-Coder-7B-Instruct"
    said = door.post("/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}]})
    assert said.status_code == 200
    assert [body["priority"] for body in place.engine.requests()] == [0, 1]
    # An adapter is loaded into every engine behind the router.
    body = {"engine": "main", "name": "style-1", "path": "/adapters/style-1"}
    assert door.post("/admin/adapters", body).status_code == 200
    assert len({event["pid"] for event in place.engine.events("load")}) == 2
    named = door.post("/v1/completions", {"model": "style-1", "prompt": "x"})
    assert named.status_code == 200
    assert place.engine.requests()[-1]["model"] == "style-1"
