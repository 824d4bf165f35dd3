"""The OpenAPI document, held against what the gateway does: schemathesis looks for faults."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fake_control import FakeControl
from gateway_door import Door, Place

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_schemathesis_finds_no_fault(
    place: Place, door: Door, engine: FakeControl, tmp_path: Path
) -> None:
    made = place.assistant("keys", "add", "all", "--scopes", "complete,chat,media,admin", "--json")
    key = json.loads(made.stdout)["key"]
    engine.configure(default="x = 1")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{door.url}/openapi.json"),
        *("--header", f"Authorization: Bearer {key}"),
        *("--max-examples", "15", "--seed", "7", "--checks", "all", "--no-color"),
        *("--generation-database", "none", "--request-timeout", "20"),
        # A chat that waits for its turn is no fault.
        *("--suppress-health-check", "all"),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=500, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
