"""Cuts what the stopper would have cut, had the answer not ended first."""

from __future__ import annotations

from assistant.completion.draft import Draft
from assistant.completion.stopping import Stopper


class ScopeEnd:
    name = "scope_end"
    order = 30

    def apply(self, draft: Draft) -> Draft:
        stopper = Stopper(draft.site, draft.plan)
        read = stopper.broken_off if draft.broke_off else stopper.finish
        cut = read(draft.text)
        return draft if cut is None else draft.cut(cut)


FILTER = ScopeEnd()
