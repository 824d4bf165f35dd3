"""Editors send the lines near the cursor; the file of an allowed workspace has the others.

With them the imports are known, and the prompt does not begin at another line each time.
"""

from __future__ import annotations

from pathlib import Path

_ENOUGH = 3
"""Lines that name a place in a file, if they stand in it once."""


def widened(prefix: str, suffix: str, file: Path, most: int) -> tuple[str, str]:
    """``prefix`` and ``suffix`` with what stands before and behind them in ``file``.

    A side whose far lines do not stand there exactly once stays as it is: it reaches the
    file's end already, or was changed since. So it is for a file of more than ``most`` bytes.
    """
    try:
        if file.stat().st_size > most:
            return prefix, suffix
        # As it is: newline translation would make the lines others.
        text = file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return prefix, suffix
    far, near = prefix.splitlines(keepends=True), suffix.splitlines(keepends=True)
    # The cursor's own line is being typed, on both sides.
    first = _only(text, far[:-1][:_ENOUGH], far[:-1])
    start = 0
    if first is not None:
        prefix, start = text[: first[0]] + prefix, first[0]
    last = _only(text[start:], near[1:][-_ENOUGH:], near[1:])
    if last is not None:
        suffix += text[start + last[1] :]
    return prefix, suffix


def _only(text: str, lines: list[str], every: list[str]) -> tuple[int, int] | None:
    """Where ``lines`` stand in ``text``, or else ``every`` line does, if only once."""
    for wanted in ("".join(lines), "".join(every)):
        at = text.find(wanted) if wanted.strip() else -1
        if at >= 0 and text.find(wanted, at + 1) < 0 and (at == 0 or text[at - 1] in "\r\n"):
            return at, at + len(wanted)
    return None
