"""A command's edits in a terminal: shown as a diff, written when the user says so."""

from __future__ import annotations

import codecs
from pathlib import Path

from assistant.commands.edits import applied, unified_diff
from assistant.commands.protocol import Answer, FileEdit, Place
from assistant.completion.lines import newline_of
from assistant.errors import UsageError


def given(path: Path, place: Place, answer: Answer) -> str | None:
    """The file as the command was given it; None where there was none."""
    for document in (place.document, *place.open_documents):
        if document.path == path:
            return document.text
    return answer.texts[path] if path in answer.texts else _text(path)


def made(answer: Answer, place: Place) -> dict[Path, tuple[str, str]]:
    """For each file its text as the command was given it and with the edits, which get its line
    ends."""
    found = {}
    edits = answer.edits
    for path in dict.fromkeys(edit.path for edit in edits):
        before = given(path, place, answer) or ""
        newline = newline_of(before) if before else "\n"
        own = [
            FileEdit(path, each.start, each.end, _with(newline, each.text))
            for each in edits
            if each.path == path
        ]
        found[path] = before, applied(before, own)
    return found


def write(answer: Answer, place: Place) -> None:
    """Put the edits into the files. Raises UsageError where a file is not what the command was
    shown, lies outside the workspace folder or cannot be written; but for the last, nothing is
    written then."""
    files = made(answer, place)
    for path in files:
        root = place.root
        if root is not None and not path.resolve().is_relative_to(root.resolve()):
            raise UsageError(f"{path} leads out of the workspace folder: nothing was written")
        now, before = _text(path), given(path, place, answer)
        if now != before and (now or before):
            raise UsageError(f"{path} is not what the answer was made for: nothing was written")
    for path, (_, text) in files.items():
        try:
            mark = codecs.BOM_UTF8 if _bytes(path).startswith(codecs.BOM_UTF8) else b""
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(mark + text.encode())
        except (OSError, UnicodeEncodeError) as error:
            raise UsageError(f"{path} was not written: {error}") from error


def show(answer: Answer, place: Place) -> None:
    """The diff, or what is said where there is none, and what was tried."""
    from rich.syntax import Syntax

    from assistant.cli.markdown import Rendered
    from assistant.cli.output import err, out

    if answer.markdown and not answer.edits:
        console = out()
        console.print(Rendered(answer.markdown), soft_wrap=not console.is_terminal, crop=False)
    for path, (before, after) in made(answer, place).items():
        root = place.root
        inside = root is not None and path.is_relative_to(root)
        name = path.relative_to(root).as_posix() if root and inside else path.name
        diff = unified_diff(name, before, after, new=not path.exists())
        out().print(Syntax(diff.rstrip(), "diff", background_color="default"))
    for check in answer.checks:
        mark = {True: "[green]ok[/]", False: "[red]no[/]", None: "[dim]--[/]"}[check.passed]
        err().print(f"  {mark} {check.name}", end=" ")
        err().print(check.detail, markup=False)


def _with(newline: str, text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", newline)


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _text(path: Path) -> str | None:
    """As commands read a file; None where there is none. Raises UsageError for what is no text."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no UTF-8 text: nothing was written ({error})") from error
