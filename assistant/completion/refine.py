"""From a model's answer to what is shown: every filter, in order."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from assistant.completion.check import NamesCheck
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


def refine(
    site: Site, plan: Plan, text: str, finish_reason: str, names: NamesCheck | None = None
) -> Draft:
    """What is left of ``text`` (an answer that starts at the cursor) after all filters.

    ``names`` has the last word: it may drop what uses names that do not exist. Never raises
    for any text. A draft without text says in ``dropped`` which filter dropped it and why.
    """
    draft = _filtered(site, plan, text, finish_reason)
    if names is not None and draft.text and (why := names(site, draft.text)):
        return draft.drop(f"names: {why}")
    return draft


def _filtered(site: Site, plan: Plan, text: str, finish_reason: str) -> Draft:
    draft = Draft(site, plan, text, site.offset, finish_reason)
    if not text.strip():
        return draft.drop("the answer is empty")
    # What one filter cuts can lay open what an earlier one would have cut.
    for _ in range(_MAX_ROUNDS):
        before = draft
        draft = replace(_round(draft), finish_reason="stop")
        stands = before.finish_reason == "stop" and draft.text == before.text
        if draft.dropped or stands:
            return draft
    return draft


_MAX_ROUNDS = 5


def _round(draft: Draft) -> Draft:
    given = draft.text
    draft = draft.with_text(given.replace("\r\n", "\n").replace("\r", "\n"))
    # Where the text reaches to is decided anew: a filter may find it shorter.
    draft = replace(draft, end=draft.site.offset)
    for step in filters():
        after = step.apply(draft)
        changed = (after.text, after.end, after.dropped) != (draft.text, draft.end, draft.dropped)
        if changed and step.name not in draft.applied:
            after = replace(after, applied=(*draft.applied, step.name))
        if not after.text and not after.dropped:
            after = after.drop(f"{step.name}: nothing was left")
        draft = after
        if draft.dropped:
            return draft
    return draft
