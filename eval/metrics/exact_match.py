"""Exact match, in the variants that published benchmarks use.

* ``whole``: both texts stripped. SantaCoder's single-line infilling (Ben Allal et al. 2023,
  arXiv 2301.03988), as the Qwen2.5-Coder and DeepSeek-Coder reports score it.
* ``lines``: the lines that are not blank, each stripped, of an answer cut to as many lines
  as the reference has. RepoCoder (Zhang et al. 2023, ``compute_score.py`` of
  github.com/microsoft/CodeT). CrossCodeEval (Ding et al. 2023, ``eval_metric.py`` of
  github.com/amazon-science/cceval) compares the same lines, of an answer cut after its
  first whole statement.
"""

from __future__ import annotations


def whole(answer: str, reference: str) -> float:
    """1.0 if the texts are equal but for white space around them, else 0.0."""
    return float(answer.strip() == reference.strip())


def lines(answer: str, reference: str) -> float:
    """1.0 if the answer's first lines are the reference's lines, else 0.0."""
    expected = significant(reference)
    return float(significant(answer)[: len(expected)] == expected)


def significant(text: str) -> list[str]:
    """The lines that are not blank, without white space around them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def same_lines(answer: str, reference: str) -> str:
    """The answer cut to as many lines as the reference has: one, for a reference of one.

    A line break that the answer starts with ends its first line: where the reference
    continues a line, that answer leaves it unfinished.
    """
    count = len(reference.strip("\n").splitlines()) or 1
    return "\n".join(answer.splitlines()[:count])
