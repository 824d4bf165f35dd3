"""Complete code at one place of a file: the text, and what the model was shown."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.options import JsonOption

if TYPE_CHECKING:
    from assistant.types import Completion, Document

NAME = "complete"


def command(
    file: Annotated[Path, typer.Argument(help="The file to complete in.")],
    line: Annotated[int, typer.Option(min=0, help="0-based line of the cursor.")],
    character: Annotated[int, typer.Option(min=0, help="0-based, in UTF-16 units as in LSP.")],
    unsaved: Annotated[
        str, typer.Option(help="Read the buffer from this file instead, - is stdin.")
    ] = "",
    root: Annotated[Path | None, typer.Option(help="Workspace folder; else found.")] = None,
    json_mode: JsonOption = False,
) -> None:
    from assistant.cli.oneshot import complete, read_document, request_at, session
    from assistant.cli.options import existing_file, existing_folder, settings
    from assistant.cli.output import emit
    from assistant.context.roots import find_root

    loaded = settings()
    path = file.resolve() if unsaved else existing_file(file)
    folder = existing_folder(root) if root else find_root(path)
    document = read_document(path, unsaved)

    async def run() -> Completion:
        async with session(loaded, folder) as one:
            return await complete(one, request_at(document, line, character, folder))

    answer = asyncio.run(run())
    emit(payload(answer, document), json_mode, lambda: _print(answer))


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
