"""vLLM's CUDA build, where there is an NVIDIA GPU."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
from pathlib import Path
from typing import Literal

from assistant.engines.backends.vllm_cpu import environment, server
from assistant.engines.protocol import Launch, LocalModel
from assistant.settings import EngineSettings


class VllmCuda:
    """A share of one or more GPUs; compiled, not eager."""

    name = "vllm-cuda"
    device: Literal["cuda"] = "cuda"
    rank = 0
    needs_model = True
    constraints = True
    inline_first = True

    def unavailable(self) -> str:
        if not Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi") is None:
            return "no NVIDIA GPU"
        try:
            importlib.metadata.version("vllm")
        except importlib.metadata.PackageNotFoundError:
            return "vLLM's CUDA build is not installed: `pip install 'repo-assistant[cuda]'`"
        return ""

    def launch(self, model: LocalModel, port: int, settings: EngineSettings) -> Launch:
        argv, variables = server(model, port, settings), environment(settings)
        if settings.gpu_share:
            argv += ["--gpu-memory-utilization", f"{settings.gpu_share:g}"]
        if settings.gpu_kv_cache_gib:
            cache = int(settings.gpu_kv_cache_gib * (1 << 30))
            argv += ["--kv-cache-memory-bytes", str(cache)]
        if settings.sleep:
            argv.append("--enable-sleep-mode")
            # /sleep and /wake_up are among its routes for development.
            variables["VLLM_SERVER_DEV_MODE"] = "1"
        return Launch([*argv, *settings.extra_args], {**variables, **visible(settings)})


def visible(settings: EngineSettings) -> dict[str, str]:
    """The environment in which only the engine's own GPUs are seen."""
    if not settings.gpus:
        return {}
    return {"CUDA_VISIBLE_DEVICES": ",".join(str(index) for index in settings.gpus)}


BACKEND = VllmCuda()
