"""Starts vLLM's API server on a CPU, with what its CPU build lacks: the fast 4-bit kernel on
processors that it overlooks, and seeds for long prompts.

    python -m assistant.engines.vllm_boot ARGUMENTS…      (those of vLLM's API server)

vLLM 0.32 uses its CPU kernel for 4-bit weights and 8-bit activations only where the
processor has AMX, though the kernel itself also has a path for AVX-512 VNNI. Elsewhere it
falls back to one that is slower than bf16. One core, 896x9728, best of 25 and of 3:

    inputs   bf16       4-bit, 16-bit activations   4-bit, 8-bit activations
    1        1.58 ms    2.11 ms                     0.23 ms
    512      122 ms     135 ms                      30 ms

So where there is VNNI but no AMX, that one question is answered with yes while the weights
are laid out, and nowhere else. The kernel is only in the library that vLLM loads where the
processor has AVX-512 BF16 as well (Cooper Lake, Sapphire Rapids, Zen 4 and later; not Ice
Lake): without that everything stays as vLLM has it. vLLM's child processes import this
module as their main module, which is why the change is made at import.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

NEEDED = {"avx512_vnni", "avx512_bf16"}


def has_kernel(cpuinfo: str) -> bool:
    """Whether a processor, as ``/proc/cpuinfo`` describes it, can run the kernel.

    It multiplies 8-bit integers, and vLLM loads the library that it is in.
    """
    flags = next((line for line in cpuinfo.splitlines() if line.startswith("flags")), "")
    return set(flags.split()) >= NEEDED


def _cpuinfo() -> str:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return ""


def allow_w4a8_without_amx() -> None:
    """Have :class:`CPUWNA16LinearKernel` choose 8-bit activations with VNNI alone."""
    import torch
    from vllm.model_executor.kernels.linear.mixed_precision.cpu import CPUWNA16LinearKernel

    if torch.cpu._is_amx_tile_supported():
        return
    original = CPUWNA16LinearKernel.process_weights_after_loading

    def process(self: Any, layer: Any) -> None:
        if self.config.act_type != torch.bfloat16:
            original(self, layer)
            return
        asked = torch.cpu._is_amx_tile_supported
        torch.cpu._is_amx_tile_supported = lambda: True
        try:
            original(self, layer)
        finally:
            torch.cpu._is_amx_tile_supported = asked

    kernel: Any = CPUWNA16LinearKernel
    kernel.process_weights_after_loading = process


def rewind_seeds() -> None:
    """Let a request with a seed of its own have a prompt of several steps.

    A step that reads a part of a prompt draws a token all the same, and vLLM 0.32 turns the
    request's generator back by its offset, which a CPU generator has not: the engine's core
    ended with it. Nothing was drawn for good by then, so the generator starts anew.
    """
    from vllm.v1.worker.gpu_model_runner import GPUModelRunner

    runner: Any = GPUModelRunner
    original = runner._bookkeeping_sync

    def bookkeeping(self: Any, *args: Any, **given: Any) -> Any:
        generators = self.input_batch.generators
        discarded = self.discard_request_mask.np[: self.input_batch.num_reqs].nonzero()[0]
        rewound = {int(i): generators.pop(int(i)) for i in discarded if int(i) in generators}
        for generator in rewound.values():
            generator.manual_seed(generator.initial_seed())
        try:
            return original(self, *args, **given)
        finally:
            generators.update(rewound)

    runner._bookkeeping_sync = bookkeeping


STARTED = __name__ in ("__main__", "__mp_main__")
if __name__ == "__mp_main__":
    rewind_seeds()
if STARTED and os.environ.get("ASSISTANT_W4A8") and has_kernel(_cpuinfo()):
    allow_w4a8_without_amx()

if __name__ == "__main__":
    # Not through runpy: this module must stay the main one, for the children to import.
    from vllm.entrypoints.launchers.api_server import entry

    serve: Any = entry.main
    serve()
