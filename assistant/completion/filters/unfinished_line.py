"""Drops the line in which an answer broke off, unless it is all there is and of use."""

from __future__ import annotations

from assistant.completion.draft import Draft
from assistant.completion.lines import weight

_USEFUL = 8


class UnfinishedLine:
    name = "unfinished_line"
    order = 40

    def apply(self, draft: Draft) -> Draft:
        if not draft.broke_off:
            return draft
        at = draft.text.rfind("\n")
        if at >= 0 and draft.text[:at].strip():
            return draft.cut(at)
        if weight(draft.text) < _USEFUL:
            return draft.drop("unfinished_line: the answer broke off at once")
        return draft


FILTER = UnfinishedLine()
