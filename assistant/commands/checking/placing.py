"""Where a project keeps its tests, and in which style it writes them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from assistant.commands.checking.covering import is_test
from assistant.commands.checking.project import text_of

_FIXTURE = re.compile(
    r"^@(?:pytest\.|pytest_asyncio\.)?fixture\b[^\n]*\n(?:@[^\n]*\n)*(?:async\s+)?def\s+(\w+)",
    re.MULTILINE,
)
_TESTS = {"test", "tests"}


@dataclass(frozen=True, slots=True)
class Habit:
    """``path`` is the test file for one module, there already or not; ``unittest``: the style of
    ``unittest.TestCase``, else plain functions for pytest. ``fixtures`` are those of the
    ``conftest.py`` files that hold for it."""

    path: str
    unittest: bool = False
    fixtures: tuple[str, ...] = ()


def habit(files: Mapping[str, bytes | str], module: str) -> Habit:
    """Of the project ``files`` for the file ``module`` of it."""
    tests = {path: text_of(text) for path, text in files.items() if is_test(path)}
    path = _existing(tests, module) or _new(files, tests, module)
    styles = [tests[path]] if path in tests else list(tests.values())
    cases = sum("unittest.TestCase" in text or "(TestCase)" in text for text in styles)
    folders = {str(parent) for parent in PurePosixPath(path).parents}
    fixtures = [
        name
        for other, text in sorted(files.items())
        if PurePosixPath(other).name == "conftest.py"
        and str(PurePosixPath(other).parent) in folders
        for name in _FIXTURE.findall(text_of(text))
    ]
    return Habit(path, cases * 2 > len(styles), tuple(dict.fromkeys(fixtures)))


def _existing(tests: Mapping[str, str], module: str) -> str:
    """The test file that is named after ``module``; of several that which lies most alike."""
    stem, folders = PurePosixPath(module).stem, set(PurePosixPath(module).parts[:-1])
    alike = [path for path in tests if _about(path) == stem]
    score = {path: len(folders & set(PurePosixPath(path).parts[:-1])) for path in alike}
    return max(sorted(alike), key=lambda path: score[path], default="")


def _new(files: Mapping[str, bytes | str], tests: Mapping[str, str], module: str) -> str:
    """As the project's other tests lie towards what they test: beside it, in a folder that mirrors
    the package's, or all in one folder."""
    sources = {PurePosixPath(p).stem: PurePosixPath(p) for p in files if not is_test(p)}
    habits: Counter[tuple[str, str]] = Counter()
    ends = sum(path.endswith("_test.py") for path in tests) * 2 > len(tests) > 0
    for path in tests:
        own, source = PurePosixPath(path), sources.get(_about(path))
        if source is None:
            # Named after no module; a folder of tests is one all the same.
            kind = "flat" if _TESTS.intersection(own.parts[:-1]) else "beside"
            habits[kind, str(own.parent) if kind == "flat" else ""] += 1
        elif not own.parts[:-1]:
            habits["flat" if source.parts[:-1] else "beside", ""] += 1
        elif own.parent == source.parent:
            habits["beside", ""] += 1
        elif len(own.parts) > 2:
            habits["mirrored", own.parts[0]] += 1
        else:
            habits["flat", str(own.parent)] += 1
    here = PurePosixPath(module)
    name = f"{here.stem}_test.py" if ends else f"test_{here.stem}.py"
    default = "beside" if len(files) == 1 else "flat"
    kind, folder = habits.most_common(1)[0][0] if habits else (default, "tests")
    if kind == "beside":
        return str(here.with_name(name))
    if kind == "mirrored":
        inner = [part for part in here.parts[:-1] if part != "src"][1:]
        return "/".join([folder, *inner, name])
    return f"{folder}/{name}" if folder else name


def _about(path: str) -> str:
    """The name of the module that a test file is named after."""
    return PurePosixPath(path).stem.removeprefix("test_").removesuffix("_test")
