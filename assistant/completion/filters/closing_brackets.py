"""Keeps closing brackets and quotes that stand right of the cursor from standing twice.

Where the answer ends with them they are cut from it; where it goes on behind them the range
grows, so that the answer replaces them.
"""

from __future__ import annotations

from dataclasses import replace

from assistant.completion.brackets import Brackets
from assistant.completion.draft import Draft
from assistant.completion.lines import CLOSERS, only_closes
from assistant.completion.site import Site

_QUOTES = "\"'`"


class ClosingBrackets:
    name = "closing_brackets"
    order = 70

    def apply(self, draft: Draft) -> Draft:
        site = draft.site
        tail = site.line_suffix.rstrip()
        if not tail or site.whole_line or not only_closes(tail):
            return draft
        state = site.brackets.copy()
        brought = _brought(site, state, draft.text)
        opened = sum(opener.line == state.lines for opener in state.stack)
        standing = sum(char in CLOSERS for char in tail)
        lacking = max(0, opened - standing)
        taken = 0
        first = last = -1
        for at, char in brought:
            if char in CLOSERS and lacking:
                lacking -= 1
                continue
            found = _next(tail, taken)
            if found >= len(tail) or tail[found] != char:
                break
            taken, first, last = found + 1, at if first < 0 else first, at
        if not taken and site.in_string:
            text = draft.text.rstrip()
            return draft.with_text(text[: len(text) - _overlap(text, tail)])
        if not taken:
            return _separators(draft, tail)
        text = draft.text.rstrip()
        rest = tail[taken:].strip()
        if rest and text.endswith(rest) and not rest.strip(";,:"):
            # The separators behind the brackets are at the answer's end too.
            taken, last = len(tail), len(text) - 1
        run = "".join(tail[:taken].split())
        if last == len(text) - 1 and text[first:] == run:
            head = text[:first]
            if head.strip() and "\n" not in head:
                return replace(draft, text=head)
        return replace(draft, end=site.offset + taken)


def _next(tail: str, at: int) -> int:
    while at < len(tail) and tail[at].isspace():
        at += 1
    return at


def _overlap(text: str, tail: str) -> int:
    """How much of the answer's end is the start of what stands behind the cursor.

    Inside a string brackets are text, so only the characters themselves can tell.
    """
    lengths = range(min(len(text) - 1, len(tail)), 1, -1)
    return next((length for length in lengths if text.endswith(tail[:length])), 0)


def _separators(draft: Draft, tail: str) -> Draft:
    """An answer that ends with the ``;`` or ``,`` that stands there."""
    text = draft.text.rstrip()
    mark = tail.lstrip()[:1]
    if mark and mark in ";,:" and text.endswith(mark):
        return draft.with_text(text[:-1])
    return draft


def _brought(site: Site, before: Brackets, text: str) -> list[tuple[int, str]]:
    """Closers in the answer whose openers stand before the cursor on its line, in order."""
    state = before.copy()
    found: list[tuple[int, str]] = []
    at = 0
    mark = len(state.stack)
    quote = state.quote
    for number, line in enumerate(text.split("\n")):
        indent = site.width(site.line_prefix) if number == 0 else None
        if number == 0 and quote:
            end = _quote_end(line, quote)
            if end >= 0:
                found.append((end, quote[-1]))
        strays = state.line(line, mark=mark, indent=indent)
        mark = min(mark, len(state.stack))
        found += [
            (at + stray.at, stray.char)
            for stray in strays
            if stray.opener is not None and stray.opener.line == before.lines
        ]
        at += len(line) + 1
    return found


def _quote_end(line: str, quote: str) -> int:
    """Where the string that is open at the cursor ends in the answer's first line."""
    at = 0
    while (at := line.find(quote, at)) >= 0:
        slashes = len(line[:at]) - len(line[:at].rstrip("\\"))
        if slashes % 2 == 0:
            return at + len(quote) - 1
        at += 1
    return -1


FILTER = ClosingBrackets()
