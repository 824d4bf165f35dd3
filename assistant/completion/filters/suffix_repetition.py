"""Removes what only repeats the text around the cursor.

The lines that follow at the end of the answer, the start of the current line's rest, and an
answer that as a whole is what stands before or after.
"""

from __future__ import annotations

from assistant.completion.draft import Draft
from assistant.completion.lines import only_closes, weight
from assistant.completion.resume import targets
from assistant.completion.site import Site

_SAYS_SOMETHING = 3
_TELLING = 6


class SuffixRepetition:
    name = "suffix_repetition"
    order = 60

    def apply(self, draft: Draft) -> Draft:
        draft = _without_following(draft)
        draft = _without_overlap(draft)
        site = draft.site
        shown = [line.rstrip() for line in _resulting(site, draft.text) if line.strip()]
        if not shown or sum(map(weight, shown)) < _TELLING:
            return draft
        after = targets(site)
        if shown == after[: len(shown)]:
            return draft.drop("suffix_repetition: it is what follows already")
        before = [line.rstrip() for line in site.preceding[-60:] if line.strip()]
        if shown == before[-len(shown) :]:
            return draft.drop("suffix_repetition: it repeats what stands before")
        return draft


def _resulting(site: Site, text: str) -> list[str]:
    """The answer's lines, the first as it will stand in the file."""
    if site.whole_line and text.rstrip(" \t").endswith("\n"):
        return text.split("\n")
    if site.line_prefix and not site.line_prefix.strip():
        text = text.lstrip(" \t")
    return (site.line_prefix + text + site.line_suffix.rstrip()).split("\n")


def _without_following(draft: Draft) -> Draft:
    """Cuts the longest run of the following lines from the answer's end."""
    site = draft.site
    after = targets(site)
    lines = draft.text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    solid = [index for index, line in enumerate(lines) if line.strip()]
    for count in range(min(len(after), len(solid)), 0, -1):
        first = solid[-count]
        if first == 0 and site.line_prefix.strip():
            continue
        run = [lines[index].rstrip() for index in solid[-count:]]
        if first == 0:
            run[0] = site.line_prefix + run[0].lstrip()
        if run == after[:count] and sum(map(weight, run)) >= _SAYS_SOMETHING:
            at = sum(len(line) + 1 for line in lines[:first])
            return draft.cut(at)
    return draft


def _without_overlap(draft: Draft) -> Draft:
    """Cuts the start of the current line's rest from the answer's end."""
    site = draft.site
    rest = site.line_suffix.strip()
    if only_closes(rest) or (site.whole_line and draft.text.rstrip(" \t").endswith("\n")):
        return draft
    text = draft.text.rstrip()
    for length in range(min(len(rest), len(text), 400), 0, -1):
        if not text.endswith(rest[:length]):
            continue
        at = len(text) - length
        if length < len(rest):
            if weight(rest[:length]) < _SAYS_SOMETHING:
                break
            if _splits_word(rest, length) or _splits_word(text, at):
                continue
        return draft.cut(at)
    return draft


def _splits_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and _word(text[at - 1]) and _word(text[at])


def _word(char: str) -> bool:
    return char.isalnum() or char == "_"


FILTER = SuffixRepetition()
