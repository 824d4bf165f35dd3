"""Planted copies are found, strangers with the same frame are not."""

from __future__ import annotations

import ast
import re

import pytest

from eval.decontamination.detector import Detector, Overlap
from eval.decontamination.evaluation import Passage
from eval.decontamination.ngrams import Rule

TASK = '''import math
from typing import List


def spread(values: List[float], weights: List[float]) -> float:
    """The weighted deviation of values from their weighted mean.

    >>> spread([1.0, 3.0], [1.0, 1.0])
    1.0
    """
    total = sum(weights)
    if not total:
        return 0.0
    mean = sum(v * w for v, w in zip(values, weights)) / total
    squares = 0.0
    for value, weight in zip(values, weights):
        squares += weight * (value - mean) ** 2
    return math.sqrt(squares / total)
'''
RENAMED = """
def deviation(xs, ws):
    # how far apart they are
    w_sum = sum(ws)
    if not w_sum:
        return 1.5
    centre = sum(a * b for a, b in zip(xs, ws)) / w_sum
    acc = 0.1

    for x, w in zip(xs, ws):
        acc += w * (x - centre) ** 3
    return math.sqrt(acc / w_sum)
"""
LICENCE = """# Copyright 2020 The Authors. Licensed under the Apache License, Version 2.0
# you may not use this file except in compliance with the License. You may obtain a copy of
# the License at http://www.apache.org/licenses/LICENSE-2.0. Unless required by applicable law
# or agreed to in writing, software distributed under the License is distributed on an AS IS basis.
"""
IMPORTS = """import os, sys, re, json, argparse, collections, itertools, functools, logging, pathlib
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence
"""
MAIN = """
if __name__ == "__main__":
    main()
"""
CLEAN = """
class Inventory:
    def __init__(self, path):
        self.path = path
        self.items = {}

    def load(self):
        with open(self.path) as file:
            for line in file:
                name, _, count = line.partition(":")
                self.items[name.strip()] = int(count)

    def missing(self, wanted):
        return {name: n - self.items.get(name, 0) for name, n in wanted.items()}
"""


def passage(text: str, id_: str = "1", path: str = "solution.py") -> Passage:
    return Passage(text, path, {"bench": id_}, {("bench/arm/file", text)})


def framed(body: str) -> str:
    return LICENCE + IMPORTS + body + MAIN


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector([passage(TASK), passage(framed(TASK), "2")])


def methods(found: list[Overlap]) -> set[str]:
    return {one.method for one in found}


def test_verbatim(detector: Detector) -> None:
    found = detector.overlaps(TASK)
    assert methods(found) == {"exact", "ngram", "ast"}
    assert {(one.set, one.id) for one in found} == {("bench", "1")}
    assert next(one.share for one in found if one.method == "exact") == 1.0


def test_white_space_does_not_hide_a_whole_record(detector: Detector) -> None:
    assert "exact" in methods(detector.overlaps("\n\n" + TASK.replace("\n", "  \r\n")))


def test_laid_out_anew(detector: Detector) -> None:
    assert methods(detector.overlaps(ast.unparse(ast.parse(TASK)))) >= {"ngram", "ast"}


def test_comments_changed(detector: Detector) -> None:
    copy = re.sub(r'"""[^"]*"""', '"""Other words."""', TASK)
    copy = copy.replace("    total", "    # the sum of all weights\n    total", 1)
    found = detector.overlaps(copy)
    assert "ast" in methods(found)
    assert "exact" not in methods(found)


def test_renamed(detector: Detector) -> None:
    found = detector.overlaps(RENAMED)
    assert methods(found) == {"ast"}
    assert found[0].text.startswith("def deviation")


def test_in_a_larger_file(detector: Detector) -> None:
    assert methods(detector.overlaps(CLEAN + TASK + CLEAN)) == {"ngram", "ast"}
    assert methods(detector.overlaps(CLEAN + RENAMED + CLEAN)) == {"ast"}


@pytest.mark.parametrize("marked", ["python", "py", ""])
def test_in_a_chat_message(detector: Detector, marked: str) -> None:
    talk = f"How do I get it?\nLike this, you see:\n```{marked}\n{RENAMED}```\nThat is it."
    assert methods(detector.overlaps(talk)) == {"ast"}


def test_a_part_of_a_long_file_is_found_by_its_run() -> None:
    others = "".join(
        f"\ndef step_{i}(a, b):\n    return a.f{i}(b) + b.g{i}(a)\n" for i in range(60)
    )
    found = Detector([passage(others + TASK + others)], minimum=10_000).overlaps(CLEAN + TASK)
    assert methods(found) == {"ngram"}
    assert found[0].share < 0.5
    assert "spread" in found[0].text
    strict = Detector([passage(others + TASK + others)], Rule(run=0), minimum=10_000)
    assert strict.overlaps(CLEAN + TASK) == []


def test_a_stranger_in_the_same_frame_is_not_found(detector: Detector) -> None:
    assert detector.overlaps(framed(CLEAN)) == []
    assert detector.overlaps(LICENCE) == []
    assert detector.overlaps("") == []


def test_a_template_of_many_questions_belongs_to_none() -> None:
    template = "Please write a function in Python which solves this task and wrap it in marks: "
    nouns = ["apples by weight", "roads by length", "names by rank", "rivers by depth", "the sun"]
    texts = [template + "sort all the " + noun + " and then give the first" for noun in nouns]
    found = Detector([passage(text, str(i), "") for i, text in enumerate(texts)])
    assert found.overlaps(template + "print hello") == []
    assert next(one.id for one in found.overlaps(texts[2])) == "2"


def test_a_single_ngram_is_enough_when_asked_for() -> None:
    text = CLEAN + "\nmean = sum(v * w for v, w in zip(values, weights)) / 2\n"
    assert Detector([passage(TASK)]).overlaps(text) == []
    assert methods(Detector([passage(TASK)], Rule(share=0)).overlaps(text)) == {"ngram"}


def test_every_set_that_has_it_is_named() -> None:
    both = Passage(TASK, "a.py", {"one": "x", "two": "y"}, {("one", 1), ("two", 1)})
    found = Detector([both]).overlaps(TASK)
    assert {(one.set, one.id) for one in found} == {("one", "x"), ("two", "y")}
