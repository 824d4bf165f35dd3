"""What the frameworks of Node.js have in common."""

from __future__ import annotations

import asyncio

from assistant.commands.checking.project import relative
from assistant.commands.protocol import Answer, Job, Place
from assistant.commands.testing.node.bench import NodeBench
from assistant.commands.testing.node.package import SUFFIXES, Package, files_of, package_of
from assistant.commands.testing.node.subject import target_at
from assistant.commands.testing.work import answered
from assistant.errors import UsageError


class NodeFramework:
    """``tool`` is the package that brings it."""

    name = ""
    tool = ""
    rank = 1
    suffixes = SUFFIXES
    bench: type[NodeBench]

    def offers(self, place: Place) -> bool:
        return target_at(place, relative(place.document.path, place.root)) is not None

    def fits(self, place: Place) -> bool:
        package = package_of(place)
        return package.names(self.tool) and package.has(self.tool)

    async def answer(self, job: Job) -> Answer:
        target = target_at(job.place, relative(job.place.document.path, job.place.root))
        if target is None:
            raise UsageError(
                "no function or class of the file's top stands there: put the cursor on one"
            )
        package, files = await asyncio.to_thread(_read, job.place)
        bench = self.bench(job, target, package, files)
        return await answered(job, bench, files)


def _read(place: Place) -> tuple[Package, dict[str, bytes | str]]:
    return package_of(place), files_of(place)
