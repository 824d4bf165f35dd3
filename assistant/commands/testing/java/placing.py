"""Where a project of Java keeps the tests of a class."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath

from assistant.commands.checking.project import text_of
from assistant.commands.testing.java.sources import package_of, types_of

Files = Mapping[str, bytes | str]
_NAMED = re.compile(r"(?:Test|Tests|IT)$")
_MAIN, _TEST = "src/main/java", "src/test/java"


def is_test(path: str) -> bool:
    """Whether ``path`` is a source of tests, by its name."""
    own = PurePosixPath(path)
    if own.suffix != ".java" or "/src/main/" in f"/{path}":
        return False
    return bool(_NAMED.search(own.stem)) or f"/{_TEST}/" in f"/{path}"


def test_path(files: Files, source: str) -> str:
    """The file with the tests of the class in ``source``, there already or not. A file that no
    test of JUnit 5 can be added to is left alone."""
    here = PurePosixPath(source)
    package = package_of(text_of(files.get(source, "")))
    tests = [path for path in sorted(files) if is_test(path)]
    ends = Counter(found[0] for path in tests if (found := _NAMED.search(PurePosixPath(path).stem)))
    del ends["IT"]
    usual = ends.most_common(1)[0][0] if ends else "Test"
    for path in tests:
        text = text_of(files[path])
        stem = PurePosixPath(path).stem
        if stem in {f"{here.stem}Test", f"{here.stem}Tests"} and _takes(text, stem, package):
            return path
    folder = _folder(files, tests, here, package)
    for name in (f"{here.stem}{usual}", f"{here.stem}Jupiter{usual}", f"{here.stem}More{usual}"):
        path = str(folder / f"{name}.java")
        if path not in files:
            return path
    return str(folder / f"{here.stem}Assistant{usual}.java")


def _takes(text: str, stem: str, package: str) -> bool:
    is_old = "org.junit.Test" in text or "junit.framework" in text
    return not is_old and package_of(text) == package and stem in types_of(text)


def _folder(files: Files, tests: list[str], here: PurePosixPath, package: str) -> PurePosixPath:
    before, main, after = f"/{here.parent}/".partition(f"/{_MAIN}/")
    if main:
        return PurePosixPath(f"{before}/{_TEST}/{after}".strip("/"))
    inside = PurePosixPath(package.replace(".", "/")) if package else PurePosixPath()
    for path in tests:
        # Where another test lies whose package says which folder is the root of all.
        own = PurePosixPath(path).parent
        parts = package_of(text_of(files[path])).split(".")
        parts = [part for part in parts if part]
        if list(own.parts[len(own.parts) - len(parts) :]) == parts:
            return PurePosixPath(*own.parts[: len(own.parts) - len(parts)]) / inside
    return here.parent
