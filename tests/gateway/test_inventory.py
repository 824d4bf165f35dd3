"""What `assistant doctor` says about the engines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.cli.app import run
from assistant.config import load
from assistant.gateway.inventory import cards

CONFIG = """
[engine]
url = "http://127.0.0.1:9/v1"
model = "Qwen/Qwen2.5-Coder-7B-Instruct"
idle_seconds = 60
sleep = true

[engines.cpu]
backend = "vllm-cpu"
replicas = 2
kv_cache_gib = 2
device = "cpu"

[engines.image]
backend = "vllm-omni"
python = "/opt/omni/bin/python"
serves = "image"
model = "Tongyi-MAI/Z-Image-Turbo"
memory_gib = 50
device = "gpu"

[engines.tuned]
url = "http://127.0.0.1:9/v1"
adapters = { style-1 = "/adapters/style-1" }
fim = "starcoder2"
memory_gib = 33
device = "gpu"

[gateway]
device_gib = { gpu = 79 }
"""


@pytest.fixture
def config(home: Path) -> Path:
    home.mkdir()
    file = home / "config.toml"
    file.write_text(CONFIG, encoding="utf-8")
    return file


def test_each_engine_with_its_effective_values(config: Path) -> None:
    main, cpu, image, tuned = cards(load())
    assert (main.kind, main.address) == ("external", "http://127.0.0.1:9/v1")
    assert main.idle == "sleeps after 60 s without a request"
    assert main.fim == "qwen2.5-coder"
    assert (cpu.kind, cpu.backend, cpu.replicas) == ("replicas", "vllm-cpu x2", 2)
    assert cpu.memory_gib is not None
    assert cpu.memory_gib > 2.5
    assert cpu.address == "any free port"
    assert "no NVIDIA GPU" in image.fault or image.backend == "vllm-omni"
    assert (image.serves, image.fim) == ("image", "")
    assert tuned.adapters == {"style-1": "/adapters/style-1"}
    assert tuned.fim == "starcoder2"


def test_a_template_that_is_not_there_is_a_fault(config: Path) -> None:
    (card, *_) = cards(load({"engine.fim": "nope"}))
    assert "no template named 'nope'" in card.fault


def test_doctor_prints_them_and_the_memory_plan(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [engine["name"] for engine in said["engines"]] == ["main", "cpu", "image", "tuned"]
    checks = {check["name"]: check for check in said["checks"]}
    assert checks["memory plan"]["ok"] is False
    assert "this plan needs 83 GiB of 79 on gpu" in checks["memory plan"]["detail"]
    assert "adapters style-1" in checks["engine tuned"]["detail"]


def test_doctor_leaves_them_out_where_the_settings_are_broken(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("[engines.x]\nnope = 1\n")
    assert run(["doctor", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["engines"] == []
