"""What the report marks as missing and as extra."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eval.report.difference import LONGEST, Piece, pieces


def test_words_are_the_unit() -> None:
    assert pieces("load(path)", "load(file)") == [
        Piece("same", "load("),
        Piece("missing", "path"),
        Piece("extra", "file"),
        Piece("same", ")"),
    ]


@given(st.text(max_size=60), st.text(max_size=60))
def test_each_text_can_be_read_off_again(reference: str, answer: str) -> None:
    found = pieces(reference, answer)
    assert "".join(p.text for p in found if p.kind != "extra") == reference
    assert "".join(p.text for p in found if p.kind != "missing") == answer


def test_endless_texts_are_cut() -> None:
    found = pieces("", "a " * LONGEST)
    assert sum(len(p.text) for p in found) == LONGEST
