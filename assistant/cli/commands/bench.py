"""Measure this project; prints JSON.

What follows the name goes to the benchmark (``assistant bench index -- --help``).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

NAME = "bench"
CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True}


class Benchmark(StrEnum):
    INDEX = "index"
    LSP = "lsp"
    ENGINE = "engine"
    GATEWAY = "gateway"
    MIXED = "mixed"
    ROUTER = "router"
    STOPPING = "stopping"
    DECONTAMINATION = "decontamination"


def command(
    context: typer.Context, name: Annotated[Benchmark, typer.Argument(help="Which one.")]
) -> None:
    from assistant.cli.app import run_beside

    run_beside(f"eval.bench.{name.value}", context.args)
