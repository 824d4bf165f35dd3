"""The settings' file, read again when it has changed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from assistant.errors import AssistantError
from assistant.settings import Settings

logger = logging.getLogger(__name__)


class Watch:
    """``read`` gives the settings in force, those of the command line included."""

    def __init__(self, file: Path, read: Callable[[], Settings]) -> None:
        self._file = file
        self._read = read
        self._seen = self._stamp()

    def changed(self) -> Settings | None:
        """New settings, once for each change; None for none, or for faulty ones (logged)."""
        stamp = self._stamp()
        if stamp == self._seen:
            return None
        self._seen = stamp
        try:
            return self._read()
        except AssistantError as error:
            logger.error("the changed settings are not used: %s", error)
            return None

    def _stamp(self) -> tuple[int, int, int]:
        try:
            status = self._file.stat()
        except OSError:
            return (0, 0, 0)
        return (status.st_mtime_ns, status.st_size, status.st_ino)
