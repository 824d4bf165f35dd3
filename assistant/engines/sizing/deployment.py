"""From GPUs, a model and a number of people to engines: how many, where, how large."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.engines.sizing.memory import GIB, GPU_OVERHEAD_GIB
from assistant.engines.sizing.shape import Shape
from assistant.engines.sizing.speed import Demand, Speed, busy, demand, figures, speed
from assistant.errors import UsageError

USED = 0.92
"""Of a GPU's memory that engines may take together: drivers and fragments have the rest."""
LEAST_KV_GIB = 2.0


@dataclass(frozen=True, slots=True)
class Media:
    """An engine for images or speech, and the GPU it is on."""

    serves: str
    model: str
    memory_gib: float
    share: float
    sleep: bool
    gpu: int


@dataclass(frozen=True, slots=True)
class Deployment:
    """A plan. ``share`` is of each GPU's memory, for one replica; ``kv_gib`` of keys and values
    on all GPUs of a replica; ``load`` the share of a replica's time that is taken."""

    shape: Shape
    device: str
    gpus: int
    gpu_gib: float
    width: int
    replicas: int
    wanted: int
    share: float
    kv_gib: float
    speed: Speed
    asked: Demand
    load: float
    people_most: int
    media: tuple[Media, ...] = ()
    notes: list[str] = field(default_factory=list)

    @property
    def enough(self) -> bool:
        return self.replicas >= self.wanted

    @property
    def kv_tokens(self) -> int:
        """Tokens that the keys and values of all replicas hold."""
        return int(self.kv_gib * GIB / self.shape.kv_bytes) * self.replicas

    @property
    def first_token_s(self) -> float:
        """Of a completion whose prompt is cached as usual, on a replica with nothing else to do."""
        people = figures()["people"]
        return float(people["prompt"] * (1 - people["cached"]) / self.speed.prefill)


def on_gpus(
    shape: Shape, gpus: int, gpu_gib: float, people: int, device: str, media: Sequence[str] = ()
) -> Deployment:
    """Raises UsageError for a model that does not fit, or media that are not known."""
    beside = [_media(name, gpu_gib) for name in media]
    full = gpu_gib * USED
    taken = sum(each.memory_gib for each in beside)
    if taken > full:
        raise UsageError(f"this plan needs {taken:.3g} GiB of {full:.3g} for media: take one out")
    asked = demand(people)
    limit = figures()["efficiency"]["busy"]
    rooms = [_Room(shape, gpus, full - taken, device)]
    if beside:
        # Media on a GPU of their own, unless that leaves too few for the code model.
        rooms.insert(0, _Room(shape, gpus - 1, full, device))
    fitting = [room for room in rooms if room.possible]
    if not fitting:
        needed = shape.weights / GIB + LEAST_KV_GIB + GPU_OVERHEAD_GIB + taken
        raise UsageError(
            f"this plan needs {needed:.0f} GiB of {gpus * full:.0f} "
            f"({shape.name} {shape.weights / GIB:.0f}): more or larger GPUs, or a smaller model"
        )
    enough = [room for room in fitting if room.possible >= room.wanted(asked, limit)]
    room = enough[0] if enough else max(fitting, key=lambda room: room.possible)
    width, possible, at, free = room.width, room.possible, room.speed, room.free
    wanted = room.wanted(asked, limit)
    replicas = min(wanted, possible)
    apart = room is not rooms[-1]
    notes: list[str] = []
    if beside and not apart and replicas * width == gpus:
        notes.append("the code model shares a GPU with media: it waits for them, and they for it")
    if (left := gpus - replicas * width - bool(beside)) > 0:
        notes.append(f"{left} GPUs are left over")
    kv_gib = _kv(shape, width, free)
    holds = kv_gib * GIB / shape.kv_bytes * replicas
    if holds < asked.held:
        notes.append(
            f"the caches hold {holds:,.0f} tokens of the {asked.held:,.0f} that are wanted: "
            "people's prompts push each other out, and are computed anew"
        )
    return Deployment(
        shape=shape,
        device=device,
        gpus=gpus,
        gpu_gib=gpu_gib,
        width=width,
        replicas=replicas,
        wanted=wanted,
        share=math.floor(free / gpu_gib * 100) / 100,
        kv_gib=kv_gib,
        speed=at,
        asked=asked,
        load=busy(asked, at) / replicas,
        people_most=int(people * possible * limit / busy(asked, at)),
        media=tuple(
            Media(each.serves, each.model, each.memory_gib, each.share, each.sleep, gpus - 1)
            for each in beside
        ),
        notes=notes,
    )


def on_cpu(shape: Shape, cores: int, memory_gib: float, people: int, device: str) -> Deployment:
    """One replica for each two cores, which is what was measured. Raises UsageError."""
    at, asked = speed(shape, device), demand(people)
    limit = figures()["efficiency"]["busy"]
    wanted = max(1, math.ceil(busy(asked, at) / limit))
    each = shape.bytes_in("int4") / GIB + 1 + 2.5
    possible = min(max(1, cores // 2), int(memory_gib * 0.8 / each))
    if not possible:
        raise UsageError(f"this plan needs {each:.3g} GiB of {memory_gib * 0.8:.3g}: less model")
    replicas = min(wanted, possible)
    return Deployment(
        shape=shape,
        device=device,
        gpus=0,
        gpu_gib=memory_gib,
        width=1,
        replicas=replicas,
        wanted=wanted,
        share=0.0,
        kv_gib=1.0,
        speed=at,
        asked=asked,
        load=busy(asked, at) / replicas,
        people_most=int(people * possible * limit / busy(asked, at)),
    )


class _Room:
    """``count`` GPUs with ``free`` GiB each. ``width`` of them, a power of two, hold one
    replica; ``possible`` replicas find room."""

    def __init__(self, shape: Shape, count: int, free: float, device: str) -> None:
        self.free = free
        self.width = 1
        while self.width <= count and _kv(shape, self.width, free) < LEAST_KV_GIB:
            self.width *= 2
        self.possible = count // self.width
        self.speed = speed(shape, device, self.width)

    def wanted(self, asked: Demand, limit: float) -> int:
        return max(1, math.ceil(busy(asked, self.speed) / limit))


def _kv(shape: Shape, width: int, free: float) -> float:
    """What is left for keys and values on the GPUs of one replica, of ``free`` on each."""
    return width * (free - GPU_OVERHEAD_GIB) - shape.weights / GIB


def _media(name: str, gpu_gib: float) -> Media:
    for each in figures()["media"]:
        if each["name"] == name:
            share = each.get("gpu_share", 0.0)
            memory = each.get("memory_gib") or share * gpu_gib
            return Media(name, each["model"], memory, share, each.get("sleep", False), 0)
    known = ", ".join(each["name"] for each in figures()["media"])
    raise UsageError(f"no media {name!r}: there are {known}")
