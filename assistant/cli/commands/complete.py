"""Complete code at one place of a file: the text, and what the model was shown."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from assistant.cli.options import (
    CharacterOption,
    FileArgument,
    JsonOption,
    LineOption,
    RootOption,
    UnsavedOption,
)

if TYPE_CHECKING:
    from assistant.types import Completion, Document

NAME = "complete"


def command(
    file: FileArgument,
    line: LineOption,
    character: CharacterOption,
    unsaved: UnsavedOption = "",
    root: RootOption = None,
    json_mode: JsonOption = False,
) -> None:
    from assistant.cli.oneshot import complete, request_at, session
    from assistant.cli.options import settings
    from assistant.cli.output import emit

    loaded = settings()
    request, folder = request_at(file, line, character, unsaved, root)

    async def run() -> Completion:
        async with session(loaded, folder) as one:
            return await complete(one, request)

    answer = asyncio.run(run())
    emit(payload(answer, request.document), json_mode, lambda: _print(answer))


def payload(answer: Completion, document: Document) -> dict[str, Any]:
    """The command line's contract for a completion. ``range`` counts UTF-16 units."""
    from assistant.positions import position_at

    start, end = (position_at(document.text, o) for o in (answer.start, answer.end))
    return {
        "text": answer.text,
        "range": {"start": asdict(start), "end": asdict(end)},
        "engine": answer.engine,
        "model": answer.model,
        "context": [
            {
                "path": s.path,
                "start_line": s.start_line,
                "end_line": s.end_line,
                "score": round(s.score, 3),
                "why": s.why,
            }
            for s in answer.snippets
        ],
        "prompt_tokens": answer.prompt_tokens,
        "cached_tokens": answer.cached_tokens,
        "timings_ms": asdict(answer.timings),
        "dropped": answer.dropped,
    }


def _print(answer: Completion) -> None:
    from assistant.cli.output import err, out

    if answer.text:
        out().print(answer.text, markup=False)
    else:
        err().print(f"nothing to suggest: {answer.dropped or 'the model answered nothing'}")
    for snippet in answer.snippets:
        place = f"{snippet.path}:{snippet.start_line + 1}-{snippet.end_line}"
        err().print(f"  [dim]{place}  {snippet.why}[/dim]")
