"""What a ``pom.xml`` says of dependencies (maven.apache.org/pom.html), as far as files tell.

Nothing is fetched and no plug-in is run: parents and imported lists of versions are read where they
lie in the repository or in a local Maven repository.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree

LARGEST = 1 << 20
_DEEPEST = 8
_LONGEST = 1_000
"""Characters of a value; properties that name one another twice grow without end."""
"""Parents above a file."""
_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)*")


@dataclass(frozen=True, slots=True)
class Artifact:
    """One that a build names; ``version`` is empty where the file does not say."""

    group: str
    name: str
    version: str = ""
    scope: str = "compile"
    optional: bool = False
    kind: str = "jar"

    @property
    def key(self) -> tuple[str, str]:
        return self.group, self.name

    @property
    def is_plain(self) -> bool:
        """Whether its words are names, not paths or something that is not known."""
        return all(_NAME.fullmatch(word) for word in (self.group, self.name, self.version))


@dataclass(frozen=True, slots=True)
class Pom:
    """``managed`` are versions that hold where a dependency names none."""

    own: Artifact
    properties: Mapping[str, str] = field(default_factory=dict)
    managed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    dependencies: tuple[Artifact, ...] = ()


Find = Callable[[Artifact], Path | None]
"""Where the pom of an artifact lies."""


def read(path: Path, find: Find, root: Path | None = None, depth: int = 0) -> Pom | None:
    """The file with what its parents say; None where there is none that can be read. Parents are
    looked for beside it too, within ``root``."""
    tree = _tree(path)
    if tree is None or depth > _DEEPEST:
        return None
    parent = _parent(tree, path, find, root, depth)
    properties = dict(parent.properties) if parent else {}
    properties |= {each.tag: (each.text or "").strip() for each in tree.iterfind("properties/*")}
    own = _artifact(tree)
    above = parent.own if parent else Artifact("", "")
    own = replace(own, group=own.group or above.group, version=own.version or above.version)
    properties |= {"project.groupId": own.group, "project.version": own.version}
    properties |= {"project.parent.version": above.version}
    managed = dict(parent.managed) if parent else {}
    for each in _listed(tree, "dependencyManagement/dependencies/dependency", properties):
        if each.scope == "import" and each.is_plain:
            found = find(each)
            bill = read(found, find, None, depth + 1) if found else None
            managed = {**(bill.managed if bill else {}), **managed}
        else:
            managed[each.key] = each.version
    dependencies = {each.key: each for each in (parent.dependencies if parent else ())}
    for each in _listed(tree, "dependencies/dependency", properties):
        version = each.version or managed.get(each.key, "")
        dependencies[each.key] = replace(each, version=version)
    return Pom(own, properties, managed, tuple(dependencies.values()))


def closure(pom: Pom, find: Find, most: int = 400) -> Iterator[Artifact]:
    """The dependencies of a build and theirs, the nearest version of each first (what tests need
    included, of others' what they need to run)."""
    seen: set[tuple[str, str]] = set()
    level = [each for each in pom.dependencies if each.scope not in {"system", "import"}]
    while level and len(seen) < most:
        below: list[Artifact] = []
        for each in level:
            if each.key in seen or not each.is_plain or each.kind not in {"jar", "bundle"}:
                continue
            seen.add(each.key)
            yield each
            path = find(each)
            inner = read(path, find) if path else None
            for one in inner.dependencies if inner else ():
                if one.scope in {"compile", "runtime"} and not one.optional:
                    version = pom.managed.get(one.key, "") or one.version
                    below.append(replace(one, version=version))
        level = below


def _parent(
    tree: ElementTree.Element, path: Path, find: Find, root: Path | None, depth: int
) -> Pom | None:
    named = tree.find("parent")
    if named is None:
        return None
    beside = (path.parent / (named.findtext("relativePath") or "../pom.xml").strip()).resolve()
    beside = beside / "pom.xml" if beside.is_dir() else beside
    wanted = _artifact(named)
    if root is not None and beside.is_relative_to(root):
        found = read(beside, find, root, depth + 1)
        if found is not None and found.own.name == wanted.name:
            return found
    at = find(wanted) if wanted.is_plain else None
    return read(at, find, None, depth + 1) if at else None


def _tree(path: Path) -> ElementTree.Element | None:
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return None
        text = path.read_text(encoding="utf-8", errors="replace")
        # Entities are where an XML file becomes larger than it is; a pom needs none.
        tree = None if "<!ENTITY" in text else ElementTree.fromstring(text.encode())  # noqa: S314
    except (OSError, ElementTree.ParseError):
        return None
    for each in tree.iter() if tree is not None else ():
        each.tag = str(each.tag).rpartition("}")[2]
    return tree


def _artifact(node: ElementTree.Element) -> Artifact:
    def told(name: str, default: str = "") -> str:
        return (node.findtext(name) or default).strip()

    return Artifact(
        told("groupId"),
        told("artifactId"),
        told("version"),
        told("scope", "compile"),
        told("optional") == "true",
        told("type", "jar"),
    )


def _listed(
    tree: ElementTree.Element, path: str, properties: Mapping[str, str]
) -> Iterator[Artifact]:
    for node in tree.iterfind(path):
        one = _artifact(node)
        group, name, version = (_filled(x, properties) for x in (one.group, one.name, one.version))
        yield replace(one, group=group, name=name, version=version)


def _filled(text: str, properties: Mapping[str, str]) -> str:
    """With properties in place of their names."""
    for _ in range(_DEEPEST):
        filled = re.sub(r"\$\{([^}]+)\}", lambda m: properties.get(m[1], m[0])[:_LONGEST], text)
        if filled == text or len(filled) > _LONGEST:
            break
        text = filled
    return text
