from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from assistant.engines.backends import BACKENDS, choose
from assistant.engines.protocol import LocalModel
from assistant.errors import EngineUnavailable, UsageError
from assistant.settings import EngineSettings

MODEL = LocalModel("some-model", Path("/models/some"), "qwen2.5-coder", "int4")


@pytest.mark.parametrize("name", ["vllm-cpu", "vllm-cuda"])
def test_every_backend_binds_loopback_and_serves_the_model_by_name(name: str) -> None:
    settings = EngineSettings(extra_args=["--seed", "7"])
    launch = BACKENDS.get(name).launch(MODEL, 4321, settings)
    line = " ".join(launch.argv)
    assert "--host 127.0.0.1 --port 4321" in line
    assert "--model /models/some --served-model-name some-model" in line
    assert "--max-model-len 8192" in line
    assert line.endswith("--seed 7")
    assert launch.env["VLLM_NO_USAGE_STATS"] == "1"
    assert launch.env["HF_HUB_OFFLINE"] == "1"


def test_only_the_cpu_build_gets_its_flags() -> None:
    settings = EngineSettings(kv_cache_gib=0.5)
    cpu = BACKENDS.get("vllm-cpu").launch(MODEL, 1, settings)
    cuda = BACKENDS.get("vllm-cuda").launch(MODEL, 1, settings)
    assert "--enforce-eager" in cpu.argv
    assert str(1 << 29) in cpu.argv
    assert "--enforce-eager" not in cuda.argv
    assert "VLLM_CPU_NUM_OF_RESERVED_CPU" not in cuda.env


def test_a_machine_that_can_run_none_hears_why(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "vllm" else found(name)
    )
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(EngineUnavailable, match=r"pip install 'repo-assistant\[cpu\]'") as caught:
        choose(EngineSettings())
    assert "no NVIDIA GPU" in str(caught.value)
    with pytest.raises(UsageError, match="no backend named"):
        choose(EngineSettings(backend="nope"))
