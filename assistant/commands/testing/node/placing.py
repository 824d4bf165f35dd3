"""Where a project of Node.js keeps its tests, and how they import what they test."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath

from assistant.commands.checking.project import text_of
from assistant.commands.testing.node.package import SUFFIXES, TYPED

_NAMED = re.compile(r"[._-](test|spec)$")
_FOLDERS = ("test", "tests", "spec", "__tests__")
_IMPORTED = re.compile(r"""(?:from|require\(|import\()\s*['"](\.{1,2}/[^'"\n]+)['"]""")


def is_test(path: str) -> bool:
    """Whether a runner finds tests in ``path`` by its name."""
    own = PurePosixPath(path)
    if own.suffix not in SUFFIXES:
        return False
    return bool(_NAMED.search(own.stem)) or bool(set(own.parts[:-1]) & set(_FOLDERS))


def test_path(files: Mapping[str, bytes | str], module: str, package: str) -> str:
    """The test file for ``module``, there already or not; ``package`` is its package's folder."""
    inside = f"{package}/" if package else ""
    tests = [path for path in sorted(files) if is_test(path) and path.startswith(inside)]
    here = PurePosixPath(module)
    named = [path for path in tests if _about(path) == here.stem]
    if named:
        return max(named, key=lambda path: _alike(path, module))
    sources = {
        PurePosixPath(path).stem: PurePosixPath(path)
        for path in files
        if path.endswith(SUFFIXES) and not is_test(path) and path.startswith(inside)
    }
    habits: Counter[tuple[str, str]] = Counter()
    for path in tests:
        habits[_habit(PurePosixPath(path), sources.get(_about(path)), inside)] += 1
    marks = Counter(
        found[0] for path in tests if (found := _NAMED.search(PurePosixPath(path).stem))
    )
    mark = marks.most_common(1)[0][0] if marks else ".test"
    kind, folder = habits.most_common(1)[0][0] if habits else ("beside", "")
    name = f"{here.stem}{mark}{here.suffix}"
    if kind == "beside":
        return str(here.with_name(name))
    if kind == "below":
        return str(here.parent / folder / name)
    parts = PurePosixPath(module.removeprefix(inside)).parts[:-1]
    inner = parts[1:] if parts and parts[0] in {"src", "lib"} else parts
    middle = "/".join(inner) if kind == "mirrored" else ""
    return inside + "/".join(part for part in (folder, middle, name) if part)


def specifier(files: Mapping[str, bytes | str], module: str, test: str, bare: bool) -> str:
    """How the file ``test`` imports ``module``: with the suffix that other imports have, without
    one where there are none and ``bare`` says that it needs none."""
    found: Counter[str] = Counter()
    for path, text in files.items():
        if path.endswith(SUFFIXES):
            imported = _IMPORTED.findall(text_of(text))
            found.update(PurePosixPath(each).suffix for each in imported)
    here = PurePosixPath(module)
    known = {suffix: count for suffix, count in found.items() if suffix in {"", *SUFFIXES}}
    default = "" if bare else here.suffix
    suffix = max(known, key=lambda each: known[each], default=default)
    if here.suffix in TYPED:
        # Its own, or the one that it is compiled to.
        suffix = here.suffix if suffix in TYPED else suffix
    else:
        suffix = here.suffix if suffix or not bare else ""
    path = os.path.relpath(str(here.with_suffix("")), str(PurePosixPath(test).parent))
    path = path if path.startswith(".") else f"./{path}"
    return path + suffix


def _habit(path: PurePosixPath, source: PurePosixPath | None, inside: str) -> tuple[str, str]:
    """How a test lies towards what it tests: beside it, in a folder below, in a folder of all tests
    with the sources' folders or without."""
    own = PurePosixPath(str(path).removeprefix(inside))
    if source is not None and source.parent == path.parent:
        return "beside", ""
    is_below = source is not None and path.parent.parent == source.parent
    top = PurePosixPath(inside.rstrip("/") or ".")
    if is_below and path.parent.name in _FOLDERS and path.parent.parent != top:
        return "below", path.parent.name
    if len(own.parts) > 2 and own.parts[0] in _FOLDERS:
        return "mirrored", own.parts[0]
    if len(own.parts) == 2 and own.parts[0] in _FOLDERS:
        return "flat", own.parts[0]
    return "beside", ""


def _about(path: str) -> str:
    """The name of the module that a test file is named after."""
    return _NAMED.sub("", PurePosixPath(path).stem)


def _alike(path: str, module: str) -> int:
    """Of two paths, how many folders they share."""
    return len(set(PurePosixPath(path).parts[:-1]) & set(PurePosixPath(module).parts[:-1]))
