"""A workspace of one's own, and its index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from assistant.context import Repository
from assistant.settings import ContextSettings
from assistant.types import CompletionRequest, Document, Surroundings

Write = Callable[[Mapping[str, str | bytes]], Path]
Ask = Callable[..., CompletionRequest]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder.resolve()


@pytest.fixture
def write(root: Path) -> Write:
    """Write files below the root: ``{"a/b.py": "source"}``; gives the root."""

    def make(files: Mapping[str, str | bytes]) -> Path:
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            data = content if isinstance(content, bytes) else dedent(content).encode()
            path.write_bytes(data)
        return root

    return make


@pytest.fixture
def repository(home: Path, root: Path) -> Iterator[Repository]:
    with Repository.open(root, ContextSettings()) as opened:
        yield opened


@pytest.fixture
def ask(root: Path) -> Ask:
    """A request in a file whose text has ``|`` where the cursor is."""

    def make(
        name: str, marked: str, surroundings: Surroundings | None = None, language: str = ""
    ) -> CompletionRequest:
        marked = dedent(marked)
        offset = marked.index("|")
        document = Document(root / name, marked.replace("|", "", 1), language)
        return CompletionRequest(document, offset, root, surroundings or Surroundings())

    return make


def count(text: str) -> int:
    """A stand-in for a tokenizer: words."""
    return len(text.split())
