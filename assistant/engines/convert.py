"""Published GGUF weights to a folder that vLLM loads; the only importer of torch.

    python -m assistant.engines.convert MODEL.gguf FOLDER --precision int4

runs in a process of its own, so that whoever asks for a model stays small, and prints a
fraction (0..1) on stdout for every step. ``int4`` is AWQ's format: unsigned 4-bit values
with a scale and a zero point for each group of inputs, which vLLM's CPU and GPU builds both
multiply directly. No calibration: each group's range is the best of a few tried, by
squared error.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.engines.gguf_metadata import model_config, write_tokenizer
from assistant.errors import AssistantError, ModelError

if TYPE_CHECKING:
    import torch

GROUP = 64
"""Inputs that share a scale."""
SHRINK = (1.0, 0.97, 0.94, 0.91, 0.88, 0.84, 0.8)
"""Shares of a group's full range that are tried."""
SHARD_BYTES = 1 << 30

BLOCK_NAMES = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
TOP_NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}


def tensor_name(name: str) -> str:
    """The name that transformers and vLLM know for a GGUF's tensor."""
    if name in TOP_NAMES:
        return TOP_NAMES[name]
    parts = name.split(".")
    if len(parts) == 4 and parts[0] == "blk" and parts[2] in BLOCK_NAMES:
        return f"model.layers.{parts[1]}.{BLOCK_NAMES[parts[2]]}.{parts[3]}"
    raise ModelError(f"the GGUF holds a tensor {name!r} that a qwen2 model does not have")


