"""Check this machine: what works, what does not, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.cli.options import JsonOption, chosen

if TYPE_CHECKING:
    from assistant.engines.checks import Check

NAME = "doctor"


def command(json_mode: JsonOption = False) -> int:
    from dataclasses import asdict

    from assistant.cli.output import emit, out
    from assistant.engines.checks import run_checks

    checks = [*run_checks(chosen["overrides"], chosen["file"]), _sandbox()]

    def human() -> None:
        console = out()
        for check in checks:
            console.print(
                f"{_mark(check)} {check.name}: {check.detail}", markup=False, soft_wrap=True
            )
            if check.fix:
                console.print(f"    {check.fix}", markup=False, soft_wrap=True)

    emit({"checks": [asdict(check) for check in checks]}, json_mode, human)
    return 0 if all(check.ok for check in checks) else 1


def _sandbox() -> Check:
    """Completion works without it, so it never fails."""
    from assistant.engines.checks import Check
    from assistant.sandbox.checks import sandbox

    detail, fix = sandbox()
    return Check("sandbox", True, detail, fix)


def _mark(check: Check) -> str:
    return ("ok  " if not check.fix else "note") if check.ok else "FAIL"
