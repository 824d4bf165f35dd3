"""What is read out of Compose and Kubernetes files, for the tests of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE = sorted(DEPLOY.glob("*/compose.yaml"))
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod, with what surrounds it."""

    workload: str
    pod: dict[str, Any]
    spec: dict[str, Any]
    volumes: frozenset[str]

    @property
    def line(self) -> list[str]:
        return [*self.spec.get("command", []), *self.spec.get("args", [])]


def documents(file: Path) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(file.read_text(encoding="utf-8")) if each]


def of_kind(file: Path, *kinds: str) -> Iterator[dict[str, Any]]:
    return (each for each in documents(file) if each["kind"] in kinds)


def containers(file: Path) -> Iterator[Container]:
    for workload in of_kind(file, "Deployment", "StatefulSet"):
        template = workload["spec"]["template"]
        claims = workload["spec"].get("volumeClaimTemplates", [])
        volumes = [v["name"] for v in template["spec"].get("volumes", [])]
        names = frozenset([*volumes, *(claim["metadata"]["name"] for claim in claims)])
        pod = template["spec"]
        for spec in [*pod.get("initContainers", []), *pod["containers"]]:
            yield Container(workload["metadata"]["name"], template, spec, names)


def services(file: Path) -> dict[str, dict[str, Any]]:
    """Of a Compose file."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))["services"]
    return found


def command_lines(file: Path) -> Iterator[list[str]]:
    """Of every container: entry point and arguments."""
    if file in COMPOSE:
        for service in services(file).values():
            yield [*service.get("entrypoint", []), *service.get("command", [])]
    else:
        for container in containers(file):
            yield container.line


def words(line: list[str]) -> list[str]:
    """Arguments, those of a shell script included."""
    return [word for part in line for word in part.split() if word != "\\"]
