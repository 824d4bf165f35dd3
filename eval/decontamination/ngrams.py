"""Overlap of token n-grams.

Rules in use differ: Qwen2.5-Coder calls a document contaminated by a single common 10-gram of
words (arXiv 2409.12186, section 5); Tülu 3 (arXiv 2411.15124, section 3.2) takes 8-grams and
asks that more than half of the evaluation record's tokens match one training record; Lee et
al. (arXiv 2107.06499) take a common substring of 50 tokens as duplication.

Tokens of code are shorter than words: ``for i in range(len(x)):`` has ten of them, so that a
single 10-gram says nothing. The default is a share of one half with n = 10, or else a run of
50 tokens, which finds the part of a long file. ``share=0`` is the single n-gram.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eval.decontamination.evaluation import Passage
from eval.decontamination.tokens import tokens

if TYPE_CHECKING:
    from numpy import bool_, dtype, int64, ndarray, uint64

    Keys = ndarray[tuple[int], dtype[uint64]]
    Integers = ndarray[tuple[int], dtype[int64]]
    Flags = ndarray[tuple[int], dtype[bool_]]

BOILERPLATE = 4, 0.1
"""An n-gram in so many problems of one group of like texts, and in such a share of them,
belongs to none: a question's template, the frame of a generated program."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When a training record overlaps an evaluation text.

    ``share`` of the text's n-grams are in the record (and at least ``n`` of them, all where
    it has fewer; 0 stands for any single one), or ``run`` tokens in a row are (0: never).
    """

    n: int = 10
    share: float = 0.5
    run: int = 50


@dataclass(frozen=True, slots=True)
class Shared:
    """Passage number ``passage`` shares ``share`` of its n-grams with a text, from the text's
    token ``begin`` on."""

    passage: int
    share: float
    begin: int


class Boilerplate:
    """Says whether what is in these passages is boilerplate."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = passages
        groups = Counter(group for group, _ in {p for one in passages for p in one.problems})
        least, share = BOILERPLATE
        self.limits = {group: max(least, share * size) for group, size in groups.items()}

    def __call__(self, numbers: Sequence[int]) -> bool:
        if len(numbers) < BOILERPLATE[0]:
            return False
        problems = {problem for number in numbers for problem in self.passages[number].problems}
        groups = Counter(group for group, _ in problems)
        return any(count >= self.limits[group] for group, count in groups.items())


class NgramIndex:
    """The n-grams of the evaluation texts.

    N-grams are held as 64-bit hashes: with a million of them, one in 10^13 others is taken
    for a known one.
    """

    def __init__(self, passages: Sequence[Passage], rule: Rule) -> None:
        import numpy as np

        self.rule = rule
        self._vocabulary: dict[str, int] = {}
        postings: dict[int, list[int]] = defaultdict(list)
        for number, passage in enumerate(passages):
            words = tokens(passage.text)
            for word in words:
                self._vocabulary.setdefault(word, len(self._vocabulary) + 1)
            for key in np.unique(self._hashes(self._numbers(words))).tolist():
                postings[key].append(number)
        boilerplate = Boilerplate(passages)
        kept = {key: found for key, found in postings.items() if not boilerplate(found)}
        self._keys: Keys = np.array(sorted(kept), dtype=np.uint64)
        lists = [kept[key] for key in self._keys.tolist()]
        self._starts: Integers = np.cumsum([0, *map(len, lists)], dtype=np.int64)
        self._passages: Integers = np.fromiter((p for one in lists for p in one), dtype=np.int64)
        self.sizes: Integers = np.bincount(self._passages, minlength=len(passages))
        """How many n-grams each passage has, boilerplate aside."""

    def _numbers(self, words: Sequence[str]) -> Keys:
        """Each token's number; 0 for one that no evaluation text has."""
        import numpy as np

        get = self._vocabulary.get
        return np.fromiter((get(w, 0) for w in words), dtype=np.uint64, count=len(words))

    def _hashes(self, numbers: Keys) -> Keys:
        """The hash of each n-gram: a polynomial over scrambled numbers, modulo 2^64."""
        import numpy as np

        size = len(numbers) - self.rule.n + 1
        if size <= 0:
            return np.zeros(0, dtype=np.uint64)
        mixed = _mixed(numbers)
        result = np.zeros(size, dtype=np.uint64)
        for offset in range(self.rule.n):
            result = result * np.uint64(0x9E3779B97F4A7C15) + mixed[offset : offset + size]
        return _mixed(result)

    def shared(self, text: str) -> Iterator[Shared]:
        """The evaluation texts that ``text`` overlaps by the rule, the largest share first."""
        import numpy as np

        if not len(self._keys):
            return
        hashes = self._hashes(self._numbers(tokens(text)))
        if not len(hashes):
            return
        at = np.minimum(np.searchsorted(self._keys, hashes), len(self._keys) - 1)
        hit: Integers = np.flatnonzero(self._keys[at] == hashes)
        if not len(hit):
            return
        found = at[hit]
        distinct = np.unique(found)
        counts = np.bincount(self._gather(distinct), minlength=len(self.sizes))
        ranked: list[tuple[float, int, int]] = []
        for number in np.flatnonzero(counts).tolist():
            begin = self._begin(int(counts[number]), number, hit, found)
            if begin is not None:
                ranked.append((counts[number] / self.sizes[number], number, begin))
        for share, number, begin in sorted(ranked, key=lambda r: (-r[0], r[1])):
            yield Shared(number, round(float(share), 4), begin)

    def _gather(self, keys: Integers) -> Integers:
        """The texts that have each of ``keys``, one after the other."""
        import numpy as np

        return np.concatenate([self._passages[self._starts[k] : self._starts[k + 1]] for k in keys])

    def _begin(self, count: int, number: int, hit: Integers, found: Integers) -> int | None:
        """The token at which the overlap with a text begins; None where the rule says none."""
        n, size = self.rule.n, int(self.sizes[number])
        by_share = count >= max(self.rule.share * size, min(n, size))
        if self.rule.share == 0 or by_share:
            return int(hit[self._of(number, found)][0])
        windows = self.rule.run - n + 1
        if not self.rule.run or count < windows:
            return None
        places = hit[self._of(number, found)].tolist()
        begin = 0
        for i, place in enumerate(places):
            if i and place != places[i - 1] + 1:
                begin = i
            if i - begin + 1 >= windows:
                return int(places[begin])
        return None

    def _of(self, number: int, found: Integers) -> Flags:
        import numpy as np

        keys, back = np.unique(found, return_inverse=True)
        here = [number in self._passages[self._starts[k] : self._starts[k + 1]] for k in keys]
        return np.array(here, dtype=np.bool_)[back]


def _mixed(values: Keys) -> Keys:
    """SplitMix64's finalizer (Steele, Lea and Flood 2014)."""
    import numpy as np

    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Keys = values ^ (values >> np.uint64(31))
    return mixed
