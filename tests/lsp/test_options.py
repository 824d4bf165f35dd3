"""Settings that a client sends."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.settings import Settings
from lsp import options


@pytest.fixture(autouse=True)
def _alone(home: Path) -> None:
    """No settings of the user's own."""


def test_nothing_gives_the_defaults() -> None:
    assert options.read(None, {}, None) == (Settings(), [])


@pytest.mark.parametrize(
    "layer",
    [
        {"lsp": {"cache_size": 7}},
        {"lsp.cache_size": 7},
        {"assistant": {"lsp": {"cache_size": 7}}},
        {"assistant": {"lsp.cache_size": 7, "engine": None, "trace": {"server": "off"}}},
    ],
)
def test_every_shape_that_clients_send(layer: object) -> None:
    settings, faults = options.read(layer)
    assert faults == []
    assert settings.lsp.cache_size == 7


def test_a_later_layer_wins_key_by_key() -> None:
    first = {"lsp": {"cache_size": 7, "debounce_max_ms": 9}}
    settings, faults = options.read(first, {"lsp.cache_size": 8})
    assert faults == []
    assert (settings.lsp.cache_size, settings.lsp.debounce_max_ms) == (8, 9)


def test_what_is_faulty_keeps_its_default_and_the_rest_holds() -> None:
    settings, faults = options.read(
        {
            "lsp": {"cache_size": -1, "debounce_max_ms": 9, "colour": "red"},
            "engine": {"port": "x"},
            "nonsense": True,
        }
    )
    assert settings.lsp.debounce_max_ms == 9
    assert settings.lsp.cache_size == Settings().lsp.cache_size
    assert settings.engine == Settings().engine
    for key in ("lsp.cache_size", "lsp.colour", "engine.port", "nonsense"):
        assert sum(key in fault for fault in faults) == 1
    assert len(faults) == 4


@pytest.mark.parametrize("layer", [[], "text", 3, True])
def test_not_an_object(layer: object) -> None:
    settings, faults = options.read(layer)
    assert settings == Settings()
    assert len(faults) == 1


def test_a_section_that_is_not_one() -> None:
    settings, faults = options.read({"engine": 5, "lsp": {"cache_size": 3}})
    assert settings.lsp.cache_size == 3
    assert len(faults) == 1
    assert "engine" in faults[0]
