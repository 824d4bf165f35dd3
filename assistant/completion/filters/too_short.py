"""Drops what is not worth showing: white space, an empty comment, what stands there already."""

from __future__ import annotations

from assistant.completion.draft import Draft


class TooShort:
    name = "too_short"
    order = 120

    def apply(self, draft: Draft) -> Draft:
        site = draft.site
        text = draft.text.strip()
        marks = {"", "#", "//", "--", "/*", "*", "*/", "<!--", "-->", '"""', "'''", ";", ","}
        if text in marks:
            return draft.drop("too_short: nothing of use")
        if draft.text == site.document.text[site.offset : draft.end]:
            return draft.drop("too_short: it stands there already")
        return draft


FILTER = TooShort()
