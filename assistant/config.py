"""Reading the settings, from four places that override one another.

In rising order: the defaults below, ``config.toml``, the environment
(``ASSISTANT_ENGINE__URL=…``: section, two underscores, key), and what a client passes
(the command line's ``--set engine.url=…``, LSP's ``initializationOptions``).

A repository cannot bring settings of its own: opening somebody's code must not be able to
send it elsewhere.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assistant import paths
from assistant.errors import ConfigError
from assistant.settings import Settings

DEFAULT_ENGINE = "main"
"""What the engine of ``[engine]`` is called among those of ``[engines.NAME]``."""


def load(overrides: Mapping[str, Any] | None = None, file: Path | None = None) -> Settings:
    """The settings in force.

    ``overrides`` is nested (``{"engine": {"url": …}}``) or dotted (``{"engine.url": …}``).
    ``file`` replaces the user's ``config.toml``. Raises ConfigError with every fault of
    every source in one message, each with where it stands.
    """
    settings, faults = load_lenient(overrides, file)
    if faults:
        raise ConfigError("settings cannot be used", faults)
    return settings


def load_lenient(
    overrides: Mapping[str, Any] | None = None, file: Path | None = None
) -> tuple[Settings, list[str]]:
    """Like :func:`load`, but what is faulty keeps its default; the faults come beside."""
    file = file or paths.config_file()
    sources: list[tuple[str, dict[str, Any]]] = []
    faults: list[str] = []
    try:
        sources.append((str(file), tomllib.loads(file.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        pass
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        faults.append(f"{file}: {error}")
    sources.append(("environment", _from_environment()))
    sources.append(("options", _nest(overrides or {})))

    merged: dict[str, Any] = {}
    origin: dict[tuple[str, ...], str] = {}
    for name, values in sources:
        _merge(merged, values, origin, name, ())
    try:
        settings = Settings.model_validate(merged)
        return settings, [*faults, *_clashes(settings, origin)]
    except ValidationError as error:
        for fault in error.errors():
            at = tuple(str(part) for part in fault["loc"])
            faults.append(f"{_origin(origin, at)}: {'.'.join(at)}: {_say(fault)}")
            _remove(merged, at)
    settings = Settings.model_validate(merged)
    return settings, [*faults, *_clashes(settings, origin)]


def _clashes(settings: Settings, origin: dict[tuple[str, ...], str]) -> list[str]:
    """Engines, models and adapters that requests could not tell apart: the first of a name would
    get what is meant for the others."""
    faults: list[str] = []
    owners: dict[tuple[str, str], tuple[str, ...]] = {}

    def claim(at: tuple[str, ...], serves: str, *words: str) -> None:
        for word in words:
            owner = owners.setdefault((serves, word), at)
            if owner != at:
                faults.append(
                    f"{_origin(origin, at)}: {'.'.join(at)}: requests call {'.'.join(owner)} "
                    f"{word!r} already: give each a name of its own (copies of one model are "
                    "engine.replicas)"
                )

    at: tuple[str, ...] = ("engines", DEFAULT_ENGINE)
    if DEFAULT_ENGINE in settings.engines:
        faults.append(
            f"{_origin(origin, at)}: {'.'.join(at)}: that is the engine of [engine]: set it up "
            "there, or give this one another name"
        )
    others = {n: engine for n, engine in settings.engines.items() if n != DEFAULT_ENGINE}
    for name, engine in {DEFAULT_ENGINE: settings.engine, **others}.items():
        at = ("engine",) if name == DEFAULT_ENGINE else ("engines", name)
        # A server elsewhere says itself what its model is called, unless that was chosen.
        named = not engine.url or "model" in engine.model_fields_set
        claim(at, engine.serves, name, *([engine.model] if named else []))
        for adapter in engine.adapters:
            claim((*at, "adapters", adapter), engine.serves, adapter)
    return faults


def _remove(values: Any, at: tuple[str, ...]) -> None:
    """Take out what ``at`` names, or the deepest of its parents that is a key."""
    for part in at[:-1]:
        if not isinstance(values.get(part), dict):
            values.pop(part, None)
            return
        values = values[part]
    values.pop(at[-1], None)


def parse_assignment(text: str) -> tuple[str, Any]:
    """``"engine.port=8000"`` as ``("engine.port", 8000)``; the value is TOML or plain text."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError("--set", [f"{text!r} is not KEY=VALUE, for example engine.port=8000"])
    return key.strip(), _value(value.strip())


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _from_environment() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in os.environ.items():
        section, separator, key = name.removeprefix("ASSISTANT_").lower().partition("__")
        if name.startswith("ASSISTANT_") and separator:
            found.setdefault(section, {})[key] = _value(value)
    return found


def _nest(values: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for key, value in values.items():
        *path, last = str(key).split(".")
        place = nested
        for part in path:
            if not isinstance(place.get(part), dict):
                place[part] = {}
            place = place[part]
        if isinstance(value, Mapping) and isinstance(place.get(last, {}), dict):
            place.setdefault(last, {}).update(_nest(value))
        else:
            place[last] = value
    return nested


def _merge(
    into: dict[str, Any],
    values: Mapping[str, Any],
    origin: dict[tuple[str, ...], str],
    name: str,
    at: tuple[str, ...],
) -> None:
    for key, value in values.items():
        here = (*at, key)
        if isinstance(value, Mapping):
            if not isinstance(into.get(key, {}), dict):
                continue  # No table, by an earlier source: left for the validation to say.
            _merge(into.setdefault(key, {}), value, origin, name, here)
        else:
            into[key] = value
        origin[here] = name


def _origin(origin: dict[tuple[str, ...], str], at: tuple[str, ...]) -> str:
    while at:
        if at in origin:
            return origin[at]
        at = at[:-1]
    return "settings"


def _say(fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        return "no such setting"
    if fault["type"] == "string_pattern_mismatch":
        return "must be empty, or start with http:// or https://"
    if fault["type"] in ("model_type", "dict_type"):
        return "must be a section of settings, such as [engine]"
    return str(fault["msg"]).removeprefix("Value error, ")
