"""Names that a body uses and another module of the project defines, and the imports that bring
them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from assistant.commands.checking.covering import is_test
from assistant.commands.checking.names import import_of
from assistant.commands.checking.project import import_folders, module_of, text_of
from assistant.commands.indexed import Indexed
from assistant.commands.protocol import Job
from assistant.commands.sources import Sources
from assistant.errors import UsageError

_NOT_IMPORTED = ("conftest.py", "setup.py", "__main__.py")
_RELATIVE = re.compile(r"^[ \t]*from[ \t]+\.", re.MULTILINE)
_ABSOLUTE = r"^[ \t]*(?:from|import)[ \t]+{}\b"


@dataclass(frozen=True, slots=True)
class Resolved:
    """``missing`` are names that nothing brings. ``imports`` are lines of the standard library,
    ``own`` of the project. ``places`` says of a missing name that several modules define where
    (``path:line``)."""

    missing: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Importing:
    """For one Python file of a project, whose ``files`` are by path relative to its folder."""

    def __init__(self, job: Job, files: Mapping[str, bytes | str], path: str) -> None:
        self.job, self.files, self.path = job, files, path
        self._known: dict[str, dict[str, int]] = {}

    def resolved(self, names: Iterable[str]) -> Resolved:
        """What becomes of names without a definition."""
        missing: list[str] = []
        imports: list[str] = []
        own: list[str] = []
        places: dict[str, tuple[str, ...]] = {}
        for name in names:
            line = import_of(name)
            # The names of operator are everybody's: a project's own ``add`` is meant before them.
            if line and not line.startswith("from operator "):
                imports.append(line)
                continue
            found = self._definitions(name)
            module = self._module(*found) if len(found) == 1 else ""
            if module:
                own.append(f"from {module} import {name}")
            elif line:
                imports.append(line)
            else:
                missing.append(name)
            if len(found) > 1 and not line:
                places[name] = tuple(f"{path}:{row + 1}" for path, row in found.items())
        return Resolved(tuple(missing), _once(imports), _once(own), places)

    def _definitions(self, name: str) -> dict[str, int]:
        """The modules that define ``name`` at their top, each with the line (0-based)."""
        if name not in self._known:
            with Indexed(Sources(self.job.place), self.job.repository) as index:
                self._known[name] = {
                    one.path: one.definition.start_line
                    for one in reversed(index.definitions(name))
                    if not one.definition.parent and self._may_be_imported(one.path)
                }
        return self._known[name]

    def _may_be_imported(self, path: str) -> bool:
        if path == self.path or not path.endswith(".py"):
            return False
        return not (is_test(path) or path.rsplit("/", 1)[-1] in _NOT_IMPORTED)

    def _module(self, path: str) -> str:
        """How the file names the module ``path``; empty where it cannot be imported from there."""
        try:
            name, folder = module_of(path, self.files)
            here, root = module_of(self.path, self.files)
        except UsageError:
            return ""
        if (folder or ".") not in import_folders(root):
            return ""
        package = here.split(".") if self.path.endswith("__init__.py") else here.split(".")[:-1]
        parts = name.split(".")
        if folder != root or package[:1] != parts[:1] or not self._relative(package[0]):
            return name
        shared = 0
        while shared < min(len(package), len(parts)) and package[shared] == parts[shared]:
            shared += 1
        return "." * (len(package) - shared + 1) + ".".join(parts[shared:])

    def _relative(self, top: str) -> bool:
        """Whether the file imports what is in its own package ``top`` by dots; where it imports
        nothing of it, what the files beside it do."""
        folder = self.path.rpartition("/")[0]
        beside = [each for each in self.files if each.rpartition("/")[0] == folder]
        habits: Counter[bool] = Counter()
        for path in (self.path, *(each for each in beside if each.endswith(".py"))):
            text = text_of(self.files.get(path, ""))
            habits[True] += bool(_RELATIVE.search(text))
            habits[False] += bool(re.search(_ABSOLUTE.format(re.escape(top)), text, re.MULTILINE))
            if path == self.path and habits[True] != habits[False]:
                break
        return habits[True] > habits[False]


def _once(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))
