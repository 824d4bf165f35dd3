from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.positions import line_bounds, offset_at, position_at
from assistant.types import Position, PositionEncoding

TEXT = "a\r\nb😀c\rd\n"


@pytest.mark.parametrize(
    ("line", "bounds"), [(0, (0, 1)), (1, (3, 6)), (2, (7, 8)), (3, (9, 9)), (9, (9, 9))]
)
def test_lines_end_in_any_of_three_ways(line: int, bounds: tuple[int, int]) -> None:
    assert line_bounds(TEXT, line) == bounds


@pytest.mark.parametrize(
    ("encoding", "character"),
    [(PositionEncoding.UTF8, 5), (PositionEncoding.UTF16, 3), (PositionEncoding.UTF32, 2)],
)
def test_a_character_counts_in_the_clients_unit(encoding: PositionEncoding, character: int) -> None:
    assert offset_at(TEXT, Position(1, character), encoding) == 5
    assert position_at(TEXT, 5, encoding) == Position(1, character)


def test_past_the_end_is_the_end() -> None:
    assert offset_at(TEXT, Position(1, 99)) == 6
    assert offset_at(TEXT, Position(99, 99)) == len(TEXT)
    assert offset_at("", Position(0, 5)) == 0
    assert position_at(TEXT, 999) == Position(3, 0)


def test_the_middle_of_a_pair_goes_to_its_end() -> None:
    assert offset_at("😀x", Position(0, 1)) == 1


@given(st.text(alphabet="ab\r\n😀é", max_size=40), st.sampled_from(PositionEncoding), st.data())
def test_there_and_back(text: str, encoding: PositionEncoding, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    back = offset_at(text, position_at(text, offset, encoding), encoding)
    # An offset between "\r" and "\n" is no place of its own: it is the line's end.
    inside = text[offset - 1 : offset + 1] == "\r\n"
    assert back == (offset - 1 if inside else offset)
