"""The command ``assistant eval``: its commands are in :mod:`eval.cli.commands`."""

from __future__ import annotations

import sys

import typer

from assistant.cli import app as assistant_app
from eval.cli import commands

NAME = "assistant eval"
HELP = "Measure a model or a setting: on benchmarks, on your own code, side by side."


def build() -> typer.Typer:
    return assistant_app.build(commands, NAME, HELP)


def run(argv: list[str]) -> int:
    """Run one command; gives its exit status."""
    return assistant_app.run(argv, build, NAME)


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:]))
