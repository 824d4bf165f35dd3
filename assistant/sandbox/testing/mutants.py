"""Mutants of a Python source: copies with one small fault each.

The operators are cosmic-ray's (https://cosmic-ray.readthedocs.io). A test suite's mutation
score is the share of mutants that it tells from the original (DeMillo, Lipton and Sayward,
"Hints on Test Data Selection", 1978).
"""

from __future__ import annotations

import ast
import random
from functools import lru_cache
from typing import Any

from assistant.sandbox.testing.suite import parsed

_LEFT_OUT = ("RemoveDecorator",)
"""Without its cache a function is slower, not wrong."""


@lru_cache(maxsize=256)
def mutants(source: str, limit: int, seed: int = 0) -> tuple[str, ...]:
    """At most ``limit`` distinct mutants that compile, drawn by ``seed`` from all that there
    are, in the order drawn. ``source`` must parse; import lines are left alone.

    What equals the original or another mutant as a syntax tree is dropped; a mutant may still
    mean the same (an equivalent mutant), so that a perfect suite may stay below 1.
    """
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    operators: list[Any] = [
        operator()
        for name in operator_names()
        if not (operator := get_operator(name)).arguments() and operator.__name__ not in _LEFT_OUT
    ]
    nodes = list(ast_nodes(get_ast(source)))
    places = [
        (operator, occurrence)
        for operator in operators
        for occurrence in range(sum(len(list(operator.mutation_positions(n))) for n in nodes))
    ]
    random.Random(seed).shuffle(places)  # noqa: S311 - a reproducible draw, not a secret
    seen = {_tree(source)}
    drawn: list[str] = []
    for operator, occurrence in places:
        if len(drawn) == limit:
            break
        mutant = mutate_code(source, operator, occurrence)
        tree = _tree(mutant) if mutant is not None else None
        if tree is not None and tree not in seen:
            seen.add(tree)
            drawn.append(mutant)
    return tuple(drawn)


def _tree(source: str) -> str | None:
    tree = parsed(source)
    return ast.dump(tree) if tree else None
