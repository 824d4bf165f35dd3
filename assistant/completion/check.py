"""Whether a suggestion fits: the file must parse with it as it did before.

The candidate is parsed as an edit of the tree that stands, about a millisecond in a file of
2,000 lines. A file that has errors of its own may keep them, but get no new ones.
"""

from __future__ import annotations

from collections.abc import Callable

from assistant.completion.brackets import closing
from assistant.completion.site import Site
from assistant.completion.trees import Parsed, trees
from assistant.syntax import Language

NamesCheck = Callable[[Site, str], str]
"""Looks up the names that a suggestion uses; gives the reason to drop it, or an empty text."""

_MAX_TRIES = 24
"""Parses for one answer: they are to stay unnoticed."""
_CLOSE = 8
_STEP = 3
_MACROS = {"c", "cpp"}
"""Where a correct line may be an error to the grammar, because a macro is not expanded."""
_UNRELIABLE = {"sql"}
"""Grammars that reject so much correct code that their verdict means nothing."""


def longest_that_parses(site: Site, text: str, end: int) -> str:
    """``text``, or the most of its leading lines with which the file parses; "" when none.

    ``text`` is to replace ``site.offset:end``. One line may leave open what later lines are
    to close (a bracket, a statement). The text is returned as it is when the language is
    not known.
    """
    if site.parsed is None or site.language is None or site.language.name in _UNRELIABLE:
        return text
    check = _Check(site, site.parsed, site.language, end)
    tail = f"\n{site.line_prefix}" if site.whole_line else ""
    if not (site.whole_line and _runs_together(text, site.line_suffix)) and check.fits(text):
        return text
    if site.whole_line and not text.endswith(tail):
        text = text.rstrip() + tail  # it did not continue in front of what stands there
        if check.fits(text):
            return text
    lines = text.split("\n")
    if site.whole_line:
        lines = lines[:-1]
    counts = [count for count in range(len(lines), 0, -1) if lines[count - 1].strip()]
    counts = counts[:_CLOSE] + counts[_CLOSE::_STEP]  # the fault is mostly near the end
    prefixes = ["\n".join(lines[:count]).rstrip() + tail for count in counts]
    whole = next((p for p in prefixes if check.fits(p)), "")
    if whole and (whole.count("\n") + 1) * 2 >= text.count("\n") + 1:
        return whole
    if check.could_fit(text):
        return text
    return whole or next((p for p in prefixes[:_CLOSE] if check.could_fit(p)), "")


def _runs_together(text: str, rest: str) -> bool:
    """Whether two words would become one."""
    return (text[-1:] + rest[:1]).replace("_", "a").isalnum() and bool(rest)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


class _Check:
    """Parses candidates against one document."""

    def __init__(self, site: Site, parsed: Parsed, language: Language, end: int) -> None:
        self._site = site
        self._parsed = parsed
        self._language = language
        self._tries = 0
        self._start = _bytes(site.prefix)
        self._end = self._start + _bytes(site.document.text[site.offset : end])
        self._allowed = self._errors_allowed()

    def _errors_allowed(self) -> int:
        """The errors the file has without the line that is being typed, which may be broken."""
        if not self._parsed.errors or self._language.name in _MACROS:
            return self._parsed.errors
        site = self._site
        start = self._start - _bytes(site.line_prefix)
        end = self._start + _bytes(site.line_suffix)
        without = trees.edited(self._parsed, start, end, b"", self._language).errors
        return 0 if without == 0 else self._parsed.errors

    def fits(self, text: str) -> bool:
        """Whether the file with ``text`` has no more errors than allowed."""
        self._tries += 1
        if self._tries > _MAX_TRIES:
            return False
        new = text.encode("utf-8", "surrogatepass")
        after = trees.edited(self._parsed, self._start, self._end, new, self._language)
        return after.errors <= self._allowed

    def could_fit(self, text: str) -> bool:
        """The same for a text that is a beginning, closed in the plainest way."""
        state = self._site.brackets.copy()
        row = state.lines
        for line in text.split("\n"):
            state.line(line)
        closers = closing([opener for opener in state.stack if opener.line >= row])
        standing = self._site.line_suffix.strip()
        if standing and closers.endswith(standing):
            closers = closers[: -len(standing)]
        ends = [closers, f"{closers};", f"{closers} {{}}"]
        if self._language.indented:
            indent = " " * self._site.width(self._site.line_prefix)
            ends = [closers, f"\n{indent}def _(): pass"]
        return any(self.fits(text + end) for end in ends if end)
