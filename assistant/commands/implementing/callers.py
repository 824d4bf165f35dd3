"""Where a function is called: what it must do, where nothing else says so."""

from __future__ import annotations

import textwrap

from assistant.commands.functions import Function
from assistant.commands.links import fenced
from assistant.commands.protocol import Job
from assistant.commands.references import References, Use
from assistant.commands.sources import Sources

MOST = 4
_BEFORE, _AFTER = 3, 3
"""Lines around a call that say what goes in and what is made of what comes out."""


def callers(job: Job, function: Function) -> tuple[tuple[Use, ...], str]:
    """The first calls of ``function``, and their text for a question."""
    sources = Sources(job.place)
    line = function.text.count("\n", 0, function.head)
    for definition in sources.outline(sources.here).definitions:
        if definition.name == function.name and (
            definition.start_line <= line < definition.end_line
        ):
            with References(sources, job.repository) as references:
                uses = [use for use in references.uses(sources.here, definition) if use.call]
            return shown(sources, uses)
    return (), ""


def shown(sources: Sources, uses: list[Use]) -> tuple[tuple[Use, ...], str]:
    """The first of ``uses``, and the lines around them; uses that others show are left out."""
    parts: list[str] = []
    taken: list[Use] = []
    for use in uses:
        near = any(use.path == o.path and 0 <= use.line - o.line <= _AFTER for o in taken)
        if near or len(taken) == MOST:
            continue
        taken.append(use)
        language = sources.language(use.path)
        around = sources.around(use.path, use.line)
        first, last = use.line - _BEFORE, use.line + _AFTER + 1
        if around is not None:
            first, last = max(first, around.start_line), min(last, around.end_line)
        lines = sources.lines(use.path)[max(0, first) : last]
        text = fenced(textwrap.dedent("\n".join(lines)), language.name if language else "")
        parts.append(f"{use.path}:{use.line + 1} (material):\n{text}")
    return tuple(taken), "".join(parts)
