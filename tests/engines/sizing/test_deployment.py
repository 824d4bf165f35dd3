"""Plans: from GPUs, a model and people to a configuration that the gateway starts with."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.cli.app import run
from assistant.config import load
from assistant.engines.sizing.deployment import on_cpu, on_gpus
from assistant.engines.sizing.memory import check_memory, places
from assistant.engines.sizing.shape import Shape, shape_of
from assistant.engines.sizing.speed import demand, devices, figures, guess_gpu, speed
from assistant.engines.sizing.written import config, engines_per_gpu
from assistant.errors import UsageError
from assistant.gateway.pool import configured
from assistant.settings import Settings

SEVEN, LARGE = "Qwen/Qwen2.5-Coder-7B-Instruct", "Qwen/Qwen2.5-Coder-32B-Instruct"
SMALL = "qwen2.5-coder-0.5b-instruct"


def shape(name: str) -> Shape:
    found = shape_of(name)
    assert found is not None
    return found


@given(
    gpus=st.integers(1, 16),
    size=st.sampled_from([22, 44, 79, 139]),
    people=st.integers(1, 5000),
    name=st.sampled_from([SMALL, SEVEN, LARGE]),
    media=st.sampled_from([[], ["speech"], ["image", "speech"]]),
)
def test_every_plan_fits_and_passes_the_gateways_own_checks(
    gpus: int, size: int, people: int, name: str, media: list[str]
) -> None:
    try:
        made = on_gpus(shape(name), gpus, size, people, guess_gpu(size), media)
    except UsageError:
        return  # The model is too large for these.
    assert made.replicas * made.width <= gpus
    settings = Settings.model_validate(tomllib.loads(config(made, name)))
    engines = configured(settings)
    check_memory(settings, engines)
    assert {each.device for each in places(settings, engines)} == {
        served.device for served in engines.values()
    }
    assert settings.engine.replicas == made.replicas
    assert settings.engine.tensor_parallel == made.width
    assert all(engines_per_gpu(made)[str(gpu)] for gpu in settings.engine.gpus)
    assert made.enough == (made.people_most >= people or made.wanted <= made.replicas)


def test_more_people_need_more_replicas_and_a_large_model_more_gpus_each(home: Path) -> None:
    few = on_gpus(shape(SEVEN), 8, 79, 30, "H100")
    many = on_gpus(shape(SEVEN), 8, 79, 1000, "H100")
    assert (few.replicas, few.width) == (1, 1)
    assert many.replicas > few.replicas
    assert on_gpus(shape(LARGE), 8, 44, 30, "L40S").width == 2
    with pytest.raises(UsageError, match=r"this plan needs 66 GiB of 20 \(Qwen.*: more or larger"):
        on_gpus(shape(LARGE), 1, 22, 1, "L4")


def test_media_take_a_gpu_of_their_own_where_there_is_one(home: Path) -> None:
    shared = on_gpus(shape(SEVEN), 1, 79, 10, "A100", ["image", "speech"])
    assert engines_per_gpu(shared) == {"0": ["main 0", "image", "speech"]}
    assert shared.share < 0.5
    assert any("shares a GPU" in note for note in shared.notes)
    apart = on_gpus(shape(SEVEN), 2, 79, 10, "A100", ["image"])
    assert engines_per_gpu(apart) == {"0": ["main 0"], "1": ["image"]}
    assert apart.share > 0.9
    with pytest.raises(UsageError, match="no media 'video': there are image, speech"):
        on_gpus(shape(SEVEN), 1, 79, 10, "A100", ["video"])


def test_what_was_measured_is_told_from_what_is_estimated(home: Path) -> None:
    same = speed(shape(SMALL), "cpu-2-cores-avx512-bf16")
    assert (same.basis, same.prefill, same.decode) == ("measured", 368, 24.3)
    scaled = speed(shape("qwen2.5-coder-1.5b-instruct"), "cpu-2-cores-avx512-bf16")
    assert scaled.basis == "estimate"
    assert scaled.prefill == pytest.approx(368 * 494_032_768 / 1_543_714_304)
    assert speed(shape(SEVEN), "h100").basis == "estimate"
    with pytest.raises(UsageError, match="no figures for the device 'abacus'"):
        speed(shape(SEVEN), "abacus")
    # A mixture of experts is as fast as what a token passes.
    experts = shape("Qwen/Qwen3-Coder-30B-A3B-Instruct")
    assert speed(experts, "H100").decode > speed(shape(SEVEN), "H100").decode


def test_every_figure_names_its_source() -> None:
    found = figures()
    assert all("docs/LOG.md" in each["source"] for each in found["measured"])
    assert all(gpu["source"].startswith("data sheet") for gpu in found["gpu"])
    assert {found["efficiency"]["basis"], found["people"]["basis"]} == {"assumed"}
    assert len(set(devices())) == len(devices())


def test_demand_grows_with_the_people() -> None:
    one, ten = demand(1), demand(10)
    assert ten.prefill == pytest.approx(10 * one.prefill)
    assert ten.held == pytest.approx(10 * one.held)


def test_a_processor_gets_a_replica_for_each_two_cores(home: Path) -> None:
    made = on_cpu(shape(SMALL), 8, 64, 12, "cpu-2-cores-avx512-bf16")
    assert 1 < made.replicas <= 4
    settings = Settings.model_validate(tomllib.loads(config(made, SMALL)))
    assert settings.engine.replicas == made.replicas
    assert settings.engine.backend == "vllm-cpu"
    with pytest.raises(UsageError, match="this plan needs"):
        on_cpu(shape(LARGE), 8, 16, 1, "cpu-2-cores-avx512-bf16")


def test_the_command_prints_a_configuration_that_loads(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["plan", "--gpus", "2", "--gpu-memory", "79", "--model", SEVEN, "--users", "50"]
    assert run([*asked, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["speed"]["basis"] == "estimate"
    assert any("taken for A100" in note for note in said["notes"])
    assert len(said["memory"]) == said["replicas"]
    file = tmp_path / "config.toml"
    assert run([*asked, "-o", str(file)]) == 0
    assert file.read_text() == said["config"]
    assert load(file=file).engine.model == SEVEN
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "not measured" in captured.err
    assert run([*asked, "--device", "H100"]) == 0
    assert tomllib.loads(capsys.readouterr().out)["engine"]["model"] == SEVEN


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        (["--model", "nobody/knows", "--gpus", "1"], 2, "nothing is known of"),
        (["--gpus", "1", "--gpu-memory", "500"], 2, "give --device"),
        (["--gpus", "1", "--gpu-memory", "22", "--model", SEVEN, "--users", "9999"], 1, "Not eno"),
    ],
)
def test_what_cannot_be_planned_says_so(
    home: Path, capsys: pytest.CaptureFixture[str], asked: list[str], status: int, says: str
) -> None:
    assert run(["plan", *asked]) == status
    assert says in capsys.readouterr().err
