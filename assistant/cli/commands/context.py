"""Show what a completion at one place would be given of other files, without a model."""

from __future__ import annotations

import asyncio
from pathlib import Path
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
    from assistant.prompts.tokenizer import Tokenizer
    from assistant.settings import Settings
    from assistant.types import Snippet

NAME = "context"


def command(
    file: FileArgument,
    line: LineOption,
    character: CharacterOption,
    unsaved: UnsavedOption = "",
    root: RootOption = None,
    json_mode: JsonOption = False,
) -> None:
    from assistant.cli.oneshot import indexed, request_at
    from assistant.cli.options import settings
    from assistant.cli.output import emit
    from assistant.completion.completer import Completer

    loaded = settings()
    request, folder = request_at(file, line, character, unsaved, root)
    counter = tokenizer(loaded)
    repository = indexed(loaded, folder)
    snippets: list[Snippet] = []
    if repository is not None:
        with repository:

            async def ask() -> list[Snippet]:
                completer = Completer(loaded, lambda _: repository)
                try:
                    return list(await completer.snippets(request, counter))
                finally:
                    await completer.close()

            snippets = asyncio.run(ask())
    emit(payload(snippets, counter, loaded, folder), json_mode, lambda: _print(snippets, counter))


def tokenizer(settings: Settings) -> Tokenizer:
    """The configured model's tokenizer where its files are here already, else an estimate.

    Raises ModelError where ``engine.tokenizer`` names a file that cannot be read.
    """
    from assistant.engines import catalogue
    from assistant.errors import AssistantError
    from assistant.prompts.tokenizer import tokenizer_of

    if settings.engine.tokenizer:
        return tokenizer_of(Path(settings.engine.tokenizer))
    places = [Path(settings.engine.model).expanduser() / "tokenizer.json"]
    try:
        model = catalogue.find(settings.engine.model)
        places += [model.weights(p) / "tokenizer.json" for p in ("int4", "bf16")]
    except AssistantError:
        pass
    found = next((place for place in places if place.is_file()), None)
    return tokenizer_of(found)


def payload(
    snippets: list[Snippet], counter: Tokenizer, settings: Settings, root: Path
) -> dict[str, Any]:
    """The rows of ``complete``'s context, with kind, text and tokens of each.

    ``tokens_exact`` says whether the model's own tokenizer has counted.
    """
    rows = [
        {
            "path": s.path,
            "start_line": s.start_line,
            "end_line": s.end_line,
            "score": round(s.score, 3),
            "why": s.why,
            "kind": s.kind.value,
            "tokens": counter.count(s.text),
            "text": s.text,
        }
        for s in snippets
    ]
    return {
        "root": str(root),
        "context": rows,
        "tokens": sum(counter.count(s.text) for s in snippets),
        "budget_tokens": settings.context.budget_tokens,
        "tokens_exact": counter.exact,
    }


def _print(snippets: list[Snippet], counter: Tokenizer) -> None:
    from rich.rule import Rule
    from rich.text import Text

    from assistant.cli.output import out

    console = out()
    if not snippets:
        console.print("no context: nothing in this workspace bears on this place")
        return
    for snippet in snippets:
        where = f"{snippet.path}:{snippet.start_line + 1}-{snippet.end_line}"
        head = f"{where}  {snippet.why} ({snippet.kind.value}, {snippet.score:.2f})"
        console.print(Rule(Text(head), align="left"))
        console.print(Text(snippet.text))
    total = sum(counter.count(s.text) for s in snippets)
    console.print(f"{len(snippets)} snippets, {total} tokens", markup=False)
