from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.context.chunks import MOST, chunk


@given(
    st.lists(st.sampled_from(["", "  ", "code", "    more"]), max_size=120),
    st.sets(st.integers(0, 120)),
)
def test_covers_every_line_that_is_not_blank_once(lines: list[str], starts: set[int]) -> None:
    pieces = chunk(lines, starts)
    covered = [line for start, end in pieces for line in range(start, end)]
    assert len(covered) == len(set(covered))
    assert {n for n, line in enumerate(lines) if line.strip()} <= set(covered)
    assert all(0 < end - start <= MOST for start, end in pieces)
    assert all(lines[start].strip() and lines[end - 1].strip() for start, end in pieces)


def test_ends_before_a_definition() -> None:
    lines = ["x"] * 60
    assert chunk(lines, {20, 41}) == [(0, 20), (20, 41), (41, 60)]


def test_ends_at_a_blank_line_otherwise() -> None:
    lines = ["x"] * 15 + [""] + ["x"] * 20
    assert chunk(lines) == [(0, 15), (16, 36)]
