"""The real vLLM under the supervisor: it answers, and nothing of it outlives its owner."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from assistant.config import load
from assistant.engines import rendezvous

pytestmark = pytest.mark.e2e

# Settings of its own, so that this engine is not the one that other tests share.
OWN = "engine.max_model_len=1024"


def tree(key: str) -> list[int]:
    """Processes of the engine of that key, wherever they hang."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("ASSISTANT_ENGINE_KEY") == key:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def test_a_killed_owner_leaves_nothing_of_vllm(real_home: Path) -> None:
    key = rendezvous.key(load({"engine.max_model_len": 1024}))
    sets = ("--set", OWN, "--set", "engine.linger=0")
    command = [sys.executable, "-m", "assistant", *sets, "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serve:
        assert serve.stdout is not None
        endpoint = {}
        for line in serve.stdout:
            endpoint = json.loads(line).get("endpoint", {})
            if endpoint:
                break
        body = {
            "model": endpoint["model"],
            "prompt": "def add(a, b):\n    return",
            "max_tokens": 4,
            "temperature": 0,
        }
        answer = httpx.post(f"{endpoint['url']}/completions", json=body, timeout=60).json()
        assert "a" in answer["choices"][0]["text"]
        assert "prompt_tokens_details" in answer["usage"]
        assert len(tree(key)) >= 3  # the guard, the API server, the engine's core
        os.kill(serve.pid, signal.SIGKILL)
        serve.communicate()
    deadline = time.monotonic() + 30
    while tree(key) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert tree(key) == []
