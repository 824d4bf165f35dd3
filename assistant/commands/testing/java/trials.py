"""Versions of a Java file, tried in a virtual machine inside the sandbox; ``Driver.java.txt`` says
what is asked and answered."""

from __future__ import annotations

import functools
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any

from assistant.commands.checking.running import ran
from assistant.commands.testing.case import Target
from assistant.commands.testing.framework import Files
from assistant.commands.testing.java.hits import telling
from assistant.commands.testing.java.placing import is_test, text_of
from assistant.commands.testing.java.subject import imports_of, package_of, types_of
from assistant.errors import UsageError
from assistant.sandbox import Job, Limits

DRIVER = "assistanttrials/Driver.java"
WIDE = (
    "java.util", "java.util.function", "java.util.stream", "java.math", "java.time", "java.io",
    "java.nio.file", "java.nio.charset",
)  # fmt: skip
"""Packages whose types a call may name."""
_LEFT_OUT = {"module-info.java", "package-info.java"}


@dataclass(frozen=True, slots=True)
class Said:
    """What one call gave: ``literal`` is an expression for it (empty where there is none) and
    ``kind`` says of which sort, as ``Literal.kind`` does; or ``raises`` names an exception as its
    package writes it. ``imports`` are types that these name. ``thrower`` is the class that
    threw, ``place`` the first line of the project's code that it came through, as (class, line).
    ``checked``: the call's caller has to say that it may throw."""

    literal: str = ""
    kind: str = ""
    raises: str = ""
    imports: tuple[str, ...] = ()
    thrower: str = ""
    place: tuple[str, int] = ("", 0)
    checked: bool = False
    ends: bool = False
    """Whether it took too long, or ended the program."""
    lines: frozenset[int] = field(default=frozenset(), compare=False)

    @property
    def result(self) -> tuple[str, str, str]:
        """What two runs have in common."""
        return self.literal, self.raises, "ends" if self.ends else ""


@dataclass(frozen=True, slots=True)
class Tried:
    """``rows`` are what each version did, by call: None for a version that does not compile, or
    for a call that does not, or was not reached. ``names`` are the types that calls name and
    that imports of whole packages brought, by their simple names."""

    rows: Sequence[Sequence[Said | None] | None]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Tested:
    """What tests did: for each method an empty text or why not. ``wrong`` are the lines (0 for
    those of another file) on which it does not compile, with why."""

    results: Mapping[str, str] = field(default_factory=dict)
    lines: frozenset[int] = frozenset()
    wrong: Sequence[tuple[int, str]] = ()


