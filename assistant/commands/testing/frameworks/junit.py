"""JUnit 5 (Jupiter), from the jars that Maven, Gradle or the project itself has here."""

from __future__ import annotations

import asyncio
import shutil

from assistant.commands.checking.project import relative, text_of
from assistant.commands.protocol import Answer, Job, Place
from assistant.commands.testing.framework import Bench, Files
from assistant.commands.testing.java.bench import JavaBench
from assistant.commands.testing.java.placing import is_test
from assistant.commands.testing.java.project import INSTALL, Build, build_of, files_of
from assistant.commands.testing.java.subject import hidden, target_at
from assistant.commands.testing.work import answered
from assistant.errors import UsageError

_NAME_IT = "name org.junit.jupiter:junit-jupiter there (scope test) and fetch it"


class JUnit5:
    name = "junit"
    suffixes = (".java",)
    rank = 1

    def offers(self, place: Place) -> bool:
        return target_at(place, "") is not None

    def fits(self, place: Place) -> bool:
        return True

    async def answer(self, job: Job) -> Answer:
        bench, files = await self._bench(job)
        _check(bench.build, files)
        return await answered(job, bench, files)

    async def bench(self, job: Job) -> tuple[Bench, Files]:
        return await self._bench(job)

    async def _bench(self, job: Job) -> tuple[JavaBench, Files]:
        place = job.place
        target = target_at(place, relative(place.document.path, place.root))
        if target is None:
            raise UsageError("no method or class stands there: put the cursor on one")
        if private := hidden(target):
            raise UsageError(
                f"{private} is private, so that nothing else can call it: make it visible in its "
                "package, or ask for what calls it"
            )
        if shutil.which("javac") is None:
            raise UsageError(
                "javac is not on PATH, so that nothing can be run: install a JDK, 17 or later"
            )
        build, files = await asyncio.to_thread(_read, place)
        return JavaBench(job, target, files, build), files


FRAMEWORK = JUnit5()


def _read(place: Place) -> tuple[Build, Files]:
    build = build_of(place)
    return build, files_of(place, build.folder)


def _check(build: Build, files: Files) -> None:
    """Raises UsageError where the project does not use JUnit 5, or its jars are not here."""
    tests = [text_of(text) for path, text in files.items() if is_test(path)]
    jupiter = build.jupiter or any("org.junit.jupiter" in text for text in tests)
    old = build.old or any("org.junit.Test" in text for text in tests)
    if not jupiter and old:
        where = build.name or "the build"
        raise UsageError(
            f"the project has JUnit 4, tests are written for JUnit 5: in {where}, {_NAME_IT}"
        )
    if not jupiter and build.name:
        raise UsageError(f"{build.name} names no JUnit 5: {_NAME_IT}")
    if build.junit is None:
        raise UsageError(
            "JUnit 5 is not on this machine (junit-jupiter-engine and junit-platform-launcher, in "
            f"lib, ~/.m2 or ~/.gradle): {INSTALL}"
        )
