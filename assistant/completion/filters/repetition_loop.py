"""Cuts an answer that runs in circles after the first round."""

from __future__ import annotations

from assistant.completion import loops
from assistant.completion.draft import Draft


class RepetitionLoop:
    name = "repetition_loop"
    order = 50

    def apply(self, draft: Draft) -> Draft:
        found: list[str] = []
        ends: list[int] = []
        at = 0
        for line in draft.text.split("\n"):
            if (loop := loops.inline(line)) >= 0:
                return draft.cut(at + loop)
            if line.strip():
                found.append(line.rstrip())
                ends.append(at + len(line))
                if (size := loops.period(found)) > 0:
                    return draft.cut(ends[len(found) - size - 1])
            at += len(line) + 1
        return draft


FILTER = RepetitionLoop()
