"""A workspace with its index, a model that answers from a script, and jobs in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import fake_control
import pytest
import pytest_asyncio
from fake_control import FakeControl

from assistant import sandbox
from assistant.commands.model import Model
from assistant.commands.protocol import Job, Place
from assistant.context import Repository
from assistant.engines.client import EngineClient
from assistant.engines.protocol import Endpoint
from assistant.settings import ContextSettings
from assistant.types import Document

Write = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder.resolve()


@pytest.fixture
def write(root: Path) -> Write:
    """Write files below the root: ``{"a/b.py": "source"}``; gives the root."""

    def make(files: Mapping[str, str]) -> Path:
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(content), encoding="utf-8")
        return root

    return make


@pytest.fixture
def repository(home: Path, root: Path) -> Iterator[Repository]:
    with Repository.open(root, ContextSettings()) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A fake engine for all tests: its URL, and a folder with links to the script and the log."""
    folder = tmp_path_factory.mktemp("engine")
    env = {name: text for name, text in os.environ.items() if not name.startswith("ASSISTANT_")}
    env |= {"FAKE_ENGINE_SCRIPT": str(folder / "script"), "FAKE_ENGINE_LOG": str(folder / "log")}
    control = FakeControl(folder)
    _point(folder, control)
    command = [sys.executable, str(Path(fake_control.__file__).with_name("fake_engine.py"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline().split()[1])
        yield f"http://127.0.0.1:{port}/v1", folder
        server.kill()


@pytest.fixture
def fake_endpoint(fake_engine: FakeControl, shared_engine: tuple[str, Path]) -> Endpoint:
    """The shared engine, which says what this test's ``fake_engine`` tells it."""
    url, folder = shared_engine
    _point(folder, fake_engine)
    return Endpoint(url=url, model="fake", engine="fake", constraints=True)


def _point(folder: Path, control: FakeControl) -> None:
    for name, path in (("script", control.script_path), ("log", control.log_path)):
        part = folder / f"{name}.part"
        part.symlink_to(path)
        part.replace(folder / name)


@pytest_asyncio.fixture
async def model(fake_endpoint: Endpoint) -> AsyncIterator[Model]:
    """The fake engine; drive it by ``fake_engine``."""
    client = EngineClient(fake_endpoint)
    yield Model(client)
    await client.close()


@dataclass
class Asked:
    """A job, what it said and what it ran."""

    job: Job
    said: list[str] = field(default_factory=list)
    runs: list[sandbox.Job] = field(default_factory=list)


Ask = Callable[..., Asked]


@pytest.fixture
def ask(root: Path, repository: Repository, model: Model) -> Ask:
    """A job in a file whose text has ``|`` where the cursor is, or twice around a selection.

    The index is brought up to date first. Code runs in the real sandbox.
    """

    def make(
        name: str, marked: str, open_documents: Sequence[Document] = (), **fields: Any
    ) -> Asked:
        repository.refresh()
        before, *rest = dedent(marked).split("|")
        start = len(before)
        end = start + len(rest[0]) if len(rest) == 2 else start
        document = Document(root / name, "".join([before, *rest]))
        asked = Asked(None, [], [])  # type: ignore[arg-type]

        def run(job: sandbox.Job) -> sandbox.Outcome:
            asked.runs.append(job)
            return sandbox.run(job)

        asked.job = Job(
            Place(document, start, end, root, open_documents),
            model,
            run,
            repository,
            say=asked.said.append,
            **fields,
        )
        return asked

    return make
