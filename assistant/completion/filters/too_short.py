"""Drops what is not worth showing: white space, an empty comment, what stands there already."""

from __future__ import annotations

from assistant.completion.draft import Draft

_EMPTY = {"", "#", "//", "--", "/*", "*", "<!--", ";", ","}
_CLOSING = {"*/", "-->", '"""', "'''"}
"""Of use only where there is something to close."""


class TooShort:
    name = "too_short"
    order = 120

    def apply(self, draft: Draft) -> Draft:
        site = draft.site
        text = draft.text.strip()
        closes = site.in_comment or bool(site.brackets.quote)
        if text in _EMPTY or (text in _CLOSING and not closes):
            return draft.drop("too_short: nothing of use")
        if draft.text == site.document.text[site.offset : draft.end]:
            return draft.drop("too_short: it stands there already")
        return draft


FILTER = TooShort()
