"""Which words of a piece of code are identifiers, and how two lists of them compare."""

from __future__ import annotations

import pytest

from assistant.syntax.language import by_name
from eval.metrics.identifiers import identifiers, match, overlap


@pytest.mark.parametrize(
    ("language", "code", "expected"),
    [
        ("python", "gen(config.max, x=1)[0]  # and more", ["gen", "config", "max", "x"]),
        ("python", "encode('a name', None, True) is not other", ["encode", "other"]),
        ("python", 'f"some {name} here"', ["name"]),
        ("python", "sequence[:, -1:], cache, mask = m)", ["sequence", "cache", "mask", "m"]),
        ("python", "größe + größe", ["größe", "größe"]),
        ("java", 'Foo f = new Foo(this.bar, "x"); // no', ["Foo", "f", "Foo", "bar"]),
        ("javascript", "const a = b.c ?? null /* d */", ["a", "b", "c"]),
        ("typescript", "let a: Thing<string> = make(`t ${x}`)", ["a", "Thing", "make", "x"]),
        ("go", "func (s *Server) Run(n int) error {", ["s", "Server", "Run", "n", "int", "error"]),
        ("rust", "let mut x: Vec<u8> = Self::read(&y);", ["x", "Vec", "Self", "read", "y"]),
        ("php", "<?php $this->run($a, Other::MAX);", ["this", "run", "a", "Other", "MAX"]),
        ("ruby", "Point.new(x, :y, nil)", ["Point", "new", "x"]),
        ("python", "", []),
    ],
)
def test_identifiers(language: str, code: str, expected: list[str]) -> None:
    assert identifiers(code, by_name(language)) == expected


def test_a_match_needs_order_and_repetitions() -> None:
    assert match(["a", "b", "a"], ["a", "b", "a"]) == 1.0
    assert match(["b", "a", "a"], ["a", "b", "a"]) == 0.0
    assert match(["a", "b"], ["a", "b", "a"]) == 0.0


def test_overlap_compares_sets() -> None:
    shared = overlap(["a", "a", "b", "c"], ["b", "a", "d", "e"])
    assert shared.precision == pytest.approx(2 / 3)
    assert shared.recall == pytest.approx(2 / 4)
    assert shared.f1 == pytest.approx(2 * (2 / 3) * (2 / 4) / (2 / 3 + 2 / 4))


def test_nothing_to_divide_by_scores_zero() -> None:
    assert overlap([], []) == (0.0, 0.0, 0.0)
    assert overlap([], ["a"]) == (0.0, 0.0, 0.0)
    assert overlap(["a"], []) == (0.0, 0.0, 0.0)
