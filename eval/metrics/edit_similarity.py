"""Edit similarity, 0 to 1. Two definitions are in use, and they differ:

* ``indel_ratio``: 1 - indel distance / sum of the lengths (a substitution costs 2), over the
  stripped texts. CrossCodeEval (``eval_utils.py`` of github.com/amazon-science/cceval), by
  ``fuzz.ratio``, which gives 0 to 100; the Qwen2.5-Coder report's "ES" is this one.
* ``levenshtein``: 1 - Levenshtein distance / the longer length (a substitution costs 1).
  RepoCoder (``compute_score.py`` of github.com/microsoft/CodeT), over stripped lines.
"""

from __future__ import annotations


def indel_ratio(answer: str, reference: str) -> float:
    """``fuzz.ratio`` / 100 of the stripped texts; two empty texts are alike."""
    from rapidfuzz import fuzz

    return float(fuzz.ratio(answer.strip(), reference.strip())) / 100


def levenshtein(answer: str, reference: str) -> float:
    """1 - distance / the longer length, of the stripped texts; two empty texts are alike."""
    from rapidfuzz.distance import Levenshtein

    return float(Levenshtein.normalized_similarity(answer.strip(), reference.strip()))
