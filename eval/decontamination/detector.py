"""All methods at once: what a text shares with the evaluation sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from eval.decontamination.clones import MIN_NODES, functions
from eval.decontamination.evaluation import Passage
from eval.decontamination.ngrams import Boilerplate, NgramIndex, Rule
from eval.decontamination.pieces import pieces
from eval.decontamination.tokens import beginning, squeezed

Method = Literal["exact", "ngram", "ast"]
METHODS: tuple[Method, ...] = ("exact", "ngram", "ast")
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Overlap:
    """Sample ``id`` of evaluation set ``set`` was found by ``method``.

    ``share`` is how much of the evaluation text is there: of its n-grams, or of its
    characters in functions that are the same. ``text`` is how the overlap begins.
    """

    set: str
    id: str
    method: Method
    share: float
    text: str


class Detector:
    """Finds ``passages`` in other texts, functions of ``minimum`` syntax nodes and more."""

    def __init__(
        self, passages: Sequence[Passage], rule: Rule | None = None, minimum: int = MIN_NODES
    ) -> None:
        self.passages = passages
        self.minimum = minimum
        self._exact = {squeezed(one.text): number for number, one in enumerate(passages)}
        self._ngrams = NgramIndex(passages, rule or Rule())
        self._languages: set[str] = set()
        self._functions = self._read(passages)

    def _read(self, passages: Sequence[Passage]) -> dict[bytes, list[tuple[int, float]]]:
        """By digest, each passage that has the function, and how much of it that is."""
        found: dict[bytes, dict[int, float]] = defaultdict(dict)
        for number, passage in enumerate(passages):
            for code, language in pieces(passage.text, passage.path):
                for one in functions(code, language, self.minimum):
                    share = (one.end - one.start) / len(passage.text.encode("utf-8", "replace"))
                    found[one.digest][number] = round(min(share, 1.0), 4)
                    self._languages.add(language.name)
        boilerplate = Boilerplate(passages)
        return {
            digest: sorted(shares.items(), key=lambda item: -item[1])
            for digest, shares in found.items()
            if not boilerplate(list(shares))
        }

    def overlaps(self, text: str, named: str = "") -> list[Overlap]:
        """For each set and method the evaluation text of which most is in ``text``.

        ``named`` is the text's language or path where that is known.
        """
        best: dict[tuple[str, Method], Overlap] = {}
        for number, method, share, shown in self._found(text, named):
            for name, id_ in self.passages[number].owners.items():
                held = best.get((name, method))
                if held is None or share > held.share:
                    best[name, method] = Overlap(name, id_, method, share, shown)
        return sorted(best.values(), key=lambda one: (METHODS.index(one.method), one.set))

    def _found(self, text: str, named: str) -> Iterator[tuple[int, Method, float, str]]:
        number = self._exact.get(squeezed(text))
        if number is not None:
            yield number, "exact", 1.0, text[:_SHOWN]
        for shared in self._ngrams.shared(text):
            yield shared.passage, "ngram", shared.share, beginning(text, shared.begin, _SHOWN)
        for code, language in pieces(text, named):
            if language.name not in self._languages:
                continue
            for one in functions(code, language, self.minimum):
                for number, share in self._functions.get(one.digest, ()):
                    data = code.encode("utf-8", "surrogatepass")[one.start : one.end]
                    yield number, "ast", share, data.decode("utf-8", "replace")[:_SHOWN]
