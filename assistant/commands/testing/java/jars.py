"""Jars that are on this machine: a project's own, Maven's and Gradle's; and JUnit among them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.commands.testing.java.maven import Artifact

FOLDERS = ("lib", "libs", "target/dependency")
"""Of a project, where jars are put by hand or by Maven."""
JUPITER, PLATFORM = "org.junit.jupiter", "org.junit.platform"
_PLATFORM = ("junit-platform-commons", "junit-platform-engine", "junit-platform-launcher")
_BESIDE = (
    ("org.opentest4j", "opentest4j"),
    ("org.apiguardian", "apiguardian-api"),
    ("org.jspecify", "jspecify"),
)
_ALONE = "junit-platform-console-standalone"
"""All of JUnit in one jar."""


@dataclass(frozen=True, slots=True)
class JUnit:
    """``version`` is Jupiter's; ``jars`` all that runs its tests."""

    version: str
    jars: tuple[Path, ...]


class Jars:
    """``folders`` hold jars by the name that Maven gives them, the project's own; ``maven`` and
    ``gradle`` are where these tools keep what they have fetched."""

    def __init__(self, folders: Sequence[Path], maven: Path | None, gradle: Path | None) -> None:
        self.folders, self.maven, self.gradle = folders, maven, gradle

    @classmethod
    def of(cls, root: Path, folder: Path) -> Jars:
        """What there is for a project in ``folder``, within the workspace folder ``root``."""
        places = dict.fromkeys(at / name for at in (folder, root) for name in FOLDERS)
        maven, home = _local(), os.environ.get("GRADLE_USER_HOME")
        gradle = Path(home) if home else Path.home() / ".gradle"
        gradle = gradle / "caches" / "modules-2" / "files-2.1"
        return cls(
            [at.resolve() for at in places if at.is_dir() and at.resolve().is_relative_to(root)],
            maven if maven.is_dir() else None,
            gradle.resolve() if gradle.is_dir() else None,
        )

    @property
    def own(self) -> list[Path]:
        """All jars of the project's own folders."""
        found = (jar for at in self.folders for jar in sorted(at.glob("*.jar")))
        return [jar for jar in found if _lies(jar, jar.parent)]

    def file(self, one: Artifact, suffix: str = ".jar") -> Path | None:
        """An artifact's jar, or its pom; None where it is not there."""
        if not one.is_plain:
            return None
        name = f"{one.name}-{one.version}{suffix}"
        for at in self.folders:
            if _lies(at / name, at):
                return at / name
        if self.maven is not None:
            path = self.maven / one.group.replace(".", "/") / one.name / one.version / name
            if _lies(path, self.maven):
                return path
        if self.gradle is not None:
            for path in (self.gradle / one.group / one.name / one.version).glob(f"*/{name}"):
                if _lies(path, self.gradle):
                    return path
        return None

    def pom(self, one: Artifact) -> Path | None:
        return self.file(one, ".pom")

    def newest(self, group: str, name: str, begin: str = "") -> Artifact | None:
        """The newest of an artifact that is there, of versions that start with ``begin``."""
        found = {version for version in self._versions(group, name) if version.startswith(begin)}
        for version in sorted(found, key=number, reverse=True):
            if self.file(Artifact(group, name, version)) is not None:
                return Artifact(group, name, version)
        return None

    def _versions(self, group: str, name: str) -> Iterator[str]:
        for at in self.folders:
            for jar in at.glob(f"{name}-*.jar"):
                if found := re.fullmatch(rf"{re.escape(name)}-(\d.*)\.jar", jar.name):
                    yield found[1]
        places = [self.maven / group.replace(".", "/") / name] if self.maven else []
        places += [self.gradle / group / name] if self.gradle else []
        for place in places:
            yield from (each.name for each in place.glob("*") if re.match(r"\d", each.name))

    def junit(self, wanted: str = "") -> JUnit | None:
        """What is needed to run tests of the version ``wanted``, else of the newest that is whole;
        None where there is none."""
        found = dict.fromkeys([wanted] if wanted else [])
        versions = sorted(set(self._versions(JUPITER, "junit-jupiter-engine")), key=number)
        near = [each for each in versions if each.split(".")[0] == wanted.split(".")[0]]
        found |= dict.fromkeys(reversed(near))
        found |= dict.fromkeys(reversed([each for each in versions if _is_release(each)]))
        for version in found:
            jars = self._whole(version)
            if jars:
                return JUnit(version, tuple(jars))
        one = self.newest(PLATFORM, _ALONE)
        jar = self.file(one) if one else None
        return JUnit(one.version.replace("1.", "5.", 1), (jar,)) if one and jar else None

    def _whole(self, version: str) -> list[Path]:
        """The jars of one version of Jupiter; none where one of them is missing."""
        if not re.match(r"\d", version):
            return []
        platform = re.sub(r"^5\.", "1.", version)
        wanted = [Artifact(JUPITER, f"junit-jupiter-{x}", version) for x in ("api", "engine")]
        wanted += [Artifact(PLATFORM, name, platform) for name in _PLATFORM]
        jars = [self.file(each) for each in wanted]
        beside = [self.newest(*each) for each in _BESIDE]
        if None in jars or beside[0] is None:
            return []
        params = Artifact(JUPITER, "junit-jupiter-params", version)
        more = [self.file(each) for each in (*beside, params) if each is not None]
        return [jar for jar in (*jars, *more) if jar is not None]


def number(version: str) -> tuple[list[int], bool]:
    """By which versions are ordered: a release is newer than what came before it."""
    return [int(part) for part in re.findall(r"\d+", version)[:4]], _is_release(version)


def _is_release(version: str) -> bool:
    return re.fullmatch(r"[\d.]+(?:[.-](?:RELEASE|Final|GA|jre))?", version) is not None


def _lies(path: Path, folder: Path) -> bool:
    """Whether a file is there and lies in ``folder``: what a link leads to is not shown."""
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())


def _local() -> Path:
    """Maven's local repository, as the user's settings name it
    (maven.apache.org/settings.html)."""
    named = re.search(r"-Dmaven\.repo\.local=(\S+)", os.environ.get("MAVEN_OPTS", ""))
    settings = Path.home() / ".m2" / "settings.xml"
    if named is None and settings.is_file():
        text = settings.read_text(encoding="utf-8", errors="replace")
        text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
        named = re.search(r"<localRepository>\s*([^<]+?)\s*</localRepository>", text)
    found = named[1].replace("${user.home}", str(Path.home())) if named else ""
    return (Path(found) if found else Path.home() / ".m2" / "repository").resolve()
