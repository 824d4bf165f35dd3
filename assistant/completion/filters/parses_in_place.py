"""Trims an answer to what parses where it stands, or drops it."""

from __future__ import annotations

from dataclasses import replace

from assistant.completion.check import longest_that_parses
from assistant.completion.draft import Draft


class ParsesInPlace:
    name = "parses_in_place"
    order = 100

    def apply(self, draft: Draft) -> Draft:
        if draft.checked == (draft.text, draft.end):
            return draft
        text = longest_that_parses(draft.site, draft.text, draft.end)
        if text:
            return replace(draft, text=text, checked=(text, draft.end))
        return draft.drop("parses_in_place: the file would no longer parse")


FILTER = ParsesInPlace()
