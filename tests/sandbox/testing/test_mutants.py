"""Mutants by cosmic-ray's operators."""

from __future__ import annotations

import ast

import pytest

from assistant.sandbox.testing.mutants import mutants

SOURCE = "def add_one(number):\n    return number + 1\n"
ALL = 13
"""+ becomes one of eleven other operators, or 1 becomes 2 or 0."""


@pytest.mark.slow
def test_every_mutant_compiles_and_differs() -> None:
    found = mutants(SOURCE, 100)
    trees = {ast.dump(ast.parse(source)) for source in (SOURCE, *found)}
    assert len(found) == ALL
    assert len(trees) == ALL + 1
    bodies = {source.partition("number ")[2].strip() for source in found}
    assert bodies == {
        *(f"{sign} 1" for sign in ("-", "*", "/", "//", "%", "**", "<<", ">>", "|", "&", "^")),
        "+ 2",
        "+ 0",
    }


def test_a_seed_gives_the_same_draw() -> None:
    assert mutants(SOURCE, 5, seed=1) == mutants(SOURCE, 5, seed=1)
    assert mutants(SOURCE, 5, seed=1) != mutants(SOURCE, 5, seed=2)
    assert len(mutants(SOURCE, 5)) == 5


def test_imports_are_left_alone() -> None:
    assert mutants("import os\nfrom sys import path\n", 100) == ()
