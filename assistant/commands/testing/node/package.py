"""A project of Node.js as its package.json files describe it."""

from __future__ import annotations

import functools
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from assistant.commands.checking.project import Project, relative
from assistant.commands.protocol import Place
from assistant.sandbox.languages import typescript

TYPED = (".ts", ".mts", ".cts", ".tsx")
SUFFIXES = (".js", ".mjs", ".cjs", ".jsx", *TYPED)
_CONFIGURATION = (
    "package.json",
    "tsconfig.json",
    "tsconfig.base.json",
    "jest.config.json",
    "babel.config.json",
    ".babelrc",
)
_DATA = re.compile(r"""['"](\.{1,2}/[^'"\n]+\.json)['"]""")
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Package:
    """What holds for one file of a project: ``folder`` (relative to the workspace) has the nearest
    package.json, whose text is ``told``; ``modules`` is the nearest ``node_modules``, absolute."""

    folder: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)
    modules: Path | None = None

    @property
    def is_module(self) -> bool:
        """Whether its .js files are ES modules."""
        return self.told.get("type") == "module"

    def names(self, tool: str) -> bool:
        """Whether it says that it uses ``tool``."""
        kinds = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
        listed = [self.told.get(kind) for kind in kinds]
        if any(isinstance(each, Mapping) and tool in each for each in listed):
            return True
        scripts = self.told.get("scripts")
        run = scripts.get("test", "") if isinstance(scripts, Mapping) else ""
        return re.search(rf"\b{tool}\b", str(run)) is not None

    def has(self, tool: str) -> bool:
        """Whether ``tool`` is installed for it."""
        return self.modules is not None and (self.modules / tool / "package.json").is_file()


def package_of(place: Place) -> Package:
    """Read from the disk at each call: an install may have happened meanwhile."""
    told, folder, modules = None, "", None
    root = place.root or place.document.path.parent
    for at in [place.document.path.parent, *place.document.path.parent.parents]:
        if not at.is_relative_to(root):
            break
        if modules is None and (at / "node_modules").is_dir():
            modules = (at / "node_modules").resolve()
        if told is None and (found := _json(at / "package.json")) is not None:
            told, folder = found, at.relative_to(root).as_posix()
    return Package("" if folder == "." else folder, told or {}, modules)


def files_of(place: Place) -> dict[str, bytes | str]:
    """What of the project a run is shown: its sources, the configuration above the file, and the
    JSON files that sources name."""
    project = Project.of(place.root, [*place.open_documents, place.document])
    files: dict[str, bytes | str] = dict(project.files)
    root = place.root or place.document.path.parent
    path = PurePosixPath(relative(place.document.path, place.root))
    wanted = [str(parent / name) for parent in path.parents for name in _CONFIGURATION]
    for source, text in project.files.items():
        if source.endswith(SUFFIXES):
            wanted += _data(source, text)
    for name in dict.fromkeys(wanted):
        file = root / name
        try:
            if name not in files and file.is_file() and file.stat().st_size <= _LARGEST:
                files[name] = file.read_bytes()
        except OSError:
            continue
    return files


@functools.cache
def strips_types() -> bool:
    """Whether the Node.js that is here runs TypeScript."""
    program = shutil.which("node")
    return program is not None and typescript.version(program) >= typescript.STRIPS_TYPES


def _data(source: str, text: bytes) -> Iterator[str]:
    folder = PurePosixPath(source).parent
    for found in _DATA.findall(text.decode(errors="replace")):
        parts: list[str] = []
        for part in (*folder.parts, *PurePosixPath(found).parts):
            if part != "..":
                parts.append(part)
            elif parts:
                parts.pop()
        yield "/".join(parts)


def _json(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
