"""Measure a model or a setting on benchmarks and on your own code (`assistant eval --help`)."""

from __future__ import annotations

import typer

NAME = "eval"
# Every option, --help too, belongs to the commands of that package.
CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def command(context: typer.Context) -> None:
    from assistant.cli.app import run_beside

    before = context.find_root().params
    options = [f"--set={one}" for one in before.get("assignments") or ()]
    if before.get("config") is not None:
        options.append(f"--config={before['config']}")
    run_beside("eval", [*options, *context.args])
