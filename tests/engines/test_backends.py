from __future__ import annotations

import importlib.util
import json
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


def test_an_engine_with_adapters_has_room_for_them() -> None:
    for name in ("vllm-cpu", "vllm-cuda"):
        without = BACKENDS.get(name).launch(MODEL, 1, EngineSettings())
        assert "--enable-lora" not in without.argv
        assert "VLLM_ALLOW_RUNTIME_LORA_UPDATING" not in without.env
        for settings in (EngineSettings(adapters={"a": "/a"}), EngineSettings(lora=True)):
            launch = BACKENDS.get(name).launch(MODEL, 1, settings)
            assert "--enable-lora --max-lora-rank 32" in " ".join(launch.argv)
            assert launch.env["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] == "1"


def test_a_gpu_engine_keeps_to_its_share_and_its_gpus() -> None:
    settings = EngineSettings(
        gpu_share=0.4, gpu_kv_cache_gib=2, gpus=[2, 3], tensor_parallel=2, sleep=True
    )
    launch = BACKENDS.get("vllm-cuda").launch(MODEL, 1, settings)
    line = " ".join(launch.argv)
    assert "--gpu-memory-utilization 0.4" in line
    assert f"--kv-cache-memory-bytes {2 << 30}" in line
    assert "--tensor-parallel-size 2" in line
    assert "--enable-sleep-mode" in line
    assert launch.env["VLLM_SERVER_DEV_MODE"] == "1"
    assert launch.env["CUDA_VISIBLE_DEVICES"] == "2,3"
    plain = BACKENDS.get("vllm-cuda").launch(MODEL, 1, EngineSettings())
    assert not {"CUDA_VISIBLE_DEVICES", "VLLM_SERVER_DEV_MODE"} & set(plain.env)
    assert "--gpu-memory-utilization" not in plain.argv


def test_replicas_on_a_cpu_share_its_cores() -> None:
    one = BACKENDS.get("vllm-cpu").launch(MODEL, 1, EngineSettings())
    many = BACKENDS.get("vllm-cpu").launch(MODEL, 1, EngineSettings(replicas=64))
    if "OMP_NUM_THREADS" in one.env:  # not with a second NUMA node
        assert int(many.env["OMP_NUM_THREADS"]) == 1


def test_omni_runs_in_its_own_environment(tmp_path: Path) -> None:
    python = tmp_path / "omni" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    model = LocalModel("Tongyi-MAI/Z-Image-Turbo", Path(), "", "bf16")
    image = EngineSettings(
        serves="image", python=str(python), sleep=True, gpu_share=0.3, extra_args=["--x", "1"]
    )
    launch = BACKENDS.get("vllm-omni").launch(model, 9000, image)
    assert list(launch.argv) == [
        *(str(python), "-m", "vllm_omni.entrypoints.cli.main"),
        *("serve", "Tongyi-MAI/Z-Image-Turbo", "--omni", "--host", "127.0.0.1", "--port", "9000"),
        *("--enable-sleep-mode", "--x", "1"),
    ]
    assert "HF_HUB_OFFLINE" not in launch.env
    speech = EngineSettings(serves="speech", python=str(python), gpu_share=0.2)
    argv = BACKENDS.get("vllm-omni").launch(model, 9000, speech).argv
    overrides = argv[argv.index("--stage-overrides") + 1]
    assert json.loads(overrides) == {
        "0": {"gpu_memory_utilization": 0.1},
        "1": {"gpu_memory_utilization": 0.1},
    }


@pytest.mark.parametrize(("python", "says"), [("", "set python"), ("/not/there", "no program")])
def test_omni_without_its_environment_says_what_to_do(python: str, says: str) -> None:
    with pytest.raises(EngineUnavailable, match=says):
        BACKENDS.get("vllm-omni").launch(MODEL, 1, EngineSettings(python=python))


def test_gpus_that_do_not_add_up_are_faults() -> None:
    with pytest.raises(ValueError, match="names one GPU twice"):
        EngineSettings(gpus=[0, 0])
    with pytest.raises(ValueError, match="needs as many gpus"):
        EngineSettings(gpus=[0], tensor_parallel=2)


@pytest.mark.parametrize("name", ["vllm-cpu", "vllm-cuda"])
def test_only_replicas_tell_a_router_the_token_ids_of_a_prompt(name: str) -> None:
    for count in (1, 2):
        launch = BACKENDS.get(name).launch(MODEL, 1, EngineSettings(replicas=count))
        assert ("--enable-scale-out" in launch.argv) is (count > 1)
