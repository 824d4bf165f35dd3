"""pass@k: the chance that at least one of k answers passes.

The unbiased estimator of Chen et al. 2021, "Evaluating Large Language Models Trained on
Code", section 2.1 (arXiv 2107.03374).
"""

from __future__ import annotations

from math import comb


def pass_at_k(answers: int, passed: int, k: int) -> float:
    """1 - C(n-c, k) / C(n, k) for one problem with n ``answers`` of which c ``passed``.

    Raises ValueError unless 0 <= passed <= answers and 1 <= k <= answers.
    """
    if not (0 <= passed <= answers and 1 <= k <= answers):
        raise ValueError(f"pass@{k} of {passed} in {answers} answers is not defined")
    return 1.0 - comb(answers - passed, k) / comb(answers, k)
