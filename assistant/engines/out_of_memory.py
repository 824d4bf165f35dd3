"""What an engine leaves behind that had too little memory, and what to do about it.

The words are those of vLLM 0.32, torch and Python; the kernel kills without a word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

SIGKILL = 9
_SMALLER = "take a smaller model"
_SIGNS: tuple[tuple[str, str], ...] = (
    (
        r"Free memory on device .* is less than desired GPU memory utilization",
        "free memory on that GPU (nvidia-smi says who has it), or lower engine.gpu_share",
    ),
    (
        r"No available memory for the cache blocks",
        "the weights leave no room for keys and values: raise engine.gpu_share, set "
        f"engine.gpu_kv_cache_gib, spread it (engine.tensor_parallel), or {_SMALLER}",
    ),
    (
        r"To serve at least one request with the models?'s max seq len",
        "lower engine.max_model_len, or raise engine.kv_cache_gib (on a GPU "
        "engine.gpu_kv_cache_gib or engine.gpu_share)",
    ),
    (
        r"(CUDA|HIP) out of memory|torch\.(cuda\.)?OutOfMemoryError",
        "lower engine.gpu_share, engine.gpu_kv_cache_gib or engine.max_model_len, "
        f"{_SMALLER}, or free memory on that GPU (nvidia-smi says who has it)",
    ),
    (
        r"Available memory on node .* is less than (desired CPU memory|requested memory for kv)",
        "close programs, or lower engine.kv_cache_gib",
    ),
    (
        r"\bMemoryError\b|[Cc]annot allocate memory|can't allocate memory|std::bad_alloc",
        f"close programs, lower engine.kv_cache_gib or engine.max_model_len, or {_SMALLER}",
    ),
)
# The core is a process of its own: its parent tells how it ended.
_CORE_KILLED = r"Failed core proc\(s\): \{[^}]*-9\b"
_KILLED = (
    "it was killed, as the kernel does when memory runs out: close programs, lower "
    f"engine.kv_cache_gib or engine.max_model_len, or {_SMALLER}"
)


def out_of_memory(status: int, lines: Sequence[str]) -> tuple[str, str]:
    """What the end of an engine's log says about memory, and what to do; both are empty where it
    ended for another reason. ``status`` is above 128 for a signal; the first is empty too
    where only the signal tells."""
    for line in reversed(lines):
        for sign, advice in _SIGNS:
            if re.search(sign, line):
                return line, advice
    killed = status == 128 + SIGKILL or any(re.search(_CORE_KILLED, line) for line in lines)
    return "", _KILLED if killed else ""
