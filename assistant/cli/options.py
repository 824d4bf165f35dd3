"""Options that commands share, and the settings that they lead to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from assistant.settings import Settings

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]

FileArgument = Annotated[Path, typer.Argument(help="The file with the cursor.")]
LineOption = Annotated[int, typer.Option(min=0, help="0-based line of the cursor.")]
CharacterOption = Annotated[int, typer.Option(min=0, help="0-based, in UTF-16 units as in LSP.")]
UnsavedOption = Annotated[
    str, typer.Option(help="Read the buffer from this file instead, - is stdin.")
]
RootOption = Annotated[Path | None, typer.Option(help="Workspace folder; else found.")]

chosen: dict[str, Any] = {"overrides": {}, "file": None}
"""What ``--set`` and ``--config`` said, before the command's name."""


def settings() -> Settings:
    """The settings in force for this command; plug-ins they name are known afterwards."""
    from assistant import config, registry

    loaded = config.load(chosen["overrides"], chosen["file"])
    registry.add_plugins(loaded.plugins)
    return loaded


def existing_file(path: Path) -> Path:
    """``path`` made absolute. Raises UsageError when it is no file."""
    from assistant.errors import UsageError

    if path.is_dir():
        raise UsageError(f"{path} is a folder: name a file")
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file")
    return path.resolve()


def existing_folder(path: Path) -> Path:
    """``path`` made absolute. Raises UsageError when it is no folder."""
    from assistant.errors import UsageError

    if path.is_file():
        raise UsageError(f"{path} is a file: name a folder")
    if not path.is_dir():
        raise UsageError(f"{path}: there is no such folder")
    return path.resolve()
