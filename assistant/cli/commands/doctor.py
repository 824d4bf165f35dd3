"""Check this machine: what works, what does not, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.cli.options import JsonOption, chosen

if TYPE_CHECKING:
    from assistant.engines.checks import Check
    from assistant.gateway.inventory import Card

NAME = "doctor"


def command(json_mode: JsonOption = False) -> int:
    from dataclasses import asdict

    from assistant.cli.output import emit, out
    from assistant.engines.checks import run_checks

    checks = [*run_checks(chosen["overrides"], chosen["file"]), _sandbox(), _environment()]
    engines, more = _engines()
    checks += more

    def human() -> None:
        console = out()
        for check in checks:
            console.print(
                f"{_mark(check)} {check.name}: {check.detail}", markup=False, soft_wrap=True
            )
            if check.fix:
                console.print(f"    {check.fix}", markup=False, soft_wrap=True)

    payload = {
        "checks": [asdict(check) for check in checks],
        "engines": [asdict(engine) for engine in engines],
    }
    emit(payload, json_mode, human)
    return 0 if all(check.ok for check in checks) else 1


def _sandbox() -> Check:
    """Completion works without it, so it never fails."""
    from assistant.engines.checks import Check
    from assistant.sandbox.checks import sandbox

    detail, fix = sandbox()
    return Check("sandbox", True, detail, fix)


def _environment() -> Check:
    """What commands run the code of the current folder's project with."""
    import os
    from pathlib import Path

    from assistant.cli.options import settings
    from assistant.context.roots import find_root
    from assistant.engines.checks import Check
    from assistant.errors import AssistantError
    from assistant.sandbox.checks import environment

    root = find_root(Path.cwd())
    try:
        setting = settings().sandbox.python
    except AssistantError:
        setting = ""  # a check of its own
    return Check("environment", True, *environment(root, setting, os.environ))


def _engines() -> tuple[list[Card], list[Check]]:
    """What the gateway would start, and whether it fits; nothing where the settings are broken,
    which is a check of its own."""
    from assistant.cli.options import settings
    from assistant.engines.checks import Check
    from assistant.errors import AssistantError
    from assistant.gateway.inventory import cards, plan

    try:
        loaded = settings()
        found, places = cards(loaded), plan(loaded)
    except AssistantError:
        return [], []
    # The main engine may also be an editor's alone, and has its own checks above.
    checks = [
        Check(f"engine {card.name}", not card.fault or card is found[0], str(card), card.fault)
        for card in found
    ]
    fix = "" if all(place.fits for place in places) else "take an engine out, or give one less"
    detail = "; ".join(f"this plan needs {place}" for place in places)
    unknown = "nothing to check against: gateway.device_gib names no device"
    return found, [*checks, Check("memory plan", not fix, detail or unknown, fix)]


def _mark(check: Check) -> str:
    return ("ok  " if not check.fix else "note") if check.ok else "FAIL"
