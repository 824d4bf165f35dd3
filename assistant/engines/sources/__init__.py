"""One file a place that a model's bytes may come from.

A source is a plug-in: a module here (or named in ``plugins``) that defines ``SOURCE``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from assistant.engines.catalogue import CatalogueModel
from assistant.registry import Registry


class SourceUnavailable(Exception):
    """This source does not have the file, or cannot be reached; the next one is tried."""


class Source(Protocol):
    """Gets one file."""

    @property
    def name(self) -> str: ...

    def fetch(
        self,
        entry: Mapping[str, Any],
        model: CatalogueModel,
        target: Path,
        report: Callable[[int], None],
    ) -> None:
        """Write the whole file to ``target``, whose folder exists and is this source's own.

        ``entry`` is the source's table in the catalogue. What an earlier, broken-off call
        left in the folder may be built upon. ``report`` is told the bytes had so far, from
        any thread. Raises SourceUnavailable with one line that says why. The digest is the
        caller's business.
        """
        ...


SOURCES: Registry[Source] = Registry("assistant.engines.sources", "SOURCE")
