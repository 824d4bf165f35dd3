"""The engines as they would be started: effective values, for `assistant doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from assistant.engines import rendezvous
from assistant.engines.backends import choose
from assistant.engines.catalogue import catalogue
from assistant.engines.sizing.memory import Place, need, on_gpu, places, size_of
from assistant.errors import AssistantError
from assistant.gateway.pool import configured, plain
from assistant.prompts.template import find
from assistant.settings import ServedSettings, Settings

Kind = Literal["external", "managed", "replicas"]


@dataclass(frozen=True, slots=True)
class Card:
    """One engine. ``memory_gib`` is of each processor and replica, None for not known;
    ``address`` where it answers or will; ``fault`` why it cannot start, with what to do."""

    name: str
    kind: Kind
    serves: str
    backend: str
    model: str
    device: str
    gpus: list[int]
    replicas: int
    memory_gib: float | None
    memory_from: str
    address: str
    adapters: dict[str, str]
    fim: str
    idle: str
    fault: str = ""

    def __str__(self) -> str:
        many = ", behind vllm-router" if self.kind == "replicas" else ""
        gpus = f" GPU {', '.join(map(str, self.gpus))}" if self.gpus else ""
        memory = f"{self.memory_gib:.3g} GiB" if self.memory_gib is not None else "memory unknown"
        parts = [
            f"{self.kind} {self.backend}{many}: {self.model} ({self.serves})",
            f"device {self.device}{gpus}, {memory} ({self.memory_from})",
            self.address,
            f"adapters {', '.join(self.adapters)}" if self.adapters else "no adapters",
            f"FIM {self.fim}" if self.fim else "no FIM template",
        ]
        return "; ".join([*parts, *([self.idle] if self.idle else [])])


def cards(settings: Settings) -> list[Card]:
    """Every engine that the gateway would have, the main one first."""
    return [_card(name, served, settings) for name, served in configured(settings).items()]


def plan(settings: Settings) -> list[Place]:
    """The memory plan: every processor of known size."""
    return places(settings, configured(settings))


def _card(name: str, served: ServedSettings, settings: Settings) -> Card:
    backend, fault = ("url", "") if served.url else _backend(served)
    fim, unknown = _fim(served)
    takes = need(served, size_of(settings, served))
    kind: Kind = "external" if served.url else "replicas" if served.replicas > 1 else "managed"
    return Card(
        name=name,
        kind=kind,
        serves=served.serves,
        backend=backend,
        model=served.model,
        device=served.device,
        gpus=served.gpus,
        replicas=served.replicas,
        memory_gib=takes.gib,
        memory_from=takes.how,
        address=_address(served, settings),
        adapters=dict(served.adapters),
        fim=fim,
        idle=_idle(served),
        fault=fault or unknown,
    )


def _backend(served: ServedSettings) -> tuple[str, str]:
    try:
        return choose(served).name, ""
    except AssistantError as error:
        return served.backend, str(error)


def _address(served: ServedSettings, settings: Settings) -> str:
    if served.url:
        return served.url
    own = settings.model_copy(update={"engine": plain(served)})
    running = rendezvous.read(rendezvous.card_path(rendezvous.key(own)))
    if isinstance(running, dict) and "url" in running:
        return f"runs at {running['url']}"
    return f"port {served.port}" if served.port else "any free port"


def _fim(served: ServedSettings) -> tuple[str, str]:
    """The template's name, and what is wrong with the one that is asked for."""
    if served.serves != "text":
        return "", ""
    known = catalogue().get(served.model)
    try:
        return find(served.fim or (known.fim if known else ""), served.model).name, ""
    except AssistantError as error:
        # A model for chat alone has none.
        return "", str(error) if served.fim else ""


def _idle(served: ServedSettings) -> str:
    if not served.idle_seconds:
        return ""
    what = "sleeps" if served.sleep and (served.url or on_gpu(served)) else "is unloaded"
    return f"{what} after {served.idle_seconds:g} s without a request"
