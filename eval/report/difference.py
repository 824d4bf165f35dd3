"""What an answer has that its reference has not, and the other way round, word by word."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

# Characters of each text that are compared; the matcher takes quadratic time.
LONGEST = 3000
WORDS = re.compile(r"\w+|\s|[^\w\s]")


class Piece(NamedTuple):
    """``missing`` stands in the reference only, ``extra`` in the answer only."""

    kind: Literal["same", "missing", "extra"]
    text: str


def pieces(reference: str, answer: str) -> list[Piece]:
    """Both texts as one row of pieces, each text cut to its first ``LONGEST`` characters."""
    before, after = (WORDS.findall(text[:LONGEST]) for text in (reference, answer))
    found: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", "".join(before[a:b])))
            continue
        if a < b:
            found.append(Piece("missing", "".join(before[a:b])))
        if c < d:
            found.append(Piece("extra", "".join(after[c:d])))
    return found
