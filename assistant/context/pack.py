"""Choosing snippets for a token budget, and the order in which the prompt shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from assistant.types import Snippet, SnippetKind

_PLACE = {kind: number for number, kind in enumerate(SnippetKind)}

# The share of the budget that one kind may take while others have something to show.
_SHARES = {
    SnippetKind.IMPORTED: 0.6,
    SnippetKind.SIMILAR: 0.5,
    SnippetKind.OPEN: 0.35,
    SnippetKind.RECENT: 0.35,
}
# The share kept for what the current line calls.
_RESERVED = 0.3
# Whose turn it is first: what the file uses helps most.
_TURNS = (SnippetKind.IMPORTED, SnippetKind.SIMILAR, SnippetKind.RECENT, SnippetKind.OPEN)


def pack(snippets: Iterable[Snippet], count: Callable[[str], int], budget: int) -> list[Snippet]:
    """Those that fit into ``budget`` tokens, as ``count`` counts, in prompt order.

    They are chosen by score, each kind within its share first, then the rest where room is
    left; they are ordered by kind, path and line, never by score: scores move while the
    user types, and a prompt whose parts change places is computed anew. For the same reason
    what the current line calls has a share of its own: it pushes nothing else out.
    """
    every = list(snippets)
    reserved = int(budget * _RESERVED)
    chosen = _choose(
        (s for s in every if s.kind is not SnippetKind.CALLED), count, budget - reserved
    )
    shown = {_words(snippet) for snippet in chosen}
    for whole in _ranked(s for s in every if s.kind is SnippetKind.CALLED):
        snippet = whole if _words(whole) in shown else _clipped(whole, count, reserved)
        if _words(snippet) in shown:
            continue
        cost = _cost(snippet, count, budget)
        if cost <= reserved and not _overlaps(snippet, chosen):
            chosen.append(snippet)
            shown.add(_words(snippet))
            reserved -= cost
    return sorted(chosen, key=lambda s: (_PLACE[s.kind], s.path, s.start_line, s.end_line))


def _ranked(snippets: Iterable[Snippet]) -> list[Snippet]:
    return sorted(_distinct(snippets), key=lambda s: (-s.score, s.path, s.start_line, s.end_line))


def _choose(snippets: Iterable[Snippet], count: Callable[[str], int], budget: int) -> list[Snippet]:
    ranked = _ranked(snippets)
    costs: dict[str, int] = {}
    chosen: list[Snippet] = []
    left = budget
    waiting: list[Snippet] = []
    for kind in _TURNS:
        share = int(budget * _SHARES[kind])
        for snippet in (s for s in ranked if s.kind is kind):
            cost = costs.setdefault(snippet.text, _cost(snippet, count, budget))
            if cost <= min(share, left) and not _overlaps(snippet, chosen):
                chosen.append(snippet)
                share -= cost
                left -= cost
            elif cost <= budget:
                waiting.append(snippet)
    for snippet in waiting:
        cost = costs[snippet.text]
        if cost <= left and not _overlaps(snippet, chosen):
            chosen.append(snippet)
            left -= cost
    return chosen


def _clipped(snippet: Snippet, count: Callable[[str], int], room: int) -> Snippet:
    """The first lines of a snippet that fit: half a class is better than none of it."""
    lines = snippet.text.split("\n")
    is_source = _is_source(snippet)
    while len(lines) > 1 and _cost(snippet, count, room) > room:
        lines = lines[: max(1, len(lines) * 3 // 4)]
        # A summary goes on to speak of all the lines that it stands for.
        end = snippet.start_line + len(lines) if is_source else snippet.end_line
        snippet = replace(snippet, text="\n".join(lines), end_line=end)
    return snippet


def _cost(snippet: Snippet, count: Callable[[str], int], budget: int) -> int:
    # Not worth counting: a token is at least one byte, and seldom more than a dozen.
    if len(snippet.text) > budget * 16:
        return budget + 1
    # The prompt names the path above each snippet and ends it with a line break.
    return count(f"{snippet.path}\n{snippet.text}\n")


def _distinct(snippets: Iterable[Snippet]) -> list[Snippet]:
    """Without empty ones and repeats; overlapping source of one file and kind is merged."""
    merged: list[Snippet] = []
    for snippet in sorted(snippets, key=lambda s: (_PLACE[s.kind], s.path, s.start_line)):
        if not snippet.text.strip():
            continue
        last = merged[-1] if merged else None
        if last is not None and _mergeable(last, snippet):
            merged[-1] = _merge(last, snippet)
        else:
            merged.append(snippet)
    seen: set[str] = set()
    distinct = []
    for snippet in merged:
        text = _words(snippet)
        if text not in seen:
            seen.add(text)
            distinct.append(snippet)
    return distinct


def _words(snippet: Snippet) -> str:
    return " ".join(snippet.text.split())


def _is_source(snippet: Snippet) -> bool:
    """Whether the text is the named lines as they stand, not a summary of them."""
    return len(snippet.text.split("\n")) == snippet.end_line - snippet.start_line


def _mergeable(one: Snippet, two: Snippet) -> bool:
    return (
        one.kind is two.kind
        and one.path == two.path
        and two.start_line < one.end_line
        and _is_source(one)
        and _is_source(two)
    )


def _merge(one: Snippet, two: Snippet) -> Snippet:
    if two.end_line <= one.end_line:
        text = one.text
    else:
        text = "\n".join([one.text, *two.text.split("\n")[one.end_line - two.start_line :]])
    better = one if one.score >= two.score else two
    return replace(
        one,
        end_line=max(one.end_line, two.end_line),
        text=text,
        score=better.score,
        why=better.why,
    )


def _overlaps(snippet: Snippet, chosen: Sequence[Snippet]) -> bool:
    """Whether the same lines stand there already; a summary of them does not count."""
    return any(
        other.path == snippet.path
        and other.start_line < snippet.end_line
        and snippet.start_line < other.end_line
        and _is_source(other)
        and _is_source(snippet)
        for other in chosen
    )
