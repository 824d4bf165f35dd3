"""How fast an engine is, as measured, or estimated where nothing was measured; and how much
people ask of it. All figures are in ``figures.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from assistant.engines.sizing.shape import Shape
from assistant.errors import UsageError


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second of one replica; ``batch`` is of all its streams together. ``basis`` is
    ``measured`` or ``estimate``, ``source`` says from what."""

    prefill: float
    decode: float
    batch: float
    basis: str
    source: str


@cache
def figures() -> dict[str, Any]:
    """``figures.toml``."""
    return tomllib.loads(Path(__file__).with_name("figures.toml").read_text(encoding="utf-8"))


def devices() -> list[str]:
    """Names that ``--device`` takes."""
    found = figures()
    return [gpu["name"] for gpu in found["gpu"]] + [each["device"] for each in found["measured"]]


def guess_gpu(memory_gib: float) -> str:
    """The slowest listed GPU with about that much memory: nothing better is promised."""
    fitting = [gpu for gpu in figures()["gpu"] if abs(gpu["memory_gib"] - memory_gib) <= 4]
    return str(min(fitting, key=lambda gpu: float(gpu["gb_per_s"]))["name"]) if fitting else ""


def speed(shape: Shape, device: str, width: int = 1) -> Speed:
    """Of a replica over ``width`` devices. Raises UsageError for a device that is not listed."""
    for each in figures()["measured"]:
        if each["device"] == device:
            return _measured(shape, each)
    for gpu in figures()["gpu"]:
        if gpu["name"].lower() == device.lower():
            return _estimated(shape, gpu, width)
    raise UsageError(f"no figures for the device {device!r}: there are {', '.join(devices())}")


def _measured(shape: Shape, each: dict[str, Any]) -> Speed:
    from assistant.engines.sizing.shape import shape_of

    reference = shape_of(each["model"])
    assert reference is not None
    # Both prefill and decoding go with the parameters that a token passes.
    slower = shape.active / reference.active
    same = abs(slower - 1) < 0.01
    basis = "measured" if same else "estimate"
    scaled = "" if same else f", scaled to {slower:.1f} times the parameters"
    decode = each["decode"] / slower
    return Speed(
        prefill=each["prefill"] / slower,
        decode=decode,
        # Where only one stream was measured, several together are not promised more.
        batch=each.get("decode_batch", each["decode"]) / slower,
        basis=basis,
        source=f"{each['source']}{scaled}",
    )


def _estimated(shape: Shape, gpu: dict[str, Any], width: int) -> Speed:
    share = figures()["efficiency"]
    active_bytes = shape.weights * shape.active / shape.parameters
    decode = gpu["gb_per_s"] * 1e9 * width * share["bandwidth"] / active_bytes
    prefill = gpu["bf16_tflops"] * 1e12 * width * share["compute"] / (2 * shape.active)
    return Speed(
        prefill=prefill,
        decode=decode,
        batch=decode * share["batch"],
        basis="estimate",
        source=f"{gpu['name']} ({gpu['source']}), not measured",
    )


@dataclass(frozen=True, slots=True)
class Demand:
    """What ``people`` ask at the busiest: requests and tokens a second. ``held`` are tokens of
    keys and values that are worth keeping."""

    people: int
    requests: float
    prefill: float
    generated: float
    held: float


def demand(people: int) -> Demand:
    each = figures()["people"]
    completions = people * each["typing"] * each["completions"] / 60
    chats = people * each["chats"] / 3600
    return Demand(
        people=people,
        requests=completions + chats,
        prefill=completions * each["prompt"] * (1 - each["cached"])
        + chats * each["chat_prompt"] * (1 - each["chat_cached"]),
        generated=completions * each["answer"] + chats * each["chat_answer"],
        held=people * each["typing"] * (each["prompt"] + each["answer"])
        # One in ten is in the middle of a conversation.
        + people * 0.1 * (each["chat_prompt"] + each["chat_answer"]),
    )


def busy(asked: Demand, at: Speed) -> float:
    """Seconds of one replica's time that a second of ``asked`` takes."""
    return asked.prefill / at.prefill + asked.generated / at.batch
