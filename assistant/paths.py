"""Where state lives: one folder, moved as a whole by ``ASSISTANT_HOME``.

    config.toml   the user's settings
    models/       downloaded and converted weights
    index/        one SQLite file a repository
    run/          what running engines leave for others to find (sockets, locks)
    log/          the engine's and the language server's logs

Nothing is created by import; each function makes the folder it names, private to the user.
"""

from __future__ import annotations

import os
from pathlib import Path

from assistant.errors import AssistantError


class StateFolderError(AssistantError, OSError):
    """A folder of the state cannot be made; an OSError too, for who handles the disk's."""

    def __str__(self) -> str:
        return (
            f"{self.filename} cannot be made ({self.strerror}): "
            "set ASSISTANT_HOME to a folder that can be written"
        )


def home() -> Path:
    """The state folder, as an absolute path."""
    given = os.environ.get("ASSISTANT_HOME")
    if given:
        return Path(given).expanduser().resolve()
    import platformdirs

    return Path(platformdirs.user_cache_dir("assistant"))


def config_file() -> Path:
    """The user's settings; the file need not exist.

    Without ``ASSISTANT_HOME`` it lies in the user's configuration folder, because a cache
    folder may be emptied at any time.
    """
    if os.environ.get("ASSISTANT_HOME"):
        return home() / "config.toml"
    import platformdirs

    return Path(platformdirs.user_config_dir("assistant")) / "config.toml"


def folder(*parts: str) -> Path:
    """A folder below :func:`home`, made (mode 0700) when it is not there.

    Raises StateFolderError.
    """
    path = home().joinpath(*parts)
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StateFolderError(error.errno, error.strerror, str(path)) from error
    return path
