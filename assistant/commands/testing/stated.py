"""The examples that a comment shows: ``f(1) // => 2``, ``f(1) === 2``, ``f(1) returns 2``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from assistant.commands.testing.case import Case
from assistant.commands.testing.trees import Grammar, calls_in, is_literal

MOST = 20
_MARK = r"(?:(?://|#|--)\s*)"
_WORDS = r"(?:===?|=>|==>|->|→|➞|=|returns?|gives?|is|evaluates to|yields?|Output:)"
_GIVES = re.compile(rf"[)`]?\s*;?\s*(?:{_MARK}?{_WORDS}\s*:?|{_MARK})\s*")
_THROWS = re.compile(r"(?:throws|raises)\s+(?:an?\s+)?(?:new\s+)?([A-Z]\w*)")
_ALONE = re.compile(rf"\n[ \t]*(?={_MARK}\s*{_WORDS})")


def stated(
    doc: str, grammar: Grammar, names: Collection[str], known: Collection[str]
) -> list[Case]:
    """Those that ``doc``, a comment without its marks, shows of the functions ``names``."""
    found: dict[str, Case] = {}
    for line in _ALONE.sub(" ", doc).split("\n"):
        for case in _shown(line.strip(), grammar, names, known):
            found.setdefault(case.call, case)
            break
    return list(found.values())[:MOST]


def _shown(
    line: str, grammar: Grammar, names: Collection[str], known: Collection[str]
) -> Iterator[Case]:
    for end in (at + 1 for at, letter in enumerate(line) if letter == ")"):
        gives = _GIVES.match(line, end)
        rest = line[gives.end() :] if gives else line[end:].strip(" ;/")
        throws = _THROWS.match(rest)
        if not gives and not throws:
            continue
        begun = re.sub(r"^(?:[-*]\s+|`|console\.log\(|assert\s+)", "", line[:end])
        calls = calls_in(f"{begun};", grammar, names, known)
        # The whole of it, but for what it is given to.
        if len(calls) != 1 or not begun.endswith(calls[0]):
            continue
        if throws:
            yield Case(calls[0], raises=throws[1], shown=True)
        for want in (rest, rest.split("  ")[0], rest.split("//")[0], rest.split(" (")[0]):
            want = want.strip().rstrip(".;,").strip("`").strip()
            if want and is_literal(want, grammar):
                yield Case(calls[0], want, digits=_digits(want), shown=True)


def _digits(want: str) -> int | None:
    """Decimal places of a number that is written with some."""
    number = re.fullmatch(r"-?\d+\.(\d+)", want)
    return len(number[1]) if number else None
