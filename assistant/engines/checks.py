"""What ``assistant doctor`` looks at. Each check is one function that answers in words."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import config, paths
from assistant.errors import AssistantError, ConfigError
from assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class Check:
    """``ok`` is False where completion cannot work; ``fix`` may advise even when it can."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


def run_checks(overrides: Mapping[str, Any] | None, file: Path | None) -> list[Check]:
    """Every check, in the order in which a fault would matter."""
    try:
        settings, broken = config.load(overrides, file), None
    except ConfigError as error:
        settings, broken = Settings(), error
    checks = [_python(), _config(broken, file)]
    for check in (_disk, _memory, _processor, _vllm, _torchvision, _grammars, _model, _engine):
        try:
            checks.append(check(settings))
        except (AssistantError, OSError) as error:
            checks.append(Check(check.__name__.strip("_"), False, str(error)))
    return [*checks, *_tools()]


def _python() -> Check:
    version = platform.python_version()
    fix = "" if sys.version_info >= (3, 11) else "install Python 3.11 or later"
    return Check("python", not fix, f"{version} at {sys.executable}", fix)


def _config(broken: ConfigError | None, file: Path | None) -> Check:
    where = file or paths.config_file()
    if broken is not None:
        return Check("config", False, "; ".join(broken.faults), f"correct {where}")
    return Check("config", True, f"{where}" + ("" if where.exists() else " (not there: defaults)"))


def _disk(settings: Settings) -> Check:
    home = paths.folder()
    if not os.access(home, os.W_OK):
        return Check("disk", False, f"{home} cannot be written", "set ASSISTANT_HOME")
    free = shutil.disk_usage(home).free / 1e9
    enough = free > 3
    fix = "" if enough else "free 3 GB for the default model, or move it with ASSISTANT_HOME"
    return Check("disk", enough, f"{free:.0f} GB free at {home}", fix)


def _memory(settings: Settings) -> Check:
    import psutil

    memory = psutil.virtual_memory()
    needed = settings.engine.replicas * (4 + settings.engine.kv_cache_gib)
    available = memory.available / (1 << 30)
    ok = available >= needed or bool(settings.engine.url)
    fix = "" if ok else f"close programs: the engine needs about {needed:.0f} GiB"
    detail = f"{available:.0f} of {memory.total / (1 << 30):.0f} GiB available"
    return Check("memory", ok, detail, fix)


def _processor(settings: Settings) -> Check:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    machine = platform.machine()
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return Check("processor", True, f"{cores} cores, {machine}")
    flags = set(next((x for x in text.splitlines() if x.startswith("flags")), "").split())
    has = [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_tile") if name in flags]
    ok = machine not in ("x86_64", "AMD64") or "avx2" in flags or bool(settings.engine.url)
    fix = "" if ok else "vLLM's CPU build needs AVX2: set engine.url to a server elsewhere"
    return Check("processor", ok, f"{cores} cores, {machine}, {' '.join(has)}".rstrip(", "), fix)


def _vllm(settings: Settings) -> Check:
    from assistant.engines.backends import choose

    if settings.engine.url:
        return Check("vllm", True, "not needed: engine.url is set")
    backend = choose(settings.engine)
    return Check("vllm", True, f"{backend.name} can run here")


def _torchvision(settings: Settings) -> Check:
    extra = [n for n in ("torchvision", "torchaudio", "torchcodec") if importlib.util.find_spec(n)]
    if not extra or _has_gpu():
        return Check("torch packages", True, ", ".join(extra) or "none that disturb")
    return Check(
        "torch packages",
        bool(settings.engine.url),
        f"{', '.join(extra)} beside the CPU build of torch breaks vLLM",
        f"pip uninstall {' '.join(extra)}",
    )


def _has_gpu() -> bool:
    return Path("/dev/nvidiactl").exists()


def _grammars(settings: Settings) -> Check:
    from assistant import syntax

    missing = []
    names = [language.name for language in syntax.languages()]
    for language in syntax.languages():
        try:
            syntax.parse("", language)
        except Exception:  # noqa: BLE001 - a grammar that does not load may fail in any way
            missing.append(language.name)
    fix = "install the project again: a grammar's wheel is missing" if missing else ""
    detail = f"{len(names) - len(missing)} of {len(names)} languages" + (
        f"; not {', '.join(missing)}" if missing else ""
    )
    return Check("grammars", not missing, detail, fix)


def _model(settings: Settings) -> Check:
    from assistant.engines import models
    from assistant.engines.catalogue import catalogue

    name = settings.engine.model
    if settings.engine.url or name not in catalogue():
        return Check("model", True, f"{name} (not from the catalogue)")
    model = catalogue()[name]
    if not models.is_present(model):
        advice = f"it comes with the first start, or now by `assistant models pull {name}`"
        return Check("model", True, f"{name} is not downloaded yet", advice)
    return Check("model", True, f"{name} at {model.path}, digest checked")


def _engine(settings: Settings) -> Check:
    from assistant.engines import rendezvous
    from assistant.engines.lease import acquire
    from assistant.errors import EngineError

    async def ask() -> str:
        async with (
            asyncio.timeout(10),
            await acquire(settings, start=False) as lease,
        ):
            return f"{lease.endpoint.engine} serves {lease.endpoint.model} at {lease.endpoint.url}"

    try:
        return Check("engine", True, asyncio.run(ask()))
    except TimeoutError:
        return Check("engine", True, "one is starting", f"log: {_log(rendezvous.key(settings))}")
    except EngineError as error:
        if settings.engine.url:
            return Check("engine", False, str(error), "start it, or clear engine.url")
        return Check("engine", True, "none runs now; the first completion starts one")


def _log(key: str) -> Path:
    from assistant.engines import rendezvous

    return rendezvous.log_path(key)


def _tools() -> list[Check]:
    """Programs that some parts use when they are there."""
    advice = {
        "git": "optional: repositories are read without it",
        "nvim": "optional: an editor with ghost text is Neovim 0.12 or later",
    }
    found = {name: shutil.which(name) for name in advice}
    return [
        Check(name, True, path or "not found", "" if path else advice[name])
        for name, path in found.items()
    ]
