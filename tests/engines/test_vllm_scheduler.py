"""Which requests get tokens of a step: vLLM's own scheduler, without a model."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # vLLM's own
    pytest.mark.skipif(find_spec("vllm") is None, reason="vLLM is not installed"),
]

BLOCK = 16
CONFIG = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "num_hidden_layers": 1,
    "max_position_embeddings": 2048,
    "vocab_size": 256,
    "torch_dtype": "bfloat16",
}


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


class Engine:
    """Steps of a scheduler, each answered with one token for whoever is past its prompt."""

    def __init__(self, scheduler: Any) -> None:
        self.scheduler = scheduler

    def add(
        self, name: str, priority: int, tokens: int = 40, answer: int = 50, adapter: int = 0
    ) -> Any:
        from vllm.lora.request import LoRARequest
        from vllm.sampling_params import SamplingParams
        from vllm.v1.request import Request

        params = SamplingParams(max_tokens=answer, ignore_eos=True)
        # Prompts that have nothing in common.
        ids = [hash((name, n)) % 250 for n in range(tokens)]
        lora = LoRARequest(str(adapter), adapter, f"/{adapter}") if adapter else None
        request = Request(
            name, ids, params, None, arrival_time=0.0, priority=priority, lora_request=lora
        )
        self.scheduler.add_request(request)
        return request

    def step(self) -> dict[str, int]:
        """Tokens of the step, by request."""
        from vllm.v1.outputs import ModelRunnerOutput

        output = self.scheduler.schedule()
        given: dict[str, int] = dict(output.num_scheduled_tokens)
        requests = self.scheduler.requests
        done = {n: requests[n].num_computed_tokens >= requests[n].num_tokens for n in given}
        answer = ModelRunnerOutput(
            req_ids=list(given),
            req_id_to_index={name: index for index, name in enumerate(given)},
            sampled_token_ids=[[7] if done[name] else [] for name in given],
        )
        self.scheduler.update_from_output(output, answer)
        return given


Make = Callable[..., Engine]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    return folder


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    from assistant.engines import vllm_scheduler

    clock = Clock()
    monkeypatch.setattr(vllm_scheduler, "time", clock)
    return clock


@pytest.fixture
def make(model: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Make:
    # setuptools, which vLLM imports, refuses to where another test had the standard library's
    # distutils first.
    monkeypatch.setenv("SETUPTOOLS_USE_DISTUTILS", "stdlib")

    def engine(
        blocks: int = 200, typing: int = 32, ahead: bool = False, slots: int = 8, adapters: int = 0
    ) -> Engine:
        import torch
        from vllm.engine.arg_utils import EngineArgs
        from vllm.v1.kv_cache_interface import (
            FullAttentionSpec,
            KVCacheConfig,
            KVCacheGroupSpec,
        )
        from vllm.v1.structured_output import StructuredOutputManager

        from assistant.engines import vllm_scheduler

        monkeypatch.setenv(vllm_scheduler.TYPING_TOKENS, str(typing))
        config = EngineArgs(
            model=str(model),
            skip_tokenizer_init=True,
            max_model_len=1024,
            max_num_batched_tokens=256,
            max_num_seqs=slots,
            enable_lora=bool(adapters),
            max_loras=max(1, adapters),
            block_size=BLOCK,
            enable_prefix_caching=False,
            scheduling_policy="priority",
            enforce_eager=True,
        ).create_engine_config()
        config.cache_config.num_gpu_blocks = blocks
        config.scheduler_config.async_scheduling = ahead
        spec = FullAttentionSpec(
            block_size=BLOCK, num_kv_heads=2, head_size=32, dtype=torch.bfloat16
        )
        kv = KVCacheConfig(blocks, [], [KVCacheGroupSpec(["layer"], spec)])
        made = vllm_scheduler.inline_first(
            config,
            kv_cache_config=kv,
            structured_output_manager=StructuredOutputManager(config),
            block_size=BLOCK,
        )
        return Engine(made)

    return engine


@pytest.mark.parametrize("ahead", [False, True], ids=["one step at a time", "a step ahead"])
def test_everything_else_is_held_while_inline_runs_and_then_goes_on(
    make: Make, ahead: bool
) -> None:
    engine = make(ahead=ahead)
    engine.add("chat", priority=1, tokens=40)
    engine.add("batch", priority=3, tokens=40)
    assert engine.step() == {"chat": 40, "batch": 40}
    assert engine.step() == {"chat": 1, "batch": 1}
    engine.add("inline", priority=0, tokens=100, answer=3)
    engine.add("another", priority=1)
    assert [engine.step() for _ in range(3)] == [{"inline": 100}, {"inline": 1}, {"inline": 1}]
    # Not computed anew: one token each, and what is left of a small step for the one that waited.
    assert engine.step() == {"chat": 1, "batch": 1, "another": 30}


def test_two_who_type_share_a_step(make: Make) -> None:
    engine = make()
    engine.add("chat", priority=1)
    engine.step()
    engine.add("one", priority=0, tokens=20)
    engine.add("two", priority=0, tokens=30)
    assert engine.step() == {"one": 20, "two": 30}
    assert engine.step() == {"one": 1, "two": 1}


def test_what_is_held_moves_on_in_the_end(make: Make, clock: Clock) -> None:
    engine = make()
    engine.add("chat", priority=1)
    engine.step()
    engine.add("inline", priority=0)
    engine.step()
    assert engine.step() == {"inline": 1}
    clock.now += 1.1
    assert engine.step() == {"inline": 1, "chat": 1}
    assert engine.step() == {"inline": 1}


def test_steps_are_small_while_somebody_types(make: Make, clock: Clock) -> None:
    engine = make(typing=32)
    engine.add("chat", priority=1, tokens=400)
    assert engine.step() == {"chat": 256}
    engine.add("inline", priority=0, tokens=200, answer=1)
    assert engine.step() == {"inline": 200}
    assert engine.step() == {"chat": 32}
    clock.now += 6
    assert engine.step() == {"chat": 112}


def test_a_chats_prompt_goes_before_those_of_batch_work(make: Make) -> None:
    engine = make()
    engine.add("inline", priority=0, answer=1)
    engine.step()
    engine.add("batch", priority=3, tokens=100)
    assert engine.step() == {"batch": 32}
    engine.add("chat", priority=1, tokens=60)
    assert [engine.step() for _ in range(2)] == [{"chat": 32}, {"chat": 28}]
    assert engine.step() == {"batch": 31, "chat": 1}


def test_nothing_is_held_that_must_end_to_make_room(make: Make) -> None:
    engine = make(blocks=12)  # one of them is vLLM's own
    engine.add("chat", priority=1, tokens=120, answer=20)
    assert engine.step() == {"chat": 120}
    engine.add("inline", priority=0, tokens=100, answer=2)
    steps = []
    while engine.scheduler.has_unfinished_requests():
        steps.append(engine.step())
        assert len(steps) < 100
    assert {"chat": 1} in steps
    assert {"inline": 1} in steps


def test_a_step_has_no_more_adapters_than_the_engine_takes(make: Make, clock: Clock) -> None:
    engine = make(adapters=1)
    engine.add("chat", priority=1, adapter=1)
    engine.step()
    engine.add("inline", priority=0, adapter=2, answer=4)
    assert engine.step() == {"inline": 40}
    clock.now += 1.1
    assert engine.step() == {"inline": 1}
    assert [engine.step() for _ in range(2)] == [{"inline": 1}, {"inline": 1}]
    assert engine.step() == {"chat": 1}


def test_no_more_run_than_the_engine_has_slots(make: Make) -> None:
    engine = make(slots=4)
    for number in range(8):
        engine.add(f"batch{number}", priority=3, tokens=200, answer=5)
    engine.step()
    engine.add("chat", priority=1, tokens=300, answer=5)
    while engine.scheduler.has_unfinished_requests():
        assert len(engine.step()) <= 4
        assert len(engine.scheduler.running) <= 4


def test_where_no_slot_is_free_the_others_go_on(make: Make) -> None:
    engine = make(slots=2)
    for name in ("one", "two"):
        engine.add(name, priority=3, answer=4)
    engine.step()
    engine.add("inline", priority=0)
    steps = [engine.step() for _ in range(4)]
    assert {"one": 1, "two": 1} in steps
    assert {"inline": 40} in steps


def test_while_a_grammar_is_made_nobody_takes_the_step(make: Make) -> None:
    from vllm.v1.request import RequestStatus

    engine = make()
    engine.add("chat", priority=1)
    engine.step()
    inline = engine.add("inline", priority=0)
    inline.status = RequestStatus.WAITING_FOR_STRUCTURED_OUTPUT_GRAMMAR
    inline.structured_output_request = SimpleNamespace(grammar=None)
    engine.add("another", priority=1)
    assert [engine.step() for _ in range(2)] == [{}, {}]
    inline.structured_output_request = None
    inline.status = RequestStatus.WAITING
    assert engine.step() == {"inline": 40}


def test_a_prompt_without_room_holds_up_none_that_has_it(make: Make) -> None:
    engine = make(blocks=40)
    engine.add("batch", priority=3, tokens=500, answer=3)
    engine.step()
    engine.add("chat", priority=1, tokens=400, answer=2)
    assert engine.step() == {"batch": 244}


def test_a_paused_engine_drains(make: Make) -> None:
    from vllm.v1.core.sched.interface import PauseState

    engine = make()
    engine.add("chat", priority=1, answer=3)
    engine.step()
    engine.scheduler.set_pause_state(PauseState.PAUSED_NEW)
    engine.add("inline", priority=0)
    assert [engine.step() for _ in range(2)] == [{"chat": 1}, {"chat": 1}]
