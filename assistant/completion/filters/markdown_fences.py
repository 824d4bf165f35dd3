"""Takes code out of a markdown fence, and cuts at a fence that follows it."""

from __future__ import annotations

from assistant.completion import leaks
from assistant.completion.draft import Draft


class MarkdownFences:
    name = "markdown_fences"
    order = 20

    def apply(self, draft: Draft) -> Draft:
        if leaks.fences_are_text(draft.site):
            return draft
        text = draft.text
        at = 0
        wrapped = False
        while at < len(text):
            newline = text.find("\n", at)
            end = len(text) if newline < 0 else newline
            line = text[at:end]
            if leaks.FENCE.match(line):
                if text[:at].strip():
                    return draft.cut(at)
                text, at, wrapped = text[end + 1 :], 0, True
                draft = draft.with_text(text)
                continue
            if line.strip() and not wrapped:
                wrapped = True  # code first: only a fence behind it counts
            at = end + 1
        stripped = text.rstrip()
        if stripped.endswith("```"):
            return draft.cut(len(stripped) - 3)
        return draft


FILTER = MarkdownFences()
