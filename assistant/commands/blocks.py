"""Code out of a model's answer."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

_FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*\n", re.MULTILINE)
LARGEST = 64 << 10
"""Characters of an answer that are looked at."""


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block. ``closed`` is False for one that the answer broke off in."""

    language: str
    code: str
    closed: bool = True


def blocks(answer: str) -> list[Block]:
    """The fenced blocks of ``answer``, as CommonMark reads them."""
    answer = answer[:LARGEST].replace("\r\n", "\n")
    found: list[Block] = []
    at = 0
    while opening := _FENCE.search(answer, at):
        indent, fence, language = opening.groups()
        closing = re.compile(rf"^[ \t]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$", re.MULTILINE)
        end = closing.search(answer, opening.end())
        code = answer[opening.end() : end.start() if end else len(answer)]
        if indent:
            code = textwrap.dedent(code)
        found.append(Block(language.lower(), code, end is not None))
        at = end.end() if end else len(answer)
    return found


def within(answer: str) -> str:
    """The code of an answer that goes on inside a block that is open already."""
    answer = answer[:LARGEST].replace("\r\n", "\n")
    end = re.search(r"^[ \t]*```", answer, re.MULTILINE)
    return answer[: end.start()] if end else answer
