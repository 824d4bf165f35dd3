"""Versions of a Java file, tried in a virtual machine inside the sandbox; ``Driver.java.txt`` says
what is asked and answered."""

from __future__ import annotations

import functools
import json
import re
import secrets
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import PurePosixPath
from typing import Any

from assistant.commands.checking.project import text_of
from assistant.commands.checking.running import ran, roomy
from assistant.commands.testing.case import Target
from assistant.commands.testing.framework import Files
from assistant.commands.testing.java.hits import telling
from assistant.commands.testing.java.project import INSTALL, Build, resources_of
from assistant.commands.testing.java.said import Said, Tested, Tried
from assistant.commands.testing.java.sources import imports_of, package_of, types_of
from assistant.errors import UsageError
from assistant.sandbox import Job, Outcome

DRIVER = "assistanttrials/Driver.java"
WIDE = (
    "java.util", "java.util.function", "java.util.stream", "java.math", "java.time", "java.io",
    "java.nio.file", "java.nio.charset",
)  # fmt: skip
"""Packages whose types a call may name."""
_LEFT_OUT = {"module-info.java", "package-info.java"}


class Java:
    """``files`` are the project's, ``target`` is what is tried, ``build`` says what is on the class
    path."""

    def __init__(
        self, run: Callable[[Job], Outcome], files: Files, target: Target, build: Build
    ) -> None:
        self.run, self.target, self.build = run, target, build
        self.tells = True
        """Whether the copy that tells which lines are reached compiles."""
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
            asked.append(("version", f"{way}\n{telling(text) if self.tells else text}"))
        first, *others = self._asked(asked, len(versions), self.files)
        if self.tells and others and "fault" in others[0]:
            self.tells = False
            return self.tried(calls, versions, again=again)
        modes = [str(mode) for mode in first["modes"]]
        rows: list[Sequence[Said | None] | None] = [
            None if "fault" in each else [
                Said.of(one, mode) for one, mode in zip(each["results"], modes, strict=True)
            ]
            for each in others
        ]  # fmt: skip
        rows += [None] * (len(versions) - len(rows))
        return Tried(rows, first["names"])

    def tested(self, path: str, text: str, methods: Sequence[str]) -> Tested:
        """Run ``methods`` of the tests in ``path``."""
        asked = [("test", path), ("launch", _own("Launch"))]
        asked += [("method", name) for name in methods]
        text_told = telling(self.target.text)
        asked += [("version", f"forward\n{each}") for each in (self.target.text, text_told)]
        first, *others = self._asked(asked, 2, {**self.files, path: text})
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

    def _asked(
        self, asked: Sequence[tuple[str, str]], versions: int, known: Files
    ) -> list[dict[str, Any]]:
        word = secrets.token_hex(16)
        own = f"{self.build.folder}/" if self.build.folder else ""
        # Of two of one name that of the same module is meant.
        sources = [
            ("source", _source(path, text_of(known[path])))
            for path in sorted(known, key=lambda each: not each.startswith(own))
            if path.endswith(".java") and PurePosixPath(path).name not in _LEFT_OUT
        ]
        records = [("word", word), ("target", self.target.path), *sources, *asked]
        records += [("helper", _own("Trial")), ("helper", _own("Literal"))]
        folders = resources_of(self.build.folder)
        records += [("resources", folder) for folder in folders]
        wall = min(180.0, 40.0 + 6.0 * versions)
        inside = tuple(f"{folder}/" for folder in folders)
        files = {path: text for path, text in known.items() if path.startswith(inside)}
        job = Job(
            "java",
            {**files, DRIVER: source_of("Driver") + source_of("Memory")},
            DRIVER,
            stdin="".join(_record(*each) for each in records),
            limits=roomy(wall),
            packages=self.build.jars,
        )
        outcome = ran(self.run, job)
        lines = [line for line in outcome.stdout.splitlines() if line.startswith(word)]
        found = [json.loads(line.removeprefix(word)) for line in lines]
        if not found or "fault" in found[0]:
            said = outcome.stderr.strip().splitlines()
            why = found[0]["fault"] if found else (said or [outcome.reason or "it ended early"])[0]
            raise UsageError(f"{self.target.path} cannot be run here: {why}{self._lacking(why)}")
        return found

    def _lacking(self, why: str) -> str:
        """What to do where dependencies are not here."""
        missing = ", ".join(self.build.missing[:3])
        is_name = re.search(r"does not exist|cannot find symbol|cannot access", why)
        return f"; {missing} is not on this machine: {INSTALL}" if missing and is_name else ""


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
