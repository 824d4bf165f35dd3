"""The files below ``deploy/``: they hang together, and the programs they start take their
command lines. No cluster is asked."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from manifests import (
    COMPOSE,
    DEPLOY,
    KUBERNETES,
    command_lines,
    containers,
    documents,
    of_kind,
    services,
    words,
)

from assistant.config import load
from assistant.engines.replication.router import OPTIONS
from assistant.engines.sizing.memory import check_memory
from assistant.gateway.pool import configured
from assistant.settings import Settings

CONFIGS = sorted(DEPLOY.glob("*/*.toml"))
APIS = {
    "ConfigMap": "v1",
    "PersistentVolumeClaim": "v1",
    "Service": "v1",
    "ServiceAccount": "v1",
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "PodDisruptionBudget": "policy/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
}
IMAGES = {"vllm/vllm-openai:v0.32.0", "vllm/vllm-omni:v0.30.0", "repo-assistant:0.1.0"}
BUILT_IN = {
    # Of vLLM's own parser, by fields of its settings rather than by name in its source.
    *("--host", "--port", "--enable-prompt-tokens-details", "--structured-outputs-config.backend"),
    "--enable-scale-out",
    # Of vLLM-Omni, as platform facts and its documentation have them.
    *("--omni", "--stage-overrides"),
    # Of Ray.
    *("--head", "--num-gpus", "--address"),
}


def settings_of(text: str, tmp_path: Path) -> Settings:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    return load(file=file)


def embedded(file: Path) -> list[str]:
    """Every config.toml in the ConfigMaps of a Kubernetes file."""
    return [each["data"]["config.toml"] for each in of_kind(file, "ConfigMap")]


@pytest.mark.parametrize("file", CONFIGS, ids=lambda f: str(f.relative_to(DEPLOY)))
def test_every_configuration_passes_the_gateways_checks(
    home: Path, file: Path, tmp_path: Path
) -> None:
    settings = settings_of(file.read_text(encoding="utf-8"), tmp_path)
    check_memory(settings, configured(settings))
    if settings.engine.url:
        assert settings.gateway.host == "0.0.0.0"
    else:
        # On the machine itself: nobody else can reach it.
        assert settings.gateway.host == "127.0.0.1"


@pytest.mark.parametrize("file", KUBERNETES, ids=lambda f: f.name)
def test_embedded_configurations_load_and_name_services_that_are_there(
    home: Path, file: Path, tmp_path: Path
) -> None:
    known = {
        (each["metadata"]["name"], port["port"])
        for each in of_kind(file, "Service")
        for port in each["spec"]["ports"]
    }
    for text in embedded(file):
        for served in configured(settings_of(text, tmp_path)).values():
            url = urlsplit(served.url)
            assert (url.hostname, url.port) in known
            assert url.path == "/v1"


def test_the_large_models_engine_is_described_as_it_is_served(home: Path, tmp_path: Path) -> None:
    file = DEPLOY / "kubernetes" / "large-model.yaml"
    comment = [line[2:] for line in file.read_text().splitlines() if line.startswith("#   ")]
    served = settings_of("\n".join(comment), tmp_path).engines["large"]
    (line,) = command_lines(file)
    assert served.model in words(line)
    (service,) = [s for s in of_kind(file, "Service") if s["metadata"]["name"] == "large"]
    assert urlsplit(served.url).port == service["spec"]["ports"][0]["port"]


@pytest.mark.parametrize("file", COMPOSE, ids=lambda f: f.parent.name)
def test_compose_files_hang_together(file: Path) -> None:
    whole: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    for name, service in services(file).items():
        assert service["image"] in IMAGES, name
        assert service["healthcheck"]["test"][0] == "CMD"
        for other, condition in service.get("depends_on", {}).items():
            assert other in whole["services"]
            assert condition == {"condition": "service_healthy"}
        for volume in service.get("volumes", []):
            source, target, *_ = volume.split(":")
            assert target.startswith("/")
            if source.startswith("."):
                assert (file.parent / source).exists() or source == "./adapters"
            else:
                assert source in whole["volumes"]
        # The engines ask nobody for a key.
        assert ("ports" in service) == (name == "gateway")
        gpus = service.get("deploy", {}).get("resources", {}).get("reservations", {})
        assert bool(gpus) == service["image"].startswith("vllm/"), name
        if "build" in service:
            assert (file.parent / service["build"]["context"] / "pyproject.toml").exists()


@pytest.mark.parametrize("file", COMPOSE, ids=lambda f: f.parent.name)
def test_compose_gateways_ask_the_services_beside_them(
    home: Path, file: Path, tmp_path: Path
) -> None:
    text = (file.parent / "gateway.toml").read_text(encoding="utf-8")
    beside = services(file)
    for served in configured(settings_of(text, tmp_path)).values():
        url = urlsplit(served.url)
        assert f"--port={url.port}" in beside[url.hostname or ""]["command"]
    # An engine that starts beside another would count that one's memory as its own.
    one_gpu = {name: s for name, s in beside.items() if s["image"].startswith("vllm/")}
    if file.parent.name == "one-gpu":
        assert sum("depends_on" not in service for service in one_gpu.values()) == 1


@pytest.mark.parametrize("file", KUBERNETES, ids=lambda f: f.name)
def test_kubernetes_objects_have_their_apis_names_and_one_namespace(file: Path) -> None:
    seen = set()
    for each in documents(file):
        assert each["apiVersion"] == APIS[each["kind"]]
        assert each["metadata"]["namespace"] == "assistant"
        key = (each["kind"], each["metadata"]["name"])
        assert key not in seen
        assert re.fullmatch(r"[a-z][a-z0-9-]{0,62}", key[1])
        seen.add(key)


@pytest.mark.parametrize("file", KUBERNETES, ids=lambda f: f.name)
def test_kubernetes_containers_find_what_they_name(file: Path) -> None:
    claims = {each["metadata"]["name"] for each in of_kind(file, "PersistentVolumeClaim")}
    maps = {each["metadata"]["name"] for each in of_kind(file, "ConfigMap")}
    for container in containers(file):
        spec = container.spec
        assert spec["image"] in IMAGES
        ports = {port["name"]: port["containerPort"] for port in spec["ports"]}
        assert spec["resources"]["limits"]["memory"]
        assert ("nvidia.com/gpu" in spec["resources"]["limits"]) == ("vllm/" in spec["image"])
        for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
            if probe := spec.get(kind):
                assert probe["httpGet"]["port"] in ports
        for mount in spec.get("volumeMounts", []):
            assert mount["name"] in container.volumes
        for variable in spec.get("env", []):
            assert re.fullmatch(r"[A-Z][A-Z0-9_]*", variable["name"])
            assert isinstance(variable.get("value", ""), str)
            assert ("value" in variable) != ("valueFrom" in variable)
        for volume in container.pod["spec"].get("volumes", []):
            if claim := volume.get("persistentVolumeClaim"):
                assert claim["claimName"] in claims
            if config := volume.get("configMap"):
                assert config["name"] in maps
        for port in re.findall(r"--port[= ](\d+)", " ".join(container.line)):
            assert int(port) in ports.values()


@pytest.mark.parametrize("file", KUBERNETES, ids=lambda f: f.name)
def test_kubernetes_selectors_select(file: Path) -> None:
    pods: dict[str, dict[str, Any]] = {}
    for workload in of_kind(file, "Deployment", "StatefulSet"):
        labels = workload["spec"]["template"]["metadata"]["labels"]
        assert workload["spec"]["selector"]["matchLabels"] == labels
        pods[labels["app"]] = workload["spec"]["template"]["spec"]
        if workload["kind"] == "StatefulSet":
            names = {each["metadata"]["name"] for each in of_kind(file, "Service")}
            assert workload["spec"]["serviceName"] in names
    for service in of_kind(file, "Service"):
        pod = pods[service["spec"]["selector"]["app"]]
        inside = [*pod.get("initContainers", []), *pod["containers"]]
        ports = {port["name"] for each in inside for port in each["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    for other in of_kind(file, "NetworkPolicy", "PodDisruptionBudget"):
        selector = other["spec"].get("podSelector") or other["spec"]["selector"]
        assert selector["matchLabels"]["app"] in pods


@cache
def vllms_flags() -> frozenset[str]:
    """Options in the source of the vLLM that is installed; importing it takes too long."""
    spec = importlib.util.find_spec("vllm")
    if spec is None or spec.origin is None:
        pytest.skip("vLLM is not installed")
    root = Path(spec.origin).parent
    files = [root / "engine" / "arg_utils.py", *(root / "entrypoints").rglob("*args*.py")]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return frozenset(re.findall(r'"(--[a-z][a-z-]+)"', text)) | BUILT_IN


@pytest.mark.parametrize("file", [*COMPOSE, *KUBERNETES], ids=lambda f: f"{f.parent.name}-{f.stem}")
def test_every_command_line_is_one_that_its_program_takes(file: Path) -> None:
    for line in command_lines(file):
        said = words(line)
        if said[:1] == ["vllm-router"]:
            _is_a_routers(said[1:])
        elif "serve" in said and "vllm" in said:
            flags = {word.split("=")[0] for word in said if word.startswith("--")}
            assert flags <= vllms_flags(), flags - vllms_flags()
        else:
            assert said[:3] == ["--config", "/etc/assistant/config.toml", "serve"]


@pytest.mark.parametrize("file", [*COMPOSE, *KUBERNETES], ids=lambda f: f"{f.parent.name}-{f.stem}")
def test_engines_behind_a_router_tell_it_token_ids(file: Path) -> None:
    lines = [words(line) for line in command_lines(file)]
    if any(said[:1] == ["vllm-router"] for said in lines):
        of_text = [said for said in lines if "vllm" in said and "--omni" not in said]
        assert of_text
        assert all("--enable-scale-out" in said for said in of_text)


def _is_a_routers(arguments: list[str]) -> None:
    from vllm_router.launch_router import parse_router_args

    read = parse_router_args(arguments)
    assert read.policy == "cache_aware"
    assert bool(read.worker_urls) != read.service_discovery
    own = dict(zip(OPTIONS[::2], OPTIONS[1::2], strict=True))
    said = dict(each.split("=", 1) for each in arguments if "=" in each and each[:2] == "--")
    # What decides whether a request outlives its replica is as in the pool that is tested.
    for name in ("--balance-abs-threshold", "--retry-max-retries", "--cb-failure-threshold"):
        assert said[name] == own[name]


def test_the_image_has_the_version_that_the_manifests_name() -> None:
    from assistant import __version__

    assert f"repo-assistant:{__version__}" in IMAGES
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["setuptools"]["packages"]["find"]["include"]
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    for package in packages:
        assert f"COPY {package.rstrip('*')} " in text
    assert "/src[router]" in text
    assert set(project["project"]["optional-dependencies"]) >= {"router"}


def test_no_file_names_a_registrys_host() -> None:
    for file in [*COMPOSE, *KUBERNETES]:
        for line in file.read_text(encoding="utf-8").splitlines():
            if found := re.search(r"^\s*image: (\S+)", line):
                assert "." not in found[1].split("/")[0].split(":")[0]
