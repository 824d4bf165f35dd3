"""From a model's answer to what is shown: every filter, in order."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from assistant.completion.draft import Draft, Filter
from assistant.completion.scope import Plan
from assistant.completion.site import Site
from assistant.registry import Registry


@cache
def _registry() -> Registry[Filter]:
    return Registry("assistant.completion.filters", "FILTER")


def filters() -> list[Filter]:
    """Every filter, built in or plugged in, in the order they run."""
    return sorted(_registry(), key=lambda f: (f.order, f.name))


def refine(site: Site, plan: Plan, text: str, finish_reason: str) -> Draft:
    """What is left of ``text`` (an answer that starts at the cursor) after all filters.

    Never raises for any text. A draft without text says in ``dropped`` which filter dropped
    it and why.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    draft = Draft(site, plan, text, site.offset, finish_reason)
    if not text.strip():
        return draft.drop("the answer is empty")
    for step in filters():
        if draft.dropped:
            break
        after = step.apply(draft)
        if (after.text, after.end, after.dropped) != (draft.text, draft.end, draft.dropped):
            after = replace(after, applied=(*draft.applied, step.name))
        if not after.text and not after.dropped:
            after = after.drop(f"{step.name}: nothing was left")
        draft = after
    return draft
