"""Lines, indentation and the like: what can be said of source text without parsing it."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice

_LINE = re.compile(r"[^\r\n]*")
_SEPARATOR = re.compile(r"\r\n|\n|\r")
_INDENT = re.compile(r"[ \t]*")
_LEADING = re.compile(r"^([ \t]+)[^\s*]", re.MULTILINE)

CLOSERS = {")": "(", "]": "[", "}": "{"}
OPENERS = {"(": ")", "[": "]", "{": "}"}

_CLOSING_TAIL = re.compile(r"[)\]}>\"'`;,:\s]*")
"""What editors put behind the cursor on their own, and what usually ends a line anyway."""


def only_closes(text: str) -> bool:
    """Whether ``text`` holds nothing but closing brackets, quotes and ``;``, ``,``, ``:``."""
    return _CLOSING_TAIL.fullmatch(text) is not None


def leading(line: str) -> str:
    """The line's indentation."""
    match = _INDENT.match(line)
    return match[0] if match else ""


def width(line: str, tab_width: int) -> int:
    """Columns of the line's indentation."""
    return len(leading(line).expandtabs(tab_width))


def weight(line: str) -> int:
    """Letters and digits: how much a line says."""
    return sum(map(str.isalnum, line))


def split(text: str) -> list[str]:
    """The lines without their ends; a text that ends in a line end has a last, empty line."""
    return _SEPARATOR.split(text)


def nonblank_after(text: str, count: int) -> tuple[str, ...]:
    """The first ``count`` lines of ``text`` that are not blank, each cut to 2,000 characters."""
    found = (m[0] for m in _LINE.finditer(text) if not m[0].isspace() and m[0])
    return tuple(line[:2000] for line in islice(found, count))


def lines_before(text: str, count: int, reach: int = 20_000) -> list[str]:
    """The last ``count`` lines of ``text``, which ends at a line's end, in order.

    Looks back at most ``reach`` characters; a line cut off by that is left out.
    """
    window = text[-reach:]
    found = split(window)
    if len(window) < len(text):
        found = found[1:]
    return found[-count:]


def newline_of(text: str) -> str:
    """The line end in use: ``\\r\\n`` where the first lines have it, else ``\\n``."""
    head = text[:4000]
    crlf = head.count("\r\n")
    return "\r\n" if crlf and crlf * 2 >= head.count("\n") else "\n"


def indent_unit(near: str, default: str = "    ") -> str:
    """One step of indentation as ``near`` uses it; ``default`` when it does not say.

    With mixed indentation the more frequent kind wins.
    """
    found = [m[1] for m in islice(_LEADING.finditer(near), 400)]
    if not found:
        return default
    tabs = sum(1 for indent in found if indent[0] == "\t")
    if tabs * 2 > len(found):
        return "\t"
    steps: Counter[int] = Counter()
    previous = 0
    for indent in found:
        if indent[0] != "\t":
            if 2 <= (step := abs(len(indent) - previous)) <= 8:
                steps[step] += 1
            previous = len(indent)
    if not steps:
        return default
    best = max(steps.values())
    return " " * min(step for step, times in steps.items() if times * 2 >= best)
