"""Where a scope ends by indentation: the first line that is not deeper than its owner.

That line may still close the scope (``end``, ``fi``) or go on with it (``else``, ``case``).
Brackets are read elsewhere; a line that begins with one is left to them.
"""

from __future__ import annotations

import re

from assistant.completion import shape
from assistant.completion.scope import Plan, Scope, enclosing
from assistant.completion.site import Site

_TRY = re.compile(r"(?:try|with)\b")


class Dedent:
    """Reads an answer's lines that begin outside its own brackets and strings, in order."""

    def __init__(self, site: Site, plan: Plan) -> None:
        self._site = site
        self._plan = plan
        self._name = site.language.name if site.language else ""
        self._deeper = False  # whether a line inside the scope's owner was seen
        self._seen = False
        self.indent = plan.indent
        """Columns of the line that owns the scope, -1 at the top level."""
        self.ended = False
        """Whether the last line closes the scope: it is the last one of it."""

    def adapt(self, line: str) -> None:
        """On an empty line at column 0 the model's own indentation says where it writes."""
        site = self._site
        if site.line_prefix or self._plan.written or self._plan.scope is Scope.LINE:
            return
        if self._below_header():
            return
        width = site.width(line)
        if self.indent < 0 or width <= self.indent:
            self.indent = enclosing(site, width, wide=True) if width else -1

    def leaves(self, line: str, first: bool, behind_blank: bool) -> bool:
        """Whether a line that is not blank belongs outside the scope.

        ``first`` for the answer's first line, ``behind_blank`` when a blank one came before.
        """
        if self._plan.scope is Scope.LINE:
            return False
        if first and (self._site.line_prefix or self._below_header()):
            return False
        width = self._site.width(line)
        text = line.strip()
        if text[0] == "#" and self._name in ("c", "cpp", "csharp"):
            return False
        if self.indent < 0:
            begins = self._deeper or (self._seen and shape.DEFINES.match(text) is not None)
            out = width == 0 and behind_blank and begins and text[0] not in "})]"
            self._deeper |= width > 0
            self._seen = True
            return out
        if width > self.indent:
            self._deeper = True
            return False
        if width < self.indent:
            return True
        if self._plan.written and (not self._deeper or text[0] == "{"):
            return False
        return self._at_owner(line, text)

    def _at_owner(self, line: str, text: str) -> bool:
        """Whether a line as deep as the scope's owner is outside: it may close it or go on."""
        if text[0] in "{})]":
            return False  # the brackets say
        indented = self._site.language is not None and self._site.language.indented
        if not indented and shape.END_WORDS.match(text):
            self.ended = not (self._site.following and self._same_end(line))
            return not self.ended
        if shape.CONTINUES.match(text):
            if not indented:
                return False
            owner = next(shape.owners(self._site, self.indent + 1), None)
            return not (owner and _TRY.match(shape.text_of(self._site, owner).strip()))
        return True

    def _below_header(self) -> bool:
        """Whether the line above opens a block: then the answer can only be in it."""
        above = shape.previous(self._site, len(self._site.preceding))
        return above >= 0 and shape.opens_block(self._site, self._site.preceding[above])

    def _same_end(self, line: str) -> bool:
        """Whether the line that closes the scope follows the cursor already."""
        following = self._site.following[0]
        ends = shape.END_WORDS.match(line.strip()), shape.END_WORDS.match(following.strip())
        if not (ends[0] and ends[1]) or ends[0][0] != ends[1][0]:
            return False
        return self._site.width(line) == self._site.width(following)
