"""vLLM's CUDA build, where there is an NVIDIA GPU."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
from pathlib import Path
from typing import Literal

from assistant.engines.backends.vllm_cpu import QUIET, server
from assistant.engines.protocol import Launch, LocalModel
from assistant.settings import EngineSettings


class VllmCuda:
    """The whole of one GPU's share that vLLM takes by default; compiled, not eager."""

    name = "vllm-cuda"
    device: Literal["cuda"] = "cuda"
    rank = 0
    needs_model = True
    constraints = True

    def unavailable(self) -> str:
        if not Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi") is None:
            return "no NVIDIA GPU"
        try:
            importlib.metadata.version("vllm")
        except importlib.metadata.PackageNotFoundError:
            return "vLLM's CUDA build is not installed: `pip install 'repo-assistant[cuda]'`"
        return ""

    def launch(self, model: LocalModel, port: int, settings: EngineSettings) -> Launch:
        return Launch([*server(model, port, settings), *settings.extra_args], QUIET)


BACKEND = VllmCuda()
