"""Gives the answer the file's own line ends."""

from __future__ import annotations

from assistant.completion.draft import Draft


class LineEndings:
    name = "line_endings"
    order = 110

    def apply(self, draft: Draft) -> Draft:
        text = draft.text.replace("\r\n", "\n").replace("\n", draft.site.newline)
        return draft.with_text(text)


FILTER = LineEndings()
