"""A diff in parts: its files, and their hunks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from assistant.commands.explaining.parts import Layout, Part, chunks, lines_of, marker, spoken
from assistant.commands.references import References
from assistant.syntax.symbols import Definition

_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")

_HEADER = 6
"""Lines that may stand between git's line for a file and its names."""


def changed(text: str, references: References) -> Iterator[tuple[str, Definition]]:
    """The definitions that a diff changes, each once, with their files."""
    path: str | None = None
    seen: set[tuple[str, int]] = set()
    number = 0
    for line in text.split("\n"):
        if line.startswith("+++ "):
            path = references.sources.find(_name(line))
        elif hunk := _HUNK.match(line):
            number = int(hunk[1]) - 1
        elif path is not None and line[:1] in ("+", " "):
            around = references.sources.around(path, number) if line[0] == "+" else None
            if around and (path, around.start_line) not in seen:
                seen.add((path, around.start_line))
                yield path, around
            number += 1


def layout(text: str) -> Layout:
    """Of a diff that is too long as many files as fit are shown whole, of the others as many
    hunks, and the names of all."""
    lines = text.rstrip("\n").split("\n")
    starts = [n for n, line in enumerate(lines) if _begins(lines, n)]
    parts: list[Part] = []
    if not starts or starts[0] > 0:
        before = lines[: starts[0] if starts else None]
        parts += chunks(before, 0, range(1))
    spans = [range(*each) for each in pairwise([*starts, len(lines)])]
    least = min(spans, key=len, default=None)
    parts += [_file(lines, span, span == least) for span in spans]
    return Layout(parts, marker("…", ""), spoken("the diff"))


def _file(lines: Sequence[str], span: range, least: bool) -> Part:
    """Of the smallest file something is shown by all means: the smallest hunk."""
    hunks = [n for n in span if _HUNK.match(lines[n])]
    head = lines[span.start : hunks[0] if hunks else span.stop]
    path = next((_name(each) for each in head if each.startswith("+++ ")), "")
    if path in ("", "/dev/null"):
        path = next((_name(each) for each in head if each.startswith("--- ")), path)
    spans = [range(*each) for each in pairwise([*hunks, span.stop])]
    smallest = min(spans, key=len, default=None) if least else None
    inner = [_hunk(lines, each, path, each == smallest) for each in spans]
    many = f"{len(hunks)} hunk{'s' * (len(hunks) > 1)}"
    short = f"+++ b/{path}\n… {lines_of(span)} not shown: {many}" if hunks else ""
    rank = (0 if least else 3, len(span), span.start)
    return Part(span, "\n".join(head), tuple(inner), short, rank, f"`{path}`", opens=True)


def _hunk(lines: Sequence[str], span: range, path: str, least: bool) -> Part:
    head, name = lines[span.start], f"`{path}`"
    inner = chunks(lines[span.start + 1 : span.stop], span.start + 1, span)
    rank = (0 if least else 3, len(span), span.start)
    return Part(span, head, tuple(inner), rank=rank, name=name)


def _begins(lines: Sequence[str], number: int) -> bool:
    """Whether a file's part of a diff begins there."""
    line = lines[number]
    if line.startswith("diff "):
        return True
    paired = "".join(lines[number + 1 : number + 2]).startswith("+++ ")
    before = lines[max(0, number - _HEADER) : number]
    return line.startswith("--- ") and paired and not any(b.startswith("diff ") for b in before)


def _name(line: str) -> str:
    """The path on a line that begins with ``+++`` or ``---``."""
    return re.sub(r"\A[ab]/", "", line[4:].split("\t")[0].strip())
