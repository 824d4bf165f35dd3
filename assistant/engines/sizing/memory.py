"""Whether the engines fit into the memory of their devices, before any of them starts."""

from __future__ import annotations

import math
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from assistant.engines.backends import BACKENDS
from assistant.engines.sizing.shape import weights_bytes
from assistant.errors import ConfigError
from assistant.settings import ServedSettings, Settings

GIB = 1 << 30
CPU_OVERHEAD_GIB = 2.5
"""vLLM's CPU process beside weights, keys and values: an estimate on the safe side."""
GPU_OVERHEAD_GIB = 3.0
"""CUDA context, activations and graphs: an estimate."""
_KNOBS = "kv_cache_gib, gpu_kv_cache_gib, gpu_share, memory_gib, replicas, a smaller model"
DEFAULT_SHARE = 0.9
"""What vLLM takes of a GPU unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Need:
    """``gib`` of each processor that one replica uses; None where nobody can tell."""

    gib: float | None
    how: str


@dataclass(frozen=True, slots=True)
class Place:
    """One processor's memory: what is needed of it, and by whom (GiB by engine)."""

    device: str
    index: int
    size: float
    parts: Mapping[str, float]
    unknown: tuple[str, ...]

    @property
    def needed(self) -> float:
        return sum(self.parts.values())

    @property
    def fits(self) -> bool:
        return self.needed <= self.size + 1e-9

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {gib:.3g}" for name, gib in self.parts.items())
        least = "at least " if self.unknown else ""
        where = self.device if not self.index else f"{self.device}, GPU {self.index}"
        return f"{least}{self.needed:.3g} GiB of {self.size:.3g} on {where} ({parts})"


def on_gpu(served: ServedSettings) -> bool:
    """Whether it would be started on one."""
    if served.url:
        return False
    if served.backend == "auto":
        cuda = BACKENDS.get("vllm-cuda")
        return not cuda.unavailable()
    return BACKENDS.get(served.backend).device == "cuda"


def need(served: ServedSettings, size: float) -> Need:
    """What one replica takes of a processor with ``size`` GiB (0: not known)."""
    if served.memory_gib:
        return Need(served.memory_gib, "memory_gib")
    if served.url:
        return Need(None, "elsewhere")
    weights = weights_bytes(served, "cuda" if on_gpu(served) else "cpu")
    each = weights / served.tensor_parallel / GIB if weights else None
    if not on_gpu(served):
        if each is None:
            return Need(None, "weights of unknown size")
        return Need(each + served.kv_cache_gib + CPU_OVERHEAD_GIB, "weights, keys and values")
    if served.serves == "image":
        return Need(None, "a diffusion model takes what it needs: set memory_gib")
    if served.gpu_kv_cache_gib and each is not None:
        return Need(each + served.gpu_kv_cache_gib + GPU_OVERHEAD_GIB, "weights, keys and values")
    share = served.gpu_share or DEFAULT_SHARE
    return Need(share * size, f"share {share:g}") if size else Need(None, f"share {share:g}")


def places(settings: Settings, engines: Mapping[str, ServedSettings]) -> list[Place]:
    """Every processor of known size, with what the engines need of it."""
    found: list[Place] = []
    for device in dict.fromkeys(served.device for served in engines.values()):
        own = {name: served for name, served in engines.items() if served.device == device}
        size = max(size_of(settings, served) for served in own.values())
        if not size:
            continue
        parts: dict[int, dict[str, float]] = {}
        unknown: dict[int, tuple[str, ...]] = {}
        for name, served in own.items():
            gib = need(served, size).gib
            for index, count in _copies(served).items():
                if gib is not None:
                    parts.setdefault(index, {})[name] = gib * count
                elif not served.url:
                    unknown[index] = (*unknown.get(index, ()), name)
        for index in sorted(parts.keys() | unknown.keys()):
            here = parts.get(index, {})
            found.append(Place(device, index, size, here, unknown.get(index, ())))
    return found


def size_of(settings: Settings, served: ServedSettings) -> float:
    """Memory of each processor that it runs on, GiB; 0 for not known."""
    size = settings.gateway.device_gib.get(served.device, 0.0)
    return size or (gpu_gib() if on_gpu(served) else 0.0)


def _copies(served: ServedSettings) -> dict[int, int]:
    """How many replicas use each processor, by its index."""
    width = served.tensor_parallel
    groups = len(served.gpus) // width
    if not groups:
        return dict.fromkeys(range(width), served.replicas)
    used: dict[int, int] = {}
    for group in range(min(groups, served.replicas)):
        count = math.ceil((served.replicas - group) / groups)
        used |= dict.fromkeys(served.gpus[group * width : (group + 1) * width], count)
    return used


def check_memory(settings: Settings, engines: Mapping[str, ServedSettings]) -> None:
    """Raises ConfigError for a processor whose engines need more than it has."""
    faults = [
        f"this plan needs {place}: take an engine out, give one less ({_KNOBS}), or correct "
        "gateway.device_gib"
        for place in places(settings, engines)
        if not place.fits
    ]
    if faults:
        raise ConfigError("the engines do not fit", faults)


@lru_cache(maxsize=1)
def gpu_gib() -> float:
    """Memory of the smallest GPU here; 0 without one."""
    if shutil.which("nvidia-smi") is None:
        return 0.0
    query = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
        return min(float(line) for line in answer.stdout.split()) / 1024
    except (OSError, subprocess.SubprocessError, ValueError):
        return 0.0
