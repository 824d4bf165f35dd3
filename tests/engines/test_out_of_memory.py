"""What is said of an engine that had too little memory: vLLM's own words, and the kernel's none."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.engines.server_process import why_it_died

FAILED = (
    "(APIServer pid=7) RuntimeError: Engine core initialization failed. See root cause above. "
    "Failed core proc(s): {}"
)
CASES = {
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total": (
        "lower engine.gpu_share, engine.gpu_kv_cache_gib or engine.max_model_len"
    ),
    "ValueError: Free memory on device cuda:0 (3.1/79.2 GiB) on startup is less than desired GPU "
    "memory utilization (0.9, 71.3 GiB). Decrease GPU memory utilization or reduce GPU memory": (
        "lower engine.gpu_share"
    ),
    "ValueError: No available memory for the cache blocks. Try": "raise engine.gpu_share",
    "ValueError: To serve at least one request with the model's max seq len (32768), (12.0 GiB KV "
    "cache is needed, which is larger than the available KV cache memory (1.0 GiB).": (
        "lower engine.max_model_len, or raise engine.kv_cache_gib"
    ),
    "ValueError: Available memory on node 0 (1.2/7.7 GiB) on kv cache allocation is less than "
    "requested memory for kv (4.0 GiB).": "lower engine.kv_cache_gib",
    "MemoryError": "close programs, lower engine.kv_cache_gib",
    "OSError: [Errno 12] Cannot allocate memory": "take a smaller model",
    "RuntimeError: [enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't "
    "allocate memory: you tried to allocate 4294967296 bytes.": "take a smaller model",
}


def log_of(folder: Path, *lines: str) -> Path:
    log = folder / "engine.log"
    log.write_text("".join(f"{line}\n" for line in lines))
    return log


@pytest.mark.parametrize("words", CASES)
def test_what_ran_out_and_what_to_do_is_one_line(tmp_path: Path, words: str) -> None:
    logged = f"(EngineCore pid=9) ERROR 11-24 10:00:00 [core.py:1100] {words}"
    said = why_it_died(1, log_of(tmp_path, "loading", logged, FAILED.format("{}")))
    assert said.startswith(f"it ended with status 1: {words[:60]}")
    assert CASES[words] in said
    assert "\n" not in said


def test_the_kernel_kills_without_a_word(tmp_path: Path) -> None:
    advice = "as the kernel does when memory runs out: close programs, lower engine.kv_cache_gib"
    assert advice in why_it_died(137, log_of(tmp_path, "loading"))
    core = FAILED.format("{'EngineCore': -9}")
    assert advice in why_it_died(1, log_of(tmp_path, core))
    # Another signal, another reason.
    assert "memory" not in why_it_died(139, log_of(tmp_path, FAILED.format("{'EngineCore': -11}")))


def test_a_runner_that_says_it_already_is_not_added_to(tmp_path: Path) -> None:
    replica = why_it_died(1, log_of(tmp_path, "OSError: [Errno 12] Cannot allocate memory"))
    said = why_it_died(1, log_of(tmp_path, f"EngineError: no replica stays up: {replica}"))
    assert said.count("take a smaller model") == 1


def test_other_ends_are_as_they_were(tmp_path: Path) -> None:
    log = log_of(tmp_path, "INFO memory: 3 GiB", "ValueError: no such model")
    assert why_it_died(3, log) == f"it ended with status 3: ValueError: no such model (log: {log})"
