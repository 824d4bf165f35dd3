"""How many planted questions `assistant eval decontaminate` finds, and how many strangers it takes.

    python -m eval.bench.decontamination [--data DIR] [--functions N] [--files N] [--any]

Planted is a benchmark's question with another solution: a function of Python's standard library,
drawn by a fixed seed. ``found`` gives, for each way of planting, how many of how many are found;
``missed`` the ids of the others. ``flagged`` gives how many of the library's functions and files
(its tests apart) are taken for an evaluation text. The set of mined holes is left out: it is
code that anybody may have.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval import octopack
from eval.bench.running import run
from eval.data import Data
from eval.decontamination.detector import Detector
from eval.decontamination.evaluation import collect
from eval.decontamination.ngrams import Rule
from eval.task import tasks
from eval.tasks import humaneval, mbpp

Planted = Mapping[str, Sequence[tuple[str, str]]]
PAPER = (
    "You are an expert Python programmer, and here is your task: {0} "
    "Your code should pass these tests:\n\n{1}\n[BEGIN]\n{2}\n[DONE]"
)
"""MBPP's own prompt (arXiv 2108.07732)."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Planted questions and strangers")
    parser.add_argument("--data", type=Path, help="folder of benchmark files")
    parser.add_argument("--functions", type=int, default=1500, help="of the standard library")
    parser.add_argument("--files", type=int, default=100, help="of the standard library")
    parser.add_argument("--any", action="store_true", help="a single common n-gram is enough")
    given = parser.parse_args()
    data = Data.named(given.data)
    evaluation = collect((task for task in tasks() if task.name != "mined"), data)
    detector = Detector(evaluation.passages, Rule(share=0.0) if given.any else Rule())
    texts, functions = library()
    result: dict[str, Any] = {"unchecked": sorted(evaluation.unchecked), "found": {}, "missed": {}}
    for name, records in planted(data, functions).items():
        missed = [id_ for id_, text in records if not detector.overlaps(text)]
        result["found"][name] = f"{len(records) - len(missed)} of {len(records)}"
        result["missed"] |= {name: missed} if missed else {}
    rng = random.Random(1)  # noqa: S311
    strangers = {
        "functions": rng.sample(functions, min(given.functions, len(functions))),
        "files": rng.sample(texts, min(given.files, len(texts))),
    }
    began = time.process_time()
    result["flagged"] = {
        name: f"{sum(bool(detector.overlaps(text)) for text in found)} of {len(found)}"
        for name, found in strangers.items()
    }
    size = sum(len(text) for found in strangers.values() for text in found)
    result["mb_a_cpu_second"] = round(size / 1e6 / (time.process_time() - began), 2)
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


def planted(data: Data, functions: Sequence[str]) -> Planted:
    """By the way of planting, ids and texts."""
    rng = random.Random(0)  # noqa: S311
    fitting = [text for text in functions if 100 < len(text) < 1500]
    entry = [row for row in data.rows(mbpp.SOURCE) if row["task_id"] in mbpp.TEST_IDS]
    pack, human = data.rows(octopack.SOURCE), data.rows(humaneval.SOURCE)
    found: dict[str, list[tuple[str, str]]] = {}

    def plant(way: str, id_: Any, *parts: str) -> None:
        found.setdefault(way, []).append((str(id_), "\n".join(parts)))

    for row in entry:
        id_, problem, tests = row["task_id"], row["prompt"], "\n".join(row["test_list"])
        other = rng.choice(fitting)
        plant("mbpp: problem", id_, problem, other)
        plant("mbpp: problem, tests", id_, problem, tests, other)
        plant("mbpp: problem, solution, tests", id_, problem, other, tests)
        plant("mbpp: the paper's prompt", id_, PAPER.format(problem, tests, other))
        plant("mbpp: tests", id_, tests, other)
    for row in human:
        plant("humaneval: prompt", row["task_id"], row["prompt"], rng.choice(fitting))
        plant("humaneval: solution", row["task_id"], row["prompt"] + row["canonical_solution"])
    for row in pack:
        buggy = row["declaration"] + row["buggy_solution"]
        plant("humaneval-fix: buggy function", row["task_id"], rng.choice(fitting), buggy)
        plant("humaneval-explain: docstring", row["task_id"], row["docstring"])
    return found


def library() -> tuple[list[str], list[str]]:
    """The standard library's files, and the functions in them."""
    files: list[str] = []
    functions: list[str] = []
    for text, tree in _trees(Path(sysconfig.get_path("stdlib"))):
        files.append(text)
        nodes = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        functions.extend(ast.get_source_segment(text, node) or "" for node in nodes)
    return files, functions


def _trees(root: Path) -> Iterator[tuple[str, ast.AST]]:
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).parts
        if "site-packages" in parts or any("test" in part.lower() for part in parts):
            continue
        try:
            text = path.read_text(encoding="utf-8")
            yield text, ast.parse(text)
        except (SyntaxError, ValueError):
            continue


if __name__ == "__main__":
    run(main)
