"""vLLM-Omni: images and speech, from a virtual environment of its own.

It pairs with another vLLM and with older transformers than the rest of this project, so it
cannot live beside them (``engine.python`` names its interpreter). Written from its sources and
documentation (0.30): it needs a GPU, and has not been run by this project yet.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Literal

from assistant.engines.backends.vllm_cpu import QUIET
from assistant.engines.backends.vllm_cuda import visible
from assistant.engines.protocol import Launch, LocalModel
from assistant.errors import EngineUnavailable
from assistant.settings import EngineSettings


class VllmOmni:
    """One model a server; it fetches the weights itself, by ``engine.model``."""

    name = "vllm-omni"
    device: Literal["cuda"] = "cuda"
    rank = -1
    needs_model = False
    constraints = False
    inline_first = False

    def unavailable(self) -> str:
        if not Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi") is None:
            return "no NVIDIA GPU"
        return ""

    def launch(self, model: LocalModel, port: int, settings: EngineSettings) -> Launch:
        """Raises EngineUnavailable where ``engine.python`` names no interpreter."""
        if not settings.python:
            raise EngineUnavailable(
                "vllm-omni needs an environment of its own: make one, `pip install vllm-omni`, "
                "and set python to its interpreter (bin/python)"
            )
        if shutil.which(settings.python) is None:
            raise EngineUnavailable(f"python = {settings.python!r} is no program: correct it")
        argv = [
            # What its `vllm` command runs; a module is found whatever PATH says.
            *(settings.python, "-m", "vllm_omni.entrypoints.cli.main"),
            *("serve", model.name, "--omni"),
            *("--host", "127.0.0.1", "--port", str(port)),
        ]
        if settings.gpu_share and settings.serves == "speech":
            # Two stages, each with a share of its own. A diffusion model takes what it needs
            # whatever it is told: there only the memory plan helps.
            each = {"gpu_memory_utilization": round(settings.gpu_share / 2, 4)}
            argv += ["--stage-overrides", json.dumps({"0": each, "1": each})]
        if settings.sleep:
            argv.append("--enable-sleep-mode")
        # Unlike the others it asks the hub: nobody else fetches its weights.
        variables = {k: v for k, v in QUIET.items() if k != "HF_HUB_OFFLINE"}
        return Launch([*argv, *settings.extra_args], {**variables, **visible(settings)})


BACKEND = VllmOmni()
