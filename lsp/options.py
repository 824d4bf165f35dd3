"""Settings from the client, over the user's own; what is faulty keeps its default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.config import load_lenient
from assistant.settings import Settings

SECTION = "assistant"
"""Of ``workspace/configuration``."""
_FOREIGN = frozenset({"trace"})
"""Keys that editors put into every server's section."""


def read(*layers: Any) -> tuple[Settings, list[str]]:
    """The settings, each layer over the one before, and every fault found.

    A layer is nested or dotted, may be wrapped in a key ``assistant``, and may be None.
    """
    overrides: dict[str, Any] = {}
    faults: list[str] = []
    for layer in layers:
        if layer is None:
            continue
        if not isinstance(layer, Mapping):
            faults.append(f"options: expected an object, got {type(layer).__name__}")
            continue
        overrides.update(flatten(unwrap(layer)))
    settings, found = load_lenient(overrides)
    return settings, faults + found


def unwrap(layer: Mapping[str, Any]) -> Mapping[str, Any]:
    """What stands under ``assistant``, where the client sends its whole configuration."""
    inner = layer.get(SECTION)
    return inner if isinstance(inner, Mapping) else layer


def flatten(values: Mapping[str, Any], at: str = "") -> dict[str, Any]:
    """Nested keys as dotted ones, without those that are not set (null)."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if value is None or (not at and key in _FOREIGN):
            continue
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{at}{key}."))
        else:
            flat[f"{at}{key}"] = value
    return flat
