from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys

import httpx
import psutil
import pytest
from fake_control import FakeControl

from assistant.config import load
from assistant.engines.lease import acquire
from assistant.engines.supervisor import free_port

ASSISTANT = [sys.executable, "-m", "assistant.cli.app"]


def serve(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*ASSISTANT, "serve", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def url_of(process: subprocess.Popen[str]) -> str:
    """What `serve` prints first, once the engine is ready."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def gone(fake: FakeControl) -> bool:
    return not any(psutil.pid_exists(e["pid"]) for e in fake.events("start"))


@pytest.mark.slow
async def test_clients_share_what_serve_runs_and_ctrl_c_ends_it(fake_engine: FakeControl) -> None:
    with serve("--port", "0") as process:
        url = url_of(process)
        async with await acquire(load(), start=False) as lease:
            assert lease.endpoint.url != url
            listed = await asyncio.to_thread(httpx.get, f"{url}/models")
            (model,) = listed.json()["data"]
            assert model["id"] == lease.endpoint.model
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in said
    assert len(fake_engine.events("start")) == 1
    fake_engine.wait_for(lambda: gone(fake_engine))


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_serve_leaves_no_orphan(fake_engine: FakeControl, how: signal.Signals) -> None:
    with serve("--port", "0") as process:
        assert url_of(process).startswith("http://127.0.0.1:")
        os.kill(process.pid, how)
        process.communicate(timeout=30)
    fake_engine.wait_for(lambda: gone(fake_engine))


@pytest.mark.slow
def test_json_lines_and_the_port_that_was_asked_for(fake_engine: FakeControl) -> None:
    port = free_port()
    with serve("--json", "--port", str(port)) as process:
        assert process.stdout is not None
        stages: list[str] = []
        while "endpoint" not in (payload := json.loads(process.stdout.readline())):
            stages.append(payload["progress"]["stage"])
        assert stages[-1] == "ready"
        assert payload["endpoint"]["url"] == f"http://127.0.0.1:{port}/v1"
        assert payload["endpoint"]["engine"] == "fake"
        process.terminate()
        process.communicate(timeout=30)


@pytest.mark.slow
def test_an_engine_that_does_not_start_is_one_line(fake_engine: FakeControl) -> None:
    fake_engine.configure(exit_at_start=3)
    with serve("--port", "0") as process:
        out, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == ""
    assert "does not stay up" in said.splitlines()[-1]
    assert "Traceback" not in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "words", "advice"),
    [
        (1, "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB", "gpu_share"),
        (1, "ValueError: To serve at least one request with the model's max seq len", "max_model"),
        (137, "", "as the kernel does when memory runs out: close programs"),
    ],
)
def test_an_engine_out_of_memory_at_its_start_says_what_to_do(
    fake_engine: FakeControl, status: int, words: str, advice: str
) -> None:
    fake_engine.configure(exit_at_start=status, last_words=words)
    with serve("--port", "0") as process:
        out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert "does not stay up: it ended with" in (last := said.splitlines()[-1])
    assert words in last
    assert advice in last
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_memory_plan_that_does_not_fit_is_one_line(fake_engine: FakeControl) -> None:
    plan = ("--set", "gateway.device_gib={main=1}", "--set", "engine.memory_gib=2")
    command = [*ASSISTANT, *plan, "serve", "--port", "0"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert "this plan needs 2 GiB of 1 on main (main 2): take an engine out" in line
    assert fake_engine.events("start") == []
