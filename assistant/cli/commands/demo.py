"""Complete code at real places of this repository, and show what the model was shown.

Each place is in a file of this project as it stands; what follows the cursor on its line is
taken away, and the answer needs a name or a signature from another file.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.cli.options import JsonOption

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.cli.oneshot import OneShot
    from assistant.types import Completion, CompletionRequest

NAME = "demo"

ROOT = Path(__file__).resolve().parents[3]
LINES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Place:
    """The cursor stands behind ``before`` in ``file``."""

    file: str
    before: str
    needs: str


PLACES = (
    Place(
        "assistant/cli/commands/complete.py",
        "    request, folder = request_at(",
        "the signature in assistant/cli/oneshot.py",
    ),
    Place(
        "assistant/cli/oneshot.py",
        "        repository = Repository.",
        "the constructor in assistant/context/repository.py",
    ),
    Place(
        "assistant/completion/completer.py",
        "        draft = refine(",
        "the signature in assistant/completion/refine.py",
    ),
)


def command(json_mode: JsonOption = False) -> None:
    from assistant.cli.oneshot import session
    from assistant.cli.options import settings
    from assistant.cli.output import emit, out
    from assistant.errors import UsageError

    if not (ROOT / "pyproject.toml").is_file():
        raise UsageError("the demo completes this project's own source: run it in a checkout")
    loaded = settings()
    console = out()

    async def run() -> list[dict[str, Any]]:
        async with session(loaded, ROOT) as one:
            shown = []
            for place in PLACES:
                request, written = request_for(place)
                first, second = await _twice(one, request)
                shown.append(_record(place, written, first, second))
                if not json_mode:
                    _show(console, place, request, written, first, second)
            return shown

    records = asyncio.run(run())
    emit({"places": records}, json_mode, lambda: _how_to_plug_in(console))


def request_for(place: Place) -> tuple[CompletionRequest, str]:
    """The request at a place, and what the file has there. Raises UsageError when the file
    no longer has the place."""
    from assistant.errors import UsageError
    from assistant.types import CompletionRequest, Document

    path = ROOT / place.file
    text = path.read_text(encoding="utf-8")
    at = text.find(place.before)
    if at < 0:
        raise UsageError(f"{place.file} no longer has the line {place.before.strip()!r}")
    offset = at + len(place.before)
    end = text.index("\n", offset)
    document = Document(path, text[:offset] + text[end:], "python")
    return CompletionRequest(document, offset, ROOT, automatic=False), text[offset:end]


async def _twice(one: OneShot, request: CompletionRequest) -> tuple[Completion, Completion]:
    """The completion, and that of the next keystroke: its prompt is in the engine's cache."""
    from assistant.cli.oneshot import complete

    first = await complete(one, request)
    typed = first.text[:1] or "s"
    text, offset = request.document.text, request.offset
    document = replace(request.document, text=text[:offset] + typed + text[offset:])
    return first, await complete(one, replace(request, document=document, offset=offset + 1))


def _record(place: Place, written: str, first: Completion, second: Completion) -> dict[str, Any]:
    return {
        **asdict(place),
        "written": written,
        "text": first.text,
        "dropped": first.dropped,
        "context": [asdict(s) for s in first.snippets],
        "prompt_tokens": first.prompt_tokens,
        "timings_ms": asdict(first.timings),
        "next_keystroke": {
            "text": second.text,
            "cached_tokens": second.cached_tokens,
            "prompt_tokens": second.prompt_tokens,
            "timings_ms": asdict(second.timings),
        },
    }


def _show(
    console: Console,
    place: Place,
    request: CompletionRequest,
    written: str,
    first: Completion,
    second: Completion,
) -> None:
    from rich.text import Text

    text, offset = request.document.text, request.offset
    number = text.count("\n", 0, offset)
    lines = text.splitlines()
    console.rule(f"{place.file}:{number + 1}", align="left")
    for index in range(max(0, number - LINES_SHOWN), number + 1):
        line = Text(f"{index + 1:5} ", style="dim").append(lines[index], style="default")
        if index == number:
            line.append(first.text or "(nothing)", style="italic cyan")
        console.print(line)
    for index in range(number + 1, min(len(lines), number + 3)):
        console.print(Text(f"{index + 1:5} ", style="dim").append(lines[index], style="default"))
    console.print(f"\n  the file has   {written}", markup=False)
    console.print(f"  which needs    {place.needs}", markup=False)
    console.print("  the model was shown this file and")
    for snippet in first.snippets:
        where = f"{snippet.path}:{snippet.start_line + 1}-{snippet.end_line}"
        console.print(f"    {where:44} {snippet.score:5.2f}  {snippet.why}", markup=False)
    console.print(f"  first time     {_timing(first)}", markup=False)
    console.print(f"  next keystroke {_timing(second)}\n", markup=False)


def _timing(answer: Completion) -> str:
    times = answer.timings
    return (
        f"{times.total / 1000:.2f} s (context {times.context:.0f} ms, first token "
        f"{times.first_token / 1000:.2f} s); {answer.prompt_tokens} prompt tokens, "
        f"{answer.cached_tokens} cached"
    )


def _how_to_plug_in(console: Console) -> None:
    console.rule("In your editor", align="left")
    console.print(
        "Neovim 0.12, in init.lua:\n\n"
        f'  vim.opt.runtimepath:append("{ROOT / "editors" / "neovim"}")\n'
        '  require("assistant").setup()\n\n'
        f"Any other client with inline completion: run {sys.argv[0]} lsp (stdio).\n"
        "editors/README.md has VS Code and Emacs.",
        markup=False,
    )
