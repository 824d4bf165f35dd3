"""A key's limits, by the clock and without one."""

from __future__ import annotations

from contextlib import suppress

import pytest

from assistant.gateway.errors import LimitReached
from assistant.gateway.keys import Key
from assistant.gateway.limits import Limits

KEY = Key(name="a", digest="d", requests_per_minute=3)


def test_any_minute_has_no_more_than_its_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("assistant.gateway.limits.time.monotonic", lambda: now)
    held, granted = Limits(), []
    for _ in range(600):
        with suppress(LimitReached):
            held.count(KEY)
            granted.append(now)
        now += 0.5
    assert len(granted) == 15
    for at in granted:
        assert sum(at <= other < at + 60 for other in granted) <= 3


def test_a_client_that_waits_as_told_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("assistant.gateway.limits.time.monotonic", lambda: now)
    held = Limits()
    for _ in range(3):
        held.count(KEY)
        now += 7
    with pytest.raises(LimitReached) as raised:
        held.count(KEY)
    now += raised.value.retry_after
    held.count(KEY)
    # Fewer than before: those of the last minute still count.
    with pytest.raises(LimitReached):
        held.count(KEY.model_copy(update={"requests_per_minute": 1}))
