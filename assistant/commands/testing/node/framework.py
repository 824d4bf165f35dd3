"""What the frameworks of Node.js have in common."""

from __future__ import annotations

import asyncio

from assistant.commands.checking.project import relative
from assistant.commands.protocol import Answer, Job, Place
from assistant.commands.testing.framework import Bench, Files
from assistant.commands.testing.node.bench import NodeBench
from assistant.commands.testing.node.package import SUFFIXES, Package, files_of, package_of
from assistant.commands.testing.node.subject import target_at
from assistant.commands.testing.work import answered
from assistant.errors import UsageError


class NodeFramework:
    """``tool`` is the package that brings it, ``kind`` writes and runs its tests."""

    name = ""
    tool = ""
    rank = 1
    suffixes = SUFFIXES
    kind: type[NodeBench]

    def offers(self, place: Place) -> bool:
        return target_at(place, relative(place.document.path, place.root)) is not None

    def fits(self, place: Place) -> bool:
        package = package_of(place)
        return package.names(self.tool) and package.has(self.tool)

    async def answer(self, job: Job) -> Answer:
        return await answered(job, *await self.bench(job))

    async def bench(self, job: Job) -> tuple[Bench, Files]:
        target = target_at(job.place, relative(job.place.document.path, job.place.root))
        if target is None:
            raise UsageError(
                "no function or class of the file's top stands there: put the cursor on one"
            )
        package, files = await asyncio.to_thread(_read, job.place)
        return self.kind(job, target, package, files), files


def _read(place: Place) -> tuple[Package, Files]:
    return package_of(place), files_of(place)
