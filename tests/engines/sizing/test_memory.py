"""The memory plan: what engines need of each processor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.engines.sizing import memory
from assistant.engines.sizing.memory import GIB, check_memory, need, places
from assistant.engines.sizing.shape import shape_of, weights_bytes
from assistant.errors import ConfigError
from assistant.settings import EngineSettings, GatewaySettings, ServedSettings, Settings

SEVEN = "Qwen/Qwen2.5-Coder-7B-Instruct"


def served(**values: Any) -> ServedSettings:
    return ServedSettings.model_validate({"backend": "vllm-cuda", "model": SEVEN, **values})


def of_size(gib: float) -> Settings:
    return Settings(gateway=GatewaySettings(device_gib={"main": gib}))


@pytest.mark.parametrize("name", ["qwen2.5-coder-0.5b-instruct", SEVEN])
def test_a_models_keys_and_values_follow_from_its_shape(home: Path, name: str) -> None:
    shape = shape_of(name)
    assert shape is not None
    assert shape.kv_bytes == {"qwen2.5-coder-0.5b-instruct": 12_288, SEVEN: 57_344}[name]
    # vLLM itself counts 87,360 tokens to the GiB for the first (docs/LOG.md).
    assert name == SEVEN or abs(GIB // shape.kv_bytes - 87_360) < 100


def test_a_folder_is_measured(tmp_path: Path) -> None:
    config = {
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "hidden_size": 64,
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "a.safetensors").write_bytes(b"x" * 1000)
    shape = shape_of(str(tmp_path))
    assert shape is not None
    assert (shape.weights, shape.parameters, shape.head_dim) == (1000, 500, 16)
    assert shape.kv_bytes == 2 * 2 * 2 * 16 * 2
    assert weights_bytes(EngineSettings(model=str(tmp_path)), "cuda") == 1000
    assert shape_of("nobody/knows-this") is None


def test_what_an_engine_needs_is_estimated_where_it_is_not_given(home: Path) -> None:
    seven = 2 * 7_615_616_512 / GIB
    assert need(served(memory_gib=9), 80).gib == 9
    assert need(served(), 80).gib == pytest.approx(72)
    assert need(served(gpu_share=0.4), 80).gib == pytest.approx(32)
    kept = need(served(gpu_kv_cache_gib=4), 80).gib
    assert kept == pytest.approx(seven + 4 + memory.GPU_OVERHEAD_GIB)
    halved = need(served(gpu_kv_cache_gib=4, tensor_parallel=2), 80).gib
    assert halved == pytest.approx(seven / 2 + 4 + memory.GPU_OVERHEAD_GIB)
    cpu = served(backend="vllm-cpu", model="qwen2.5-coder-0.5b-instruct", kv_cache_gib=2)
    assert need(cpu, 0).gib == pytest.approx(0.502 + 2 + memory.CPU_OVERHEAD_GIB, abs=0.01)
    for unknown in (
        served(url="http://elsewhere/v1"),
        served(backend="vllm-omni", serves="image"),
        served(backend="vllm-cpu", model="nobody/knows-this"),
    ):
        assert need(unknown, 80).gib is None


def test_replicas_count_where_they_run(home: Path) -> None:
    engines = {
        "code": served(gpus=[0, 1, 2], replicas=4, memory_gib=30),
        "speech": served(gpus=[2], memory_gib=16),
        "image": served(backend="vllm-omni", serves="image", gpus=[2]),
    }
    found = places(of_size(80), engines)
    assert [(p.index, p.needed) for p in found] == [(0, 60), (1, 30), (2, 46)]
    assert str(found[2]) == "at least 46 GiB of 80 on main, GPU 2 (code 30, speech 16)"
    wide = {"code": served(gpus=[0, 1, 2, 3], tensor_parallel=2, replicas=2, memory_gib=70)}
    assert [p.needed for p in places(of_size(80), wide)] == [70, 70, 70, 70]


def test_what_does_not_fit_is_said_in_one_line(home: Path) -> None:
    engines = {"code": served(memory_gib=43), "image": served(memory_gib=40)}
    with pytest.raises(ConfigError, match=r"this plan needs 83 GiB of 79 on main \(code 43, image"):
        check_memory(of_size(79), engines)
    check_memory(of_size(83), engines)
    # On a machine whose GPUs nobody knows, nothing can be said.
    check_memory(Settings(), {"code": served(url="http://elsewhere/v1")})


def test_the_gpus_own_size_is_asked_for(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 81559\necho 40960\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    memory.gpu_gib.cache_clear()
    assert memory.gpu_gib() == 40
    with pytest.raises(ConfigError, match=r"needs 41 GiB of 40 on main"):
        check_memory(Settings(), {"code": served(memory_gib=41)})
    memory.gpu_gib.cache_clear()
