"""The pause before a request, with a clock that stands still until told."""

from __future__ import annotations

import pytest

from assistant.completion.debounce import Debounce


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def typing(debounce: Debounce, clock: Clock, interval: float, count: int = 30) -> None:
    for _ in range(count):
        clock.now += interval
        debounce.keystroke()


def test_no_wait_when_asked_by_a_key(clock: Clock) -> None:
    debounce = Debounce(0.1, 0.4, clock)
    typing(debounce, clock, 0.1)
    assert debounce.delay("    valu", automatic=False) == 0
    assert debounce.delay("    valu") > 0


@pytest.mark.parametrize(
    "before", ["", "        ", "\t", "self.", "call(", "x = ", "f(a, ", "if x:"]
)
def test_no_wait_where_people_stop_to_look(before: str, clock: Clock) -> None:
    debounce = Debounce(0.1, 0.4, clock)
    typing(debounce, clock, 0.1)
    assert debounce.delay(before) == 0


def test_follows_the_rhythm(clock: Clock) -> None:
    fast, slow = Debounce(0, 1, clock), Debounce(0, 1, clock)
    for debounce in (fast, slow):
        for _ in range(50):
            debounce.answered(2.0)
    typing(fast, clock, 0.08, 60)
    quick = fast.delay("abc")
    typing(slow, clock, 0.3, 60)
    assert quick == pytest.approx(1.25 * 0.08, rel=0.1)
    assert slow.delay("abc") == pytest.approx(1.25 * 0.3, rel=0.1)


def test_an_engine_that_answers_at_once_is_asked_at_once(clock: Clock) -> None:
    debounce = Debounce(0, 0.4, clock)
    for _ in range(60):
        debounce.answered(0.02)
    typing(debounce, clock, 0.2)
    assert debounce.delay("abc") == pytest.approx(0.01, rel=0.1)


def test_stays_between_its_bounds(clock: Clock) -> None:
    debounce = Debounce(0.1, 0.2, clock)
    for _ in range(60):
        debounce.answered(10)
    typing(debounce, clock, 0.9, 60)
    assert debounce.delay("abc") == pytest.approx(0.2)
    for _ in range(60):
        debounce.answered(0.0)
    assert debounce.delay("abc") == pytest.approx(0.1)


def test_what_the_client_waited_counts(clock: Clock) -> None:
    debounce = Debounce(0.2, 0.4, clock)
    typing(debounce, clock, 0.1)
    clock.now += 0.15
    assert debounce.delay("abc") == pytest.approx(0.05)
    clock.now += 0.15
    assert debounce.delay("abc") == 0


def test_a_pause_is_not_a_rhythm(clock: Clock) -> None:
    debounce = Debounce(0, 10, clock)
    typing(debounce, clock, 0.1)
    before = debounce.interval
    clock.now += 60
    debounce.keystroke()
    assert debounce.interval == before


def test_a_maximum_below_the_minimum_is_lifted() -> None:
    assert Debounce(0.3, 0.1).maximum == 0.3