class Java:
    """``files`` are the project's, ``target`` is what is tried, ``jars`` are on the class path."""

    def __init__(
        self,
        run: Callable[[Job], Any],
        files: Files,
        target: Target,
        jars: Sequence[Path],
        folders: Sequence[str],
    ) -> None:
        self.run, self.target, self.jars, self.folders = run, target, tuple(jars), folders
        self.files = {**files, target.path: target.text}

    def tried(self, calls: Sequence[str], versions: Sequence[str], *, again: bool = False) -> Tried:
        """What ``calls`` give in each of ``versions`` (texts of the file). ``again``: the last one
        is run from the last call to the first, and each call twice. Raises UsageError where the
        file does not compile, or the sandbox refuses to run anything."""
        asked = [("call", call) for call in calls]
        asked += [("head", "\n".join(self.head()))]
        last = len(versions) - 1
        for number, text in enumerate(versions):
            way = "backward" if again and number == last else "forward"
            asked.append(("version", f"{way}\n{telling(text)}"))
        first, *others = self._asked(asked, len(versions))
        modes = [str(mode) for mode in first["modes"]]
        rows: list[Sequence[Said | None] | None] = [
            None if "fault" in each else [
                _said(one, mode) for one, mode in zip(each["results"], modes, strict=True)
            ]
            for each in others
        ]  # fmt: skip
        rows += [None] * (len(versions) - len(rows))
        return Tried(rows, first["names"])

    def tested(self, path: str, text: str, methods: Sequence[str]) -> Tested:
        """Run ``methods`` of the tests in ``path``."""
        tests = {name: other for name, other in self.files.items() if is_test(name)}
        tests = {**tests, path: text}
        asked = [("source", _source(name, text_of(tests[name]))) for name in tests]
        asked += [("test", path), ("launch", _own("Launch"))]
        asked += [("method", name) for name in methods]
        asked += [("version", f"forward\n{each}") for each in (self.target.text, self._telling())]
        first, *others = self._asked(asked, 2)
        if wrong := first.get("errors"):
            return Tested(wrong=[(int(each["line"]), str(each["said"])) for each in wrong])
        plain = others[0] if others else {}
        fault = plain.get("fault") or plain.get("ran", {}).get("raises", "")
        results = dict(plain.get("results", {}))
        if not results:
            return Tested(wrong=[(0, fault or "the tests did not begin")])
        lines = others[1].get("ran", {}).get("lines", ()) if len(others) > 1 else ()
        return Tested(results, frozenset(lines))

    def head(self) -> list[str]:
        """The first lines of a file that may call what the target's may."""
        package = package_of(self.target.text)
        lines = [f"package {package};"] if package else []
        lines += [f"import {name};" for name in imports_of(self.target.text)]
        # A class's own comment names the types in it without it.
        inner = [f"import {package}.{self.target.top}.*;"] if package else []
        return [*lines, *inner, *(f"import {name}.*;" for name in WIDE)]

    def _telling(self) -> str:
        return telling(self.target.text)

    def _asked(self, asked: Sequence[tuple[str, str]], versions: int) -> list[dict[str, Any]]:
        word = secrets.token_hex(16)
        sources = [
            ("source", _source(path, text_of(text)))
            for path, text in self.files.items()
            if path.endswith(".java")
            and PurePosixPath(path).name not in _LEFT_OUT
            and (not is_test(path) or path == self.target.path)
        ]
        records = [("word", word), ("target", self.target.path), *sources, *asked]
        records += [("helper", _own("Trial")), ("helper", _own("Literal"))]
        records += [("resources", folder) for folder in self.folders]
        wall = min(180.0, 40.0 + 6.0 * versions)
        inside = tuple(f"{folder}/" for folder in self.folders)
        files = {path: text for path, text in self.files.items() if path.startswith(inside)}
        job = Job(
            "java",
            {**files, DRIVER: source_of("Driver")},
            DRIVER,
            stdin="".join(_record(*each) for each in records),
            limits=Limits(
                wall_seconds=4 * wall,
                cpu_seconds=wall,
                memory_bytes=2 << 30,
                processes=256,
                disk_bytes=128 << 20,
                output_bytes=8 << 20,
            ),
            packages=self.jars,
        )
        outcome = ran(self.run, job)
        lines = [line for line in outcome.stdout.splitlines() if line.startswith(word)]
        found = [json.loads(line.removeprefix(word)) for line in lines]
        if not found or "fault" in found[0]:
            said = outcome.stderr.strip().splitlines()
            why = found[0]["fault"] if found else (said or [outcome.reason or "it ended early"])[0]
            raise UsageError(f"{self.target.path} cannot be run here: {why}")
        return found


def _said(one: Mapping[str, Any] | None, mode: str) -> Said | None:
    if one is None:
        return None
    return Said(
        one.get("literal") or "",
        one.get("kind") or "",
        # One that no test can name is still another result than a value.
        (one["raises"] or "?") if "raises" in one else "",
        tuple(one.get("imports", ())),
        one.get("thrower", ""),
        (str(one.get("class", "")), int(one.get("line", 0))),
        mode.endswith("checked"),
        "hangs" in one or "exits" in one,
        frozenset(one.get("lines", ())),
    )


def _record(kind: str, text: str) -> str:
    size = len(text.encode(errors="replace"))
    return f"{kind} {size}\n{text}\n"


def _source(path: str, text: str) -> str:
    package = package_of(text)
    stem = PurePosixPath(path).stem
    names = [stem, *(name for name in types_of(text) if name != stem)]
    said = " ".join(f"{package}.{name}" if package else name for name in names)
    return f"{path}\n{said}\n{text}"


def _own(name: str) -> str:
    return _source(f"assistanttrials/{name}.java", source_of(name))


@functools.cache
def source_of(name: str) -> str:
    """One of the files of this package that run beside the project."""
    folder = resources.files("assistant.commands.testing.java")
    return folder.joinpath(f"{name}.java.txt").read_text("utf-8")
