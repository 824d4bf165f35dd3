"""The variants of exact match, and how an answer is cut to the reference's lines."""

from __future__ import annotations

import pytest

from eval.metrics import exact_match


@pytest.mark.parametrize(
    ("answer", "reference", "score"),
    [
        ("  return a\n", "return a", 1.0),
        ("return a\nb", "return a", 0.0),
        ("return  a", "return a", 0.0),
        ("", "  ", 1.0),
    ],
)
def test_whole(answer: str, reference: str, score: float) -> None:
    assert exact_match.whole(answer, reference) == score


@pytest.mark.parametrize(
    ("answer", "reference", "score"),
    [
        ("load(x)\nprint(x)", "load(x)", 1.0),
        ("\n\n  load(x)", "load(x)\n", 1.0),
        ("f(\n\n   a)\nrest", "f(\n  a)", 1.0),
        ("f(", "f(\n  a)", 0.0),
        ("load(y)", "load(x)", 0.0),
        ("", "load(x)", 0.0),
    ],
)
def test_lines(answer: str, reference: str, score: float) -> None:
    assert exact_match.lines(answer, reference) == score


@pytest.mark.parametrize(
    ("answer", "reference", "cut"),
    [
        ("a\nb\nc", "x", "a"),
        ("a\nb\nc", "x\ny\n", "a\nb"),
        ("\nb", "x", ""),
        ("a", "", "a"),
        ("", "x", ""),
    ],
)
def test_same_lines(answer: str, reference: str, cut: str) -> None:
    assert exact_match.same_lines(answer, reference) == cut
