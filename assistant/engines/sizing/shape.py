"""What of a model decides how much memory and work it takes."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from assistant.engines.catalogue import PRECISIONS, Precision, catalogue
from assistant.settings import EngineSettings

INT4_BYTES = 0.5625
"""Of a 4-bit weight, with the scale and zero point of its group of 64."""


@dataclass(frozen=True, slots=True)
class Shape:
    """``weights`` are bytes as loaded in bf16, counted where the files are here; ``int4`` the
    same in this project's 4-bit form, 0 for not known. ``source`` is for people."""

    name: str
    parameters: int
    active: int
    layers: int
    kv_heads: int
    head_dim: int
    weights: int
    int4: int
    source: str

    @property
    def kv_bytes(self) -> int:
        """Of one token's keys and values, in bf16."""
        return 2 * self.layers * self.kv_heads * self.head_dim * 2

    def bytes_in(self, precision: Precision) -> int:
        return self.int4 if precision == "int4" and self.int4 else self.weights


def shape_of(model: str) -> Shape | None:
    """The shape of a catalogue model, a folder or a hub id: from its own ``config.json`` where
    that is on this machine, else from ``shapes.toml``; None for one that neither knows."""
    for folder in _folders(model):
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            if found := _read(model, folder, config):
                return found
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return _listed().get(model)


def weights_bytes(engine: EngineSettings, device: Literal["cpu", "cuda"]) -> int:
    """Of the weights that ``engine`` would load on a ``device``; 0 for not known."""
    precision: Precision = "int4" if device == "cpu" else "bf16"
    if engine.precision != "auto":
        precision = engine.precision
    if engine.model in catalogue():
        here = _size(catalogue()[engine.model].weights(precision))
        if here:
            return here
    elif (folders := list(_folders(engine.model))) and (here := _size(folders[0])):
        return here
    shape = shape_of(engine.model)
    if shape is None:
        return 0
    # Only catalogue models are converted to 4 bits; others come as their publisher made them.
    return shape.bytes_in(precision if engine.model in catalogue() else "bf16")


def _folders(model: str) -> Iterator[Path]:
    """Where the model's files may lie on this machine."""
    if model in catalogue():
        yield from (catalogue()[model].weights(precision) for precision in PRECISIONS[::-1])
        return
    folder = Path(model).expanduser()
    if folder.is_dir():
        yield folder
    elif model.count("/") == 1 and not model.startswith((".", "/", "~")):
        home = Path(os.environ.get("HF_HOME") or "~/.cache/huggingface").expanduser()
        yield from (home / "hub" / f"models--{model.replace('/', '--')}" / "snapshots").glob("*")


def _read(model: str, folder: Path, config: dict[str, Any]) -> Shape | None:
    config = config.get("text_config", config)
    heads = int(config["num_attention_heads"])
    weights = _size(folder)
    quantised = "quantization_config" in config
    known = _listed().get(model)
    if not weights or (quantised and known is None):
        return known
    parameters = known.parameters if known else weights // 2
    return Shape(
        name=model,
        parameters=parameters,
        active=known.active if known else parameters,
        layers=int(config["num_hidden_layers"]),
        kv_heads=int(config.get("num_key_value_heads") or heads),
        head_dim=int(config.get("head_dim") or config["hidden_size"] // heads),
        weights=known.weights if known and quantised else weights,
        int4=known.int4 if known else 0,
        source=f"config.json in {folder}",
    )


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))


@cache
def _listed() -> dict[str, Shape]:
    text = Path(__file__).with_name("shapes.toml").read_text(encoding="utf-8")
    found: dict[str, Shape] = {}
    for entry in tomllib.loads(text)["model"]:
        parameters = entry["parameters"]
        embedding = entry["vocabulary"] * entry["hidden"]
        # The embedding stays in bf16; the head is kept apart from it, in 4 bits.
        int4 = entry.get("int4") or int(embedding * 2 + parameters * INT4_BYTES)
        for name in entry["names"]:
            found[name] = Shape(
                name=name,
                parameters=parameters,
                active=entry.get("active", parameters),
                layers=entry["layers"],
                kv_heads=entry["kv_heads"],
                head_dim=entry["head_dim"],
                weights=2 * parameters,
                int4=int4,
                source="shapes.toml: the publisher's configuration",
            )
    return found
