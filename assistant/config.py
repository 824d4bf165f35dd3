"""Settings: typed, with defaults, from four places that override one another.

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
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from assistant import paths
from assistant.errors import ConfigError


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EngineSettings(_Section):
    """What serves the model."""

    url: str = Field("", pattern=r"^(https?://\S+)?$")
    """An OpenAI-compatible server that runs already, up to and with ``/v1``: then nothing is
    started."""
    api_key: str = ""
    """Bearer key for ``url``."""
    backend: str = "auto"
    """A name from the backend registry; ``auto`` takes the first that this machine can run."""
    model: str = "qwen2.5-coder-0.5b-instruct"
    """A name from the catalogue, a folder of safetensors, a hub id, or with ``url`` the name
    that the server gives its model."""
    precision: Literal["auto", "int4", "bf16"] = "auto"
    """Of a catalogue model's weights; ``auto`` is int4 on a CPU and bf16 on a GPU."""
    fim: str = ""
    """FIM template by name, for models that the catalogue does not know."""
    tokenizer: str = ""
    """Path of a ``tokenizer.json``, for ``url``; without one, tokens are estimated. ``~`` is
    the user's folder."""
    port: int = Field(0, ge=0, le=65535)
    """0 takes a free one."""
    start_timeout: float = Field(600.0, gt=0)
    """Seconds from the engine's start to its first healthy answer."""
    linger: float = Field(60.0, ge=0)
    """Seconds that a shared engine stays after its last client has gone."""
    max_model_len: int = Field(8192, ge=512)
    """Tokens of prompt and answer together."""
    block_size: int = Field(32, ge=1)
    """Tokens a prefix-cache block; a keystroke recomputes at most one block."""
    kv_cache_gib: float = Field(1.0, gt=0)
    """CPU memory for keys and values, GiB."""
    max_batched_tokens: int = Field(512, ge=128)
    """Prefill tokens in one engine step. A request that nobody waits for any more ends only
    between steps."""
    extra_args: list[str] = []
    """Further arguments for vLLM's server, as given."""

    @field_validator("tokenizer")
    @classmethod
    def _expand(cls, path: str) -> str:
        return os.path.expanduser(path)  # noqa: PTH111 - Path turns "" into "."


class CompletionSettings(_Section):
    """How a suggestion is asked for and cut."""

    form: Literal["auto", "anchored", "psm"] = "auto"
    """Prompt form; ``auto`` takes what the model's template names as best."""
    healing: bool = True
    """Give the last typed token back to the model and hold its text by a constraint."""
    multiline: Literal["auto", "never", "always"] = "auto"
    line_tokens: int = Field(48, ge=1)
    block_tokens: int = Field(160, ge=1)
    definition_tokens: int = Field(320, ge=1)
    """Most tokens generated for a line, the rest of a block, a whole function or class."""
    prefix_tokens: int = Field(1000, ge=16)
    suffix_tokens: int = Field(256, ge=0)
    """Most tokens of the current file before and after the cursor."""
    temperature: float = Field(0.0, ge=0, le=2)
    timeout: float = Field(20.0, gt=0)
    """Seconds after which a completion gives what it has."""


class ContextSettings(_Section):
    """What of the repository the model is shown."""

    enabled: bool = True
    budget_tokens: int = Field(800, ge=0)
    """Tokens for all snippets together."""
    retrievers: list[str] = []
    """Names from the retriever registry; empty means all."""
    similarity_threshold: float = Field(0.0, ge=0)
    """Snippets of similar code that score lower are left out."""
    max_file_bytes: int = Field(1_000_000, ge=1)
    """Larger files are not indexed."""
    max_files: int = Field(200_000, ge=1)
    watch: bool = True


class LspSettings(_Section):
    """The language server."""

    debounce_min_ms: int = Field(0, ge=0)
    debounce_max_ms: int = Field(400, ge=0)
    """The pause before an automatic request adapts between these two."""
    cache_size: int = Field(200, ge=0)
    """Suggestions kept for type-through and for going back."""
    start_engine: bool = True
    """Start an engine when none runs."""


class Settings(_Section):
    """All of them."""

    engine: EngineSettings = EngineSettings()
    completion: CompletionSettings = CompletionSettings()
    context: ContextSettings = ContextSettings()
    lsp: LspSettings = LspSettings()
    plugins: list[str] = []
    """Modules to import for further plug-ins."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"


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
        return Settings.model_validate(merged), faults
    except ValidationError as error:
        for fault in error.errors():
            at = tuple(str(part) for part in fault["loc"])
            faults.append(f"{_origin(origin, at)}: {'.'.join(at)}: {_say(fault)}")
            _remove(merged, at)
    return Settings.model_validate(merged), faults


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
    return str(fault["msg"])
