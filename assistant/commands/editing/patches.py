"""Edit blocks in a model's answer: lines as they are, then as they should be.

The form is that of Aider (aider.chat, "Edit formats", ``diff``), which models know; a block names
its file on the line before it::

    src/app.py
    <<<<<<< SEARCH
    def f():
    =======
    def g():
    >>>>>>> REPLACE
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assistant.completion.lines import leading

FORM = """\
PATH OF THE FILE
<<<<<<< SEARCH
the lines to change, exactly as they are
=======
these lines as they should be
>>>>>>> REPLACE"""
_BLOCK = re.compile(
    r"(?:^(?P<path>[^\n]*\S[^\n]*)\n)?(?:^```[^\n]*\n)?"
    r"^<{5,9} ?SEARCH[^\n]*\n(?P<old>.*?)^={7}[ \t]*\n(?P<new>.*?)^>{5,9} ?REPLACE",
    re.MULTILINE | re.DOTALL,
)

_MIDDLE = re.compile(r"^={7}[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Patch:
    """``path`` as the model wrote it; ``old`` is empty for a file that is to be made."""

    path: str
    old: str
    new: str


def patches(answer: str) -> list[Patch]:
    """The whole blocks of ``answer``; one without a path belongs to that of the block before."""
    found: list[Patch] = []
    for block in _BLOCK.finditer(answer.replace("\r\n", "\n")):
        path = (block["path"] or "").strip("`#* :\t")
        if not path or path.startswith((">>>>", "```")):
            path = found[-1].path if found else ""
        found.append(Patch(path, block["old"], block["new"]))
    return found


def patched(
    texts: Mapping[str, str], found: Iterable[Patch], makes: Iterable[str] = ()
) -> tuple[dict[str, str], list[str]]:
    """The texts that change, by path, and for each block that does not fit why. Only ``texts``
    may be changed and only the files ``makes`` be made, whatever an answer names."""
    now: dict[str, str] = {}
    wrong: list[str] = []
    only = next(iter(texts)) if len(texts) == 1 else ""
    new_files = set(makes)
    for patch in found:
        path = patch.path or only
        if _MIDDLE.search(patch.new):
            wrong.append(f"a block for {path[:80]} has more than one line of =======")
            continue
        if path in texts:
            text = _replaced(now.get(path, texts[path]), patch)
            if text is None:
                first = next((line for line in patch.old.split("\n") if line.strip()), "")
                wrong.append(f"these lines are not in {path}: {first.strip()[:80]} …")
            else:
                now[path] = text
        elif path in new_files and not patch.old.strip() and path not in now:
            now[path] = patch.new
        else:
            wrong.append(f"{path[:80] or 'a block without a path'} is not one of the files to edit")
    return now, wrong


def _replaced(text: str, patch: Patch) -> str | None:
    """``text`` with the block's lines replaced; None where they are not there, or not once."""
    if not patch.old.strip():
        return patch.new if not text.strip() else None
    lines, old = text.split("\n"), patch.old.rstrip("\n").split("\n")
    ends = ["\r" * line.endswith("\r") for line in lines]
    bare = [line.rstrip() for line in lines]
    for same in (str.rstrip, str.strip):
        wanted = [same(line) for line in old]
        at = [
            start
            for start in range(len(lines) - len(old) + 1)
            if [same(line) for line in bare[start : start + len(old)]] == wanted
        ]
        if len(at) == 1:
            new = _shifted(patch, old, bare[at[0] : at[0] + len(old)])
            end = ends[at[0]]
            put = [f"{line}{end}" for line in new]
            return "\n".join([*lines[: at[0]], *put, *lines[at[0] + len(old) :]])
    return None


def _shifted(patch: Patch, old: list[str], there: list[str]) -> list[str]:
    """The new lines, indented as the file is where the block was not."""
    new = patch.new.rstrip("\n").split("\n") if patch.new.strip() else []
    written = next((leading(line) for line in old if line.strip()), "")
    real = next((leading(line) for line in there if line.strip()), "")
    if written == real or not real.endswith(written):
        return new
    more = real[: len(real) - len(written)]
    return [f"{more}{line}" if line.strip() else line for line in new]
