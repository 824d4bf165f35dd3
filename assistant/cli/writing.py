"""A command's edits in a terminal: shown as a diff, written when the user says so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assistant.commands.edits import applied, unified_diff
from assistant.commands.protocol import Answer, FileEdit, Place
from assistant.completion.lines import newline_of
from assistant.errors import UsageError


def given(path: Path, place: Place) -> str:
    """The file as the command was given it; empty where there is none."""
    for document in (place.document, *place.open_documents):
        if document.path == path:
            return document.text
    return _text(path)


def made(edits: Sequence[FileEdit], place: Place) -> dict[Path, tuple[str, str]]:
    """For each file its text as the command was given it and with ``edits``, which get its line
    ends."""
    found = {}
    for path in dict.fromkeys(edit.path for edit in edits):
        before = given(path, place)
        newline = newline_of(before) if before else "\n"
        own = [
            FileEdit(path, each.start, each.end, _with(newline, each.text))
            for each in edits
            if each.path == path
        ]
        found[path] = before, applied(before, own)
    return found


def write(edits: Sequence[FileEdit], place: Place) -> None:
    """Put ``edits`` into the files. Raises UsageError where a file has changed meanwhile or cannot
    be written; then nothing is."""
    files = made(edits, place)
    for path, (before, _) in files.items():
        if _text(path) != before:
            raise UsageError(f"{path} is not what the answer was made for: nothing was written")
    for path, (_, text) in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        except (OSError, UnicodeEncodeError) as error:
            raise UsageError(f"{path} was not written: {error}") from error


def show(answer: Answer, place: Place) -> None:
    """The diff, or what is said where there is none, and what was tried."""
    from rich.markdown import Markdown
    from rich.syntax import Syntax

    from assistant.cli.output import err, out

    if answer.markdown and not answer.edits:
        out().print(Markdown(answer.markdown))
    for path, (before, after) in made(answer.edits, place).items():
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


def _text(path: Path) -> str:
    """As commands read a file, byte for byte. Raises UsageError for what is no text."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no UTF-8 text: nothing was written ({error})") from error
