"""Where an answer goes over into the text that already follows the cursor.

A model that does not end its answer by itself writes on into the suffix. That is the most
telling sign that the gap is filled: the same lines, in order, at the same indentation.
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.completion import lines
from assistant.completion.site import Site

CERTAIN = 12
"""Letters and digits in a line from which on its return alone is telling."""


def targets(site: Site) -> list[str]:
    """The lines that follow, with their indentation, the nearest first."""
    following = list(site.following)
    if site.whole_line:
        following.insert(0, (site.line_prefix + site.line_suffix)[:2000])
    return [line.rstrip() for line in following]


@dataclass(slots=True)
class _Match:
    """The answer's lines from ``start`` on equal the first ``count`` targets."""

    start: int
    count: int


class Resume:
    """Compares the answer's lines, in order, with what follows. Blank lines do not count."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._targets = targets(site)
        self._matches: list[_Match] = []

    def equal(self, line: str, index: int) -> bool:
        """Whether an answer's line (its indentation complete) is the target of that index."""
        if index >= len(self._targets):
            return False
        target = self._targets[index]
        return line.strip() == target.strip() and self._width(line) == self._width(target)

    def _width(self, line: str) -> int:
        return self._site.width(line)

    def feed(self, line: str, start: int, begins: bool = True) -> int | None:
        """Where to cut once that is certain: the start of the first line that came back.

        With ``begins`` false the line may only go on with a match.
        """
        self._matches = [m for m in self._matches if self.equal(line, m.count)]
        for match in self._matches:
            match.count += 1
        if begins and self.equal(line, 0):
            self._matches.append(_Match(start, 1))
        for match in self._matches:
            if match.count >= self._needed():
                return match.start
        return None

    def finish(self, line: str, start: int, begins: bool = True) -> int | None:
        """The same at the answer's end, whose last line may be only the start of one."""
        cut = self.feed(line, start, begins)
        if cut is not None:
            return cut
        return self._matches[0].start if self._matches else None

    def partial(self, line: str, start: int) -> int | None:
        """Where to cut when the answer broke off in ``line``, the start of a line that follows."""
        text = line.rstrip()
        for match in self._matches:
            if match.count < len(self._targets) and self._begins(text, match.count):
                return match.start
        if lines.weight(text) >= CERTAIN // 2 and self._begins(text, 0):
            return start
        return self._matches[0].start if self._matches else None

    @property
    def pending(self) -> int | None:
        """Where an uncertain match began, if there is one."""
        return self._matches[0].start if self._matches else None

    def _begins(self, text: str, index: int) -> bool:
        if index >= len(self._targets) or not text.strip():
            return False
        return self._targets[index].startswith(text)

    def _needed(self) -> int:
        """How many lines must come back before it is certain."""
        if not self._targets:
            return 1
        found = 0
        for count, target in enumerate(self._targets, 1):
            found += lines.weight(target)
            # A header (`for i in range(n):`) comes back in honest code too.
            if found >= CERTAIN and target[-1] not in ":{":
                return count
            if count >= 3:
                return count
        return len(self._targets)
