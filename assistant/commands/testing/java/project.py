"""A project of Java as its build files describe it, and what a run is shown of it."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from assistant.commands.checking.project import LARGEST, Project, relative
from assistant.commands.protocol import Place
from assistant.commands.testing.framework import Files
from assistant.commands.testing.java import maven
from assistant.commands.testing.java.jars import JUPITER, Jars, JUnit

BUILDS = ("pom.xml", "build.gradle.kts", "build.gradle")
_JUPITER = re.compile(
    r"junit-jupiter|org\.junit\.jupiter|junit-bom|useJUnitPlatform|spring-boot-starter-test|"
    r"quarkus-junit5|junit-platform"
)
_OLD = re.compile(r"junit:junit:|<artifactId>\s*junit\s*</artifactId>|['\"]junit['\"]")
_COORDINATES = re.compile(r"""['"]([\w.-]+):([\w.-]+):([\w.-]+)(?:@\w+)?['"]""")
_RESOURCES = ("src/main/resources", "src/test/resources")
_MOST = 200
"""Files of such a folder."""
INSTALL = "fetch it once with `mvn dependency:go-offline` or the project's own Gradle build"


@dataclass(frozen=True, slots=True)
class Build:
    """What holds for one file: ``folder`` (relative to the workspace, "" for its own) has the
    nearest build file ``name``, empty where there is none. ``libraries`` are the jars that it
    names and that are here, ``junit`` what runs its tests. ``missing`` are its own dependencies
    that are not here."""

    folder: str
    name: str
    jupiter: bool
    old: bool
    libraries: tuple[Path, ...]
    junit: JUnit | None
    missing: tuple[str, ...] = ()

    @property
    def jars(self) -> tuple[Path, ...]:
        """All that is on the class path, no artifact twice."""
        first = self.junit.jars if self.junit else ()
        named = {_stem(jar): jar for jar in reversed((*first, *self.libraries))}
        return tuple(reversed(list(named.values())))


def build_of(place: Place) -> Build:
    """Read from the disk at each call: a dependency may have been fetched meanwhile."""
    root = (place.root or place.document.path.parent).resolve()
    here = place.document.path.parent.resolve()
    above = [at for at in (here, *here.parents) if at.is_relative_to(root)]
    found = [at / name for at in above for name in BUILDS if (at / name).is_file()]
    folder = found[0].parent if found else root
    texts = "\n".join(_text(path) for path in found)
    jars = Jars.of(root, folder)
    listed = list(_artifacts(found[0], jars, root)) if found else []
    files = {one: jars.file(one) for one in listed}
    direct = [one for one, jar in files.items() if jar is None and one.group != JUPITER]
    libraries = [*jars.own, *(jar for jar in files.values() if jar is not None)]
    versions = [one.version for one in listed if one.group == JUPITER]
    inside = folder.relative_to(root).as_posix()
    return Build(
        "" if inside == "." else inside,
        found[0].name if found else "",
        _JUPITER.search(texts) is not None or bool(versions),
        _OLD.search(texts) is not None,
        tuple(dict.fromkeys(libraries)),
        jars.junit(_version(texts, versions)),
        tuple(f"{one.group}:{one.name}:{one.version}" for one in direct),
    )


def files_of(place: Place, folder: str) -> Files:
    """The project's sources and, of the build's folder, what programs read by name."""
    project = Project.of(place.root, [*place.open_documents, place.document])
    files: dict[str, bytes | str] = dict(project.files)
    root = place.root or place.document.path.parent
    for name in _RESOURCES:
        for path in itertools.islice(_within(root / folder / name, root), _MOST):
            if path.stat().st_size <= LARGEST:
                files.setdefault(relative(path, root), path.read_bytes())
    return files


def _within(folder: Path, root: Path) -> Iterator[Path]:
    """Files of a folder of ``root``, in order. Links may lead elsewhere, and none is followed."""
    if not folder.resolve().is_relative_to(root.resolve()):
        return
    for inner, folders, names in os.walk(folder):
        folders.sort()
        paths = (Path(inner, name) for name in sorted(names))
        yield from (path for path in paths if path.is_file() and not path.is_symlink())


def resources_of(folder: str) -> list[str]:
    """Folders that a build's programs find their files in."""
    return [str(PurePosixPath(folder) / name) for name in _RESOURCES]


def _artifacts(build: Path, jars: Jars, root: Path) -> list[maven.Artifact]:
    if build.name == "pom.xml":
        pom = maven.read(build, jars.pom, root)
        return list(maven.closure(pom, jars.pom)) if pom else []
    named = [maven.Artifact(*found) for found in _COORDINATES.findall(_text(build))]
    bare = maven.Pom(maven.Artifact("", ""), dependencies=tuple(named))
    return list(maven.closure(bare, jars.pom))


def _version(texts: str, listed: list[str]) -> str:
    """Jupiter's, as the build files name it; empty where they do not."""
    if listed:
        return listed[0]
    found = re.search(r"junit-(?:bom|jupiter(?:-\w+)?)['\"]?\s*[:,]\s*['\"]?([\d.]+\w*)", texts)
    return found[1] if found else ""


def _text(path: Path) -> str:
    try:
        is_small = path.stat().st_size <= LARGEST
        return path.read_text(encoding="utf-8", errors="replace") if is_small else ""
    except OSError:
        return ""


def _stem(jar: Path) -> str:
    """A jar's name without its version."""
    return re.sub(r"-\d[\w.-]*\.jar$", "", jar.name)
