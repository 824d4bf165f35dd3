"""Where a language server under test runs."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from fake_control import FakeControl
from lsp_client import Client, stdio


@dataclass
class Setting:
    """Where a language server under test runs: its environment, and the engine it talks to."""

    folder: Path
    engine: FakeControl
    url: str
    env: dict[str, str]

    def server(
        self, *arguments: str, url: str | None = None
    ) -> AbstractAsyncContextManager[Client]:
        """A server over stdio; ``url`` names another engine than the fake one."""
        chosen = f"engine.url={self.url if url is None else url}"
        return stdio("--set", chosen, *arguments, env=self.env)

    def document(self, name: str) -> str:
        return (self.folder / name).as_uri()
