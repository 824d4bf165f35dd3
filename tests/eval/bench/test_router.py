"""The benchmark of replicas behind vllm-router, with fake engines."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from fake_control import FakeControl


@pytest.mark.slow
@pytest.mark.parametrize("through", ["gateway", "router"])
def test_it_says_what_routing_saves_and_what_a_death_costs(
    fake_engine: FakeControl, through: str
) -> None:
    fake_engine.configure(default="a b c d", first_delay_ms=60, chunk_delay_ms=5)
    command = [sys.executable, "-m", "eval.bench.router", "--through", through, "--rounds", "4"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["engine"] == "fake x2"
    assert said["typing"]["cache_aware"]["whole"] == said["typing"]["random"]["whole"] == 16
    # Each of the four users computes one prompt anew, and nothing else.
    assert said["typing"]["cache_aware"]["cached_share"] > 0.7
    assert said["decisions"].get("missing_tokens", 0) == 0
    assert said["failover"]["lost_before_they_began"] == 0
    assert said["failover"]["whole_after_it_rejoined"] == 8
