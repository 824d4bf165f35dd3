"""What a terminal shows of what a program wrote: as much of one as a running answer needs."""

from __future__ import annotations

import re


def screen(written: str) -> list[str]:
    """The lines that stand in a terminal after that, however far they have scrolled."""
    lines, row = [""], 0
    for piece in re.findall(r"\x1b\[[\d;?]*[A-Za-z]|[^\x1b\r\n]+|[\r\n]", written):
        if piece == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif piece.endswith("A") and piece.startswith("\x1b"):
            row -= int(re.findall(r"\d+", piece)[0])
            assert row >= 0
        elif piece == "\x1b[2K":
            lines[row] = ""
        elif not piece.startswith("\x1b") and piece != "\r":
            lines[row] += piece
    return [line.rstrip() for line in lines[:-1]]
