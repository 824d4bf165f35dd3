"""How several replicas are started: one command that the supervisor runs like any server's."""

from __future__ import annotations

import importlib.util
import json
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from assistant.engines.protocol import Backend, Launch, LocalModel
from assistant.settings import EngineSettings

HANDOVER = "ASSISTANT_REPLICAS"
"""Environment variable that carries :class:`Plan` to the runner, as JSON."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What :mod:`assistant.engines.replication.runner` is to run. ``launches`` are the
    replicas' command lines and environments, ``ports`` where each listens."""

    model: str
    port: int
    metrics_port: int
    start_timeout: float
    constraints: bool
    launches: list[tuple[list[str], dict[str, str]]]
    ports: list[int]
    text: bool = True

    def url(self, index: int) -> str:
        """Of a replica, without a path."""
        return f"http://127.0.0.1:{self.ports[index]}"


@dataclass(frozen=True, slots=True)
class Replicated:
    """A backend made of ``count`` servers of another one."""

    inner: Backend
    count: int

    rank = -1

    @property
    def name(self) -> str:
        return f"{self.inner.name} x{self.count}"

    @property
    def device(self) -> Literal["cpu", "cuda"]:
        return self.inner.device

    @property
    def needs_model(self) -> bool:
        return self.inner.needs_model

    @property
    def constraints(self) -> bool:
        return self.inner.constraints

    @property
    def inline_first(self) -> bool:
        """Each replica does so for itself, which is enough where they share no processor."""
        return self.inner.inline_first and self.inner.device != "cpu"

    def unavailable(self) -> str:
        if importlib.util.find_spec("vllm_router") is None:
            return "vllm-router is not installed: `pip install 'repo-assistant[router]'`"
        return self.inner.unavailable()

    def launch(self, model: LocalModel, port: int, settings: EngineSettings) -> Launch:
        with _free_ports(self.count + 1) as (metrics_port, *ports):
            launches: list[tuple[list[str], dict[str, str]]] = []
            for index, own in enumerate(ports):
                one = settings.model_copy(update={"gpus": gpus_of(settings, index)})
                launch = self.inner.launch(model, own, one)
                launches.append((list(launch.argv), dict(launch.env)))
        plan = {
            "model": model.name,
            "port": port,
            "metrics_port": metrics_port,
            "start_timeout": settings.start_timeout,
            "constraints": self.inner.constraints,
            "launches": launches,
            "ports": list(ports),
            "text": settings.serves == "text",
        }
        argv = [sys.executable, "-P", "-m", "assistant.engines.replication.runner"]
        return Launch(argv, {HANDOVER: json.dumps(plan)})


def gpus_of(settings: EngineSettings, index: int) -> list[int]:
    """The GPUs of one replica: the next ones in turn, from the start again where they end."""
    gpus, width = settings.gpus, settings.tensor_parallel
    groups = len(gpus) // width
    if not groups:
        return []
    first = index % groups * width
    return gpus[first : first + width]


def read_plan(text: str) -> Plan:
    values: dict[str, Any] = json.loads(text)
    return Plan(**{**values, "launches": [tuple(each) for each in values["launches"]]})


@contextmanager
def _free_ports(count: int) -> Iterator[list[int]]:
    """Ports that are free and all different; held until the end of the block."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in held:
            each.bind(("127.0.0.1", 0))
        yield [int(each.getsockname()[1]) for each in held]
