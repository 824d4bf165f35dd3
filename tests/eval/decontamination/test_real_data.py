"""HumanEval's solutions and MBPP's questions among functions of the standard library."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from eval.data import Data, read
from eval.decontamination.detector import Detector
from eval.decontamination.evaluation import Passage, collect
from eval.task import tasks

HERE = Path(__file__).resolve().parents[3]
FILE = Path(os.environ.get("ASSISTANT_DATA") or HERE.parent / "shared" / "data") / (
    "HumanEval.jsonl.gz"
)
LIBRARY = ("argparse", "csv", "heapq", "statistics", "textwrap", "zipfile", "random", "shutil")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FILE.is_file(), reason=f"{FILE} is not there"),
]


class _Bare(ast.NodeTransformer):
    """Other names for arguments and for what is assigned; no docstrings."""

    def __init__(self, tree: ast.AST) -> None:
        nodes = list(ast.walk(tree))
        stored = [n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        named = [n.arg for n in nodes if isinstance(n, ast.arg)]
        self.names = {name: f"other_{i}" for i, name in enumerate(dict.fromkeys(stored + named))}

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self.names.get(node.arg, node.arg)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return self.generic_visit(node)


def library() -> list[str]:
    found: list[str] = []
    for name in LIBRARY:
        text = (Path(os.__file__).parent / f"{name}.py").read_text(encoding="utf-8")
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
        found.extend(ast.get_source_segment(text, node) or "" for node in nodes)
    return found


def test_planted_solutions_are_found_and_nothing_else() -> None:
    rows = read(FILE)
    texts = [row["prompt"] + row["canonical_solution"] for row in rows]
    detector = Detector(
        [Passage(text, "", {"he": str(i)}, {("he", i)}) for i, text in enumerate(texts)]
    )
    functions = library()
    assert len(functions) > 300
    assert [text for text in functions if detector.overlaps(text)] == []
    verbatim = bare = 0
    for i, text in enumerate(texts):
        between = functions[i], functions[i + 1]
        tree = ast.parse(text)
        renamed = ast.unparse(_Bare(tree).visit(tree))
        verbatim += bool(detector.overlaps(text.join(between)))
        bare += bool(detector.overlaps(("\n\n" + renamed + "\n\n").join(between)))
    assert verbatim == len(texts)
    # Solutions of one or two lines are too small to be told from others by their form.
    assert bare >= 0.9 * len(texts)


def test_a_question_is_found_with_another_solution_and_nothing_else() -> None:
    data = Data(FILE.parent)
    named = [tasks().get(name) for name in ("mbpp", "mbpp-plus", "humaneval-fix", "testeval")]
    detector = Detector(collect(named, data).passages)
    functions = library()
    assert [text for text in functions if detector.overlaps(text)] == []
    problem = with_tests = 0
    rows = [row for row in read(FILE.parent / "sanitized-mbpp.json") if 11 <= row["task_id"] <= 510]
    for row, other in zip(rows, functions, strict=False):
        tests = "\n".join(row["test_list"])
        problem += bool(detector.overlaps(f"{row['prompt']}\n{other}"))
        with_tests += bool(detector.overlaps(f"{row['prompt']}\n{other}\n{tests}"))
    # Three problems are shorter than an n-gram.
    assert problem >= len(rows) - 3
    assert with_tests == len(rows)
    pack = read(FILE.parent / "humanevalpack_python.jsonl.gz")
    buggy = [row["declaration"] + row["buggy_solution"] for row in pack]
    assert all(detector.overlaps(functions[i] + "\n\n" + text) for i, text in enumerate(buggy))
