"""Go's own ``testing``, run by ``go test``."""

from __future__ import annotations

import asyncio
import functools
import shutil
import subprocess
from pathlib import Path, PurePosixPath

from assistant.commands.checking.project import Project, relative
from assistant.commands.protocol import Answer, Job, Place
from assistant.commands.testing.framework import Bench, Files
from assistant.commands.testing.golang.bench import GoBench
from assistant.commands.testing.golang.subject import target_at
from assistant.commands.testing.work import answered
from assistant.errors import UsageError

_BESIDE = ("go.mod", "go.sum", "vendor/modules.txt")


class GoTest:
    name = "go test"
    suffixes = (".go",)
    rank = 1

    def offers(self, place: Place) -> bool:
        return target_at(place, "") is not None

    def fits(self, place: Place) -> bool:
        return True

    async def answer(self, job: Job) -> Answer:
        return await answered(job, *await self.bench(job))

    async def bench(self, job: Job) -> tuple[Bench, Files]:
        place = job.place
        target = target_at(place, relative(place.document.path, place.root))
        if target is None:
            raise UsageError("no function or method stands there: put the cursor on one")
        if shutil.which("go") is None:
            raise UsageError("go is not on PATH, so that nothing can be run: install it (go.dev)")
        module, files = await asyncio.to_thread(_files, place)
        cache = await asyncio.to_thread(_cache) if _requires(files, module) else None
        return GoBench(job, target, files, module, cache), files


FRAMEWORK = GoTest()


def _files(place: Place) -> tuple[str, dict[str, bytes | str]]:
    """The folder of the file's module, and the project's files with what the module names."""
    project = Project.of(place.root, [*place.open_documents, place.document])
    files: dict[str, bytes | str] = dict(project.files)
    path = PurePosixPath(relative(place.document.path, place.root))
    root = place.root or place.document.path.parent
    for folder in path.parents:
        if (root / folder / "go.mod").is_file():
            for name in _BESIDE:
                file = root / folder / name
                if file.is_file():
                    files[str(folder / name)] = file.read_bytes()
            return "" if str(folder) == "." else str(folder), files
    return "", files


def _requires(files: dict[str, bytes | str], module: str) -> bool:
    """Whether the module needs others."""
    text = files.get(f"{module}/go.mod" if module else "go.mod", b"")
    return b"require" in (text if isinstance(text, bytes) else text.encode())


@functools.cache
def _cache() -> Path | None:
    """Where Go keeps the modules that it has fetched; None where it does not say."""
    try:
        said = subprocess.run(
            ["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    folder = Path(said.stdout.strip())
    return folder.resolve() if said.stdout.strip() and folder.is_dir() else None
