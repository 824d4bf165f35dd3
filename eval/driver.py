"""Runs inside the sandbox: a solution, then the checks of it. Standard library only.

What to run comes on stdin, so that the solution finds neither the checks nor the word that
ends a report. The one line of the report goes to the stdout that the solution no longer has:
that word and ``ok``, or what went wrong. A program that ends early leaves no report.
"""

from __future__ import annotations

import json
import os
import sys
import types
from typing import Any


def main() -> None:
    job: dict[str, Any] = json.load(sys.stdin)
    report = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    write, leave = os.write, os._exit
    said = _verdict(job["setup"], job["solution"], job["entry"], job["checks"], job["shares"])
    write(report, f"{job['word']} {said}\n".encode(errors="replace"))
    leave(0)


def _verdict(setup: str, solution: str, entry: str, checks: str, shares: bool) -> str:
    """``ok``, or one line that says why not."""
    try:
        checking: dict[str, Any] = {"__name__": "checks"}
        exec(compile(setup, "setup.py", "exec"), checking)  # noqa: S102
        module = types.ModuleType("solution")
        sys.modules["solution"] = module  # where dataclasses and pickle look for it
        exec(compile(solution, "solution.py", "exec"), vars(module))  # noqa: S102
        if entry and entry not in vars(module):
            return f"NameError: it does not define {entry!r}"
        if shares:
            checking.update(
                (name, value) for name, value in vars(module).items() if name[:2] != "__"
            )
        checking["__solution__"] = module
        exec(compile(checks, "checks.py", "exec"), checking)  # noqa: S102
    except BaseException as error:  # noqa: BLE001 - whatever a model writes
        return _line(error)
    return "ok"


def _line(error: BaseException) -> str:
    try:
        said = " ".join(str(error).split())[:200]
    except BaseException:  # noqa: BLE001 - an exception of the solution's own making
        said = ""
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


if __name__ == "__main__":
    main()