def quantize(weight: torch.Tensor, group: int = GROUP) -> dict[str, torch.Tensor]:
    """4-bit values of a (outputs, inputs) float32 matrix, packed as AWQ packs them.

    Gives ``qweight`` int32 (inputs, outputs / 8), ``qzeros`` int32 (inputs / group,
    outputs / 8) and ``scales`` bfloat16 (inputs / group, outputs).
    """
    import torch

    outputs, inputs = weight.shape
    grouped = weight.view(outputs, inputs // group, group)
    low = grouped.amin(-1, keepdim=True).clamp(max=0)
    high = grouped.amax(-1, keepdim=True).clamp(min=0)
    best = torch.full_like(low, torch.inf)
    scale, zero = torch.ones_like(low), torch.zeros_like(low)
    for share in SHRINK:
        # The scale is rounded as it is stored before the values are fitted to it.
        step = ((high - low) * (share / 15)).bfloat16().float().clamp(min=1e-8)
        point = torch.round(-low * share / step).clamp_(0, 15)
        values = torch.round(grouped / step).add_(point).clamp_(0, 15)
        error = values.sub_(point).mul_(step).sub_(grouped).square_().sum(-1, keepdim=True)
        better = error < best
        best = torch.where(better, error, best)
        scale = torch.where(better, step, scale)
        zero = torch.where(better, point, zero)
    values = torch.round(grouped / scale).add_(zero).clamp_(0, 15)
    return {
        "qweight": _pack(values.view(outputs, inputs).T),
        "qzeros": _pack(zero.squeeze(-1).T),
        "scales": scale.squeeze(-1).T.to(torch.bfloat16).contiguous(),
    }


def _pack(values: torch.Tensor) -> torch.Tensor:
    """Eight 4-bit columns to one int32, in AWQ's order (0, 2, 4, 6, 1, 3, 5, 7)."""
    import torch

    rows, columns = values.shape
    eights = values.to(torch.int32).reshape(rows, columns // 8, 8)
    packed = torch.zeros(rows, columns // 8, dtype=torch.int32)
    for place, column in enumerate((0, 2, 4, 6, 1, 3, 5, 7)):
        packed |= eights[:, :, column] << (4 * place)
    return packed


class Shards:
    """Collects tensors and writes them to safetensors files of about a gigabyte."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pending: dict[str, torch.Tensor] = {}
        self._bytes = 0
        self._files: list[tuple[Path, list[str]]] = []
        self._total = 0

    def add(self, name: str, tensor: torch.Tensor) -> None:
        self._pending[name] = tensor
        self._bytes += tensor.nbytes
        self._total += tensor.nbytes
        if self._bytes >= SHARD_BYTES:
            self._flush()

    def _flush(self) -> None:
        from safetensors.torch import save_file

        path = self.folder / f"part-{len(self._files) + 1}.safetensors"
        save_file(self._pending, path, metadata={"format": "pt"})
        self._files.append((path, list(self._pending)))
        self._pending, self._bytes = {}, 0

    def close(self) -> None:
        """Write what is left and the index of all files."""
        if self._pending:
            self._flush()
        count, where = len(self._files), {}
        for number, (path, names) in enumerate(self._files, 1):
            final = "model.safetensors" if count == 1 else f"model-{number:05}-of-{count:05}"
            target = path.with_name(final.removesuffix(".safetensors") + ".safetensors")
            path.rename(target)
            where.update(dict.fromkeys(names, target.name))
        if count > 1:
            index = {"metadata": {"total_size": self._total}, "weight_map": where}
            (self.folder / "model.safetensors.index.json").write_text(json.dumps(index))


def convert(
    source: Path, folder: Path, precision: str, on_progress: Callable[[float], None]
) -> None:
    """Write ``source`` (a GGUF) as safetensors with config and tokenizer into ``folder``.

    Raises ModelError for a GGUF of another architecture than qwen2.
    """
    import gguf

    reader = gguf.GGUFReader(source)
    fields = {name: field.contents() for name, field in reader.fields.items()}
    tensors = {tensor_name(t.name): t for t in reader.tensors}
    head = tensors.get("lm_head.weight", tensors["model.embed_tokens.weight"])
    # Both come from one matrix; the copy of the head has more bits, so it serves as both.
    # In 4 bits the head is a matrix of its own: at 16 it would be most of a token's work.
    tensors["model.embed_tokens.weight"] = tensors["lm_head.weight"] = head
    tied = precision != "int4"
    if tied:
        del tensors["lm_head.weight"]
    config = model_config(fields, vocabulary=int(head.shape[1]), tied=tied)
    if precision == "int4":
        config["quantization_config"] = {
            "quant_method": "awq",
            "version": "gemm",
            "bits": 4,
            "group_size": GROUP,
            "zero_point": True,
            "lm_head": True,
        }
    write_tokenizer(fields, folder)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    shards = Shards(folder)
    total, done = sum(int(t.n_bytes) for t in tensors.values()), 0
    for size, converted in _all(tensors, precision):
        for name, tensor in converted.items():
            shards.add(name, tensor)
        done += size
        on_progress(done / total)
    shards.close()


def _all(tensors: dict[str, Any], precision: str) -> Iterator[tuple[int, dict[str, torch.Tensor]]]:
    """Each tensor's size in the GGUF and what becomes of it, two at a time."""
    import torch

    torch.set_num_threads(1)
    with ThreadPoolExecutor(2) as pool:
        jobs: list[Any] = []
        for name, tensor in tensors.items():
            jobs.append(pool.submit(_one, name, tensor, precision))
            if len(jobs) > 4:
                yield jobs.pop(0).result()
        for job in jobs:
            yield job.result()


def _one(name: str, tensor: Any, precision: str) -> tuple[int, dict[str, torch.Tensor]]:
    import gguf
    import torch

    def floats(start: int, end: int) -> torch.Tensor:
        rows = gguf.quants.dequantize(tensor.data[start:end], tensor.tensor_type)
        return torch.from_numpy(rows.copy() if not rows.flags.writeable else rows)

    rows = int(tensor.data.shape[0])
    matrix = len(tensor.shape) == 2
    if matrix and precision == "int4" and "embed_tokens" not in name:
        base = name.removesuffix(".weight")
        packed = quantize(floats(0, rows))
        return int(tensor.n_bytes), {f"{base}.{k}": v for k, v in packed.items()}
    # In slices, so that a large embedding is never held in float32 as a whole.
    slices = [floats(i, i + 16384).to(torch.bfloat16) for i in range(0, rows, 16384)]
    return int(tensor.n_bytes), {name: torch.cat(slices)}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="assistant.engines.convert", description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--precision", choices=["int4", "bf16"], required=True)
    given = parser.parse_args(argv)

    def report(fraction: float) -> None:
        sys.stdout.write(f"{fraction:.4f}\n")
        sys.stdout.flush()

    try:
        given.folder.mkdir(parents=True, exist_ok=True)
        convert(given.source, given.folder, given.precision, report)
    except (AssistantError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
