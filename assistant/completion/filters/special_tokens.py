"""Cuts at the first special token that leaked into the text."""

from __future__ import annotations

from assistant.completion import leaks
from assistant.completion.draft import Draft


class SpecialTokens:
    name = "special_tokens"
    order = 10

    def apply(self, draft: Draft) -> Draft:
        at = leaks.find_special(draft.site, draft.text)
        return draft if at < 0 else draft.cut(at)


FILTER = SpecialTokens()
