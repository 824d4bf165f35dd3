"""What ``humaneval-fix`` and ``humaneval-explain`` share: HumanEvalPack, Python.

Muennighoff et al. 2023, "OctoPack: Instruction Tuning Code Large Language Models" (arXiv
2308.07124; ``bigcode_eval/tasks/humanevalpack.py`` of the BigCode evaluation harness). As
there the answer is begun with the function's declaration and its line end left to the model,
and the modules that a solution may forget to import are there; but for numpy, which costs
each run more than it gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eval.data import Source
from eval.execution import Program, execute
from eval.extraction import before_closing, sanitize
from eval.types import Answer, ChatAsk, Grade, Message

SOURCE = Source(
    "humanevalpack_python.jsonl.gz",
    "huggingface.co/datasets/bigcode/humanevalpack",
    hub="bigcode/humanevalpack",
    pattern="python/test-*.parquet",
)
MAX_TOKENS = 512
STOP = ("\n```", "\nprint(", "\nassert ", "\nif __name__")
"""Four of the original's ends of an answer, as many as servers take."""
IMPORTS = """\
import math, re, sys, copy, datetime, itertools, collections, heapq
import statistics, functools, hashlib, string
from typing import *
from collections import *
"""


def asked(context: str, instruction: str, begun: str) -> ChatAsk:
    """The context first, then what to do with it; the answer is begun."""
    question = Message("user", f"{context}\n{instruction}")
    answer = Message("assistant", f"```python\n{begun.rstrip()}")
    return ChatAsk((question, answer), MAX_TOKENS, STOP)


def needed(row: Mapping[str, Any], begun: str) -> dict[str, str]:
    """What :func:`grade` needs of a record whose answer was begun with ``begun``."""
    return {"begun": begun, **{key: row[key] for key in ("declaration", "test", "entry_point")}}


def grade(needed: Mapping[str, str], answer: Answer) -> Grade:
    """Whether what was begun, with the answer, passes the record's tests, which run
    themselves."""
    return grade_file(needed, needed["begun"].rstrip() + before_closing(answer.text))


def grade_file(needed: Mapping[str, str], text: str) -> Grade:
    """Whether the whole file ``text`` passes the record's tests."""
    entry, declaration = needed["entry_point"], needed["declaration"].rstrip()
    solution = sanitize(text, entry)
    setup = f"{declaration}\n    pass\n"  # tests call the helpers that it brings
    return execute(Program(IMPORTS + solution, needed["test"], entry, setup))
