"""A plan as a ``config.toml`` that the gateway starts with, and as JSON."""

from __future__ import annotations

import json
import math
from typing import Any

from assistant.engines.sizing.deployment import Deployment
from assistant.engines.sizing.memory import GIB


def config(plan: Deployment, name: str) -> str:
    """``name`` is what the model is called in ``engine.model``."""
    return "\n".join([*_head(plan), *_engine(plan, name), *_media(plan), *_gateway(plan)]) + "\n"


def _head(plan: Deployment) -> list[str]:
    where = f"{plan.gpus} x {plan.gpu_gib:g} GiB" if plan.gpus else "this machine's processor"
    return [
        f"# {plan.shape.name} for {plan.asked.people} people on {where} ({plan.device}).",
        f"# Speeds: {plan.speed.basis}; {plan.speed.source}.",
        "",
    ]


def _engine(plan: Deployment, name: str) -> list[str]:
    lines = ["[engine]", f"model = {json.dumps(name)}"]
    if not plan.gpus:
        lines += ['backend = "vllm-cpu"', f"kv_cache_gib = {plan.kv_gib:g}"]
    else:
        used = list(range(plan.replicas * plan.width))
        lines += [
            'backend = "vllm-cuda"',
            f"gpus = {used}",
            f"gpu_share = {plan.share:g}",
            f"gpu_kv_cache_gib = {_floor(plan.kv_gib / plan.width):g}",
            # The default keeps a CPU's steps short.
            "max_batched_tokens = 2048",
        ]
        if plan.width > 1:
            lines.append(f"tensor_parallel = {plan.width}")
    if plan.replicas > 1:
        lines.append(f"replicas = {plan.replicas}")
    return [*lines, ""]


def _media(plan: Deployment) -> list[str]:
    lines: list[str] = []
    for each in plan.media:
        lines += [
            f"[engines.{each.serves}]",
            'backend = "vllm-omni"',
            "# The interpreter of vLLM-Omni's own environment.",
            'python = "/opt/vllm-omni/bin/python"',
            f'serves = "{each.serves}"',
            f"model = {json.dumps(each.model)}",
            f"gpus = [{each.gpu}]",
            f"memory_gib = {each.memory_gib:g}",
        ]
        if each.share:
            lines.append(f"gpu_share = {each.share:g}")
        if each.sleep:
            lines += ["sleep = true", "idle_seconds = 600"]
        # Where it shares no GPU with the code model, neither waits for the other.
        shared = each.gpu < plan.replicas * plan.width
        lines += [f'device = "{"main" if shared else "media"}"', ""]
    return lines


def _gateway(plan: Deployment) -> list[str]:
    if not plan.gpus:
        slots = 2 * plan.replicas
        inline, chat, batch = slots, slots, slots
    else:
        inline, chat, batch = (each * plan.replicas for each in (16, 16, 32))
    lines = [
        "[gateway]",
        f"inline = {{ slots = {inline}, queue = {inline * 8}, patience = 10 }}",
        f"chat = {{ slots = {chat}, queue = {chat * 8}, patience = 60 }}",
        f"batch = {{ slots = {batch}, queue = 256, patience = 3600 }}",
    ]
    if plan.gpus:
        devices = ["main", *(["media"] if _apart(plan) else [])]
        sizes = ", ".join(f"{device} = {plan.gpu_gib:g}" for device in devices)
        lines.append(f"device_gib = {{ {sizes} }}")
    return lines


def _apart(plan: Deployment) -> bool:
    return any(each.gpu >= plan.replicas * plan.width for each in plan.media)


def _floor(gib: float) -> float:
    return math.floor(gib * 10) / 10


def as_json(plan: Deployment) -> dict[str, Any]:
    """What `assistant plan --json` prints, without the configuration."""
    return {
        "model": plan.shape.name,
        "weights_gib": round(plan.shape.weights / GIB, 2),
        "kv_bytes_per_token": plan.shape.kv_bytes,
        "shape_source": plan.shape.source,
        "device": plan.device,
        "gpus": plan.gpus,
        "tensor_parallel": plan.width,
        "replicas": plan.replicas,
        "replicas_wanted": plan.wanted,
        "enough": plan.enough,
        "engines_per_gpu": engines_per_gpu(plan),
        "kv_tokens": plan.kv_tokens,
        "kv_tokens_wanted": int(plan.asked.held),
        "people": plan.asked.people,
        "people_most": plan.people_most,
        "requests_per_second": round(plan.asked.requests, 2),
        "load": round(plan.load, 3),
        "first_token_seconds": round(plan.first_token_s, 3),
        "speed": {
            "prefill": round(plan.speed.prefill, 1),
            "decode": round(plan.speed.decode, 1),
            "decode_batch": round(plan.speed.batch, 1),
            "basis": plan.speed.basis,
            "source": plan.speed.source,
        },
        "notes": plan.notes,
    }


def engines_per_gpu(plan: Deployment) -> dict[str, list[str]]:
    """Names of the engines on each GPU."""
    found: dict[str, list[str]] = {str(gpu): [] for gpu in range(plan.gpus)}
    for replica in range(plan.replicas if plan.gpus else 0):
        for gpu in range(replica * plan.width, (replica + 1) * plan.width):
            found[str(gpu)].append(f"main {replica}")
    for each in plan.media:
        found[str(each.gpu)].append(each.serves)
    return found
