"""What ``@diff``, ``@diagnostics`` and ``@tests`` stand for, in an editor and in a terminal."""

from __future__ import annotations

import difflib
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant import sandbox
from assistant.commands.checking.covering import is_test
from assistant.commands.checking.linting import faults
from assistant.commands.checking.project import Project
from assistant.commands.checking.trials import Trials
from assistant.commands.sources import Sources
from assistant.context.walk import Skipped, walk
from assistant.errors import UsageError
from assistant.sandbox import Job, Outcome, PythonEnvironment
from assistant.sandbox.environments import own
from assistant.settings import ContextSettings
from assistant.types import Document

FEW = 60
"""Python files of a project that are all looked at where nothing says which."""
MOST_TESTS = 40
"""Test files that are run."""
_MOST_FAULTS = 100
_TEST = 10.0
"""Seconds of CPU time for one test."""
_PATIENCE = 60.0
"""Seconds of CPU time for the tests, and by the clock for git."""


@dataclass(frozen=True, slots=True)
class Texts:
    """``given`` is what the editor said, by kind: it wins. ``here`` is the path of the file that
    the user looks at, relative to ``root``; empty in a terminal. Blocks: call it in a thread."""

    root: Path
    documents: Sequence[Document] = ()
    """Unsaved buffers: they win over the disk."""
    given: Mapping[str, str] = field(default_factory=dict)
    here: str = ""
    run: Callable[[Job], Outcome] = sandbox.run
    python: PythonEnvironment = field(default_factory=own)
    """What the project's tests run with."""

    def __call__(self, kind: str, mentioned: Sequence[str] = (), *, wrong: bool = False) -> str:
        """The text of ``kind``, about the files that are ``mentioned``, else those that concern.
        Where nothing is amiss that is said, or, with ``wrong``, nothing. Raises UsageError with
        what to do where there is none."""
        if said := self.given.get(kind, "").strip("\n"):
            return said
        make = {"diff": self._diff, "diagnostics": self._diagnostics, "tests": self._tests}[kind]
        text, amiss = make(mentioned)
        return text if amiss or not wrong else ""

    def _diff(self, mentioned: Sequence[str]) -> tuple[str, bool]:
        unsaved = {path: text for path, text in self._buffers() if self._on_disk(path) != text}
        if not self._git("rev-parse", "--is-inside-work-tree"):
            raise UsageError(f"@diff is empty: {self.root} is no git repository")
        left_out = [f":(exclude,literal){path}" for path in unsaved]
        if mentioned:
            wanted = [f":(literal){path}" for path in mentioned]
            unsaved = {path: text for path, text in unsaved.items() if path in mentioned}
        else:
            wanted = ["."]
        parts = [self._compared("HEAD", "--", *wanted, *left_out)]
        for path, text in unsaved.items():
            old = self._git("show", "--no-textconv", f"HEAD:./{path}").splitlines(keepends=True)
            new = text.splitlines(keepends=True)
            parts.append("".join(difflib.unified_diff(old, new, f"a/{path}", f"b/{path}")))
        diff = "\n".join(part.rstrip("\n") for part in parts if part)
        if not diff:
            raise UsageError(f"@diff is empty: nothing differs from the last commit of {self.root}")
        return diff, True

    def _diagnostics(self, mentioned: Sequence[str]) -> tuple[str, bool]:
        sources = sources_of(self.root, self.documents)
        paths = [path for path in mentioned if _is_python(path)] or self._concerning()
        lines = []
        for path in paths:
            for line, said in faults(sources.text(path) or ""):
                lines.append(f"{path}:{line + 1}: {said}")
        if not paths:
            raise UsageError("no Python file is open, changed or mentioned: say which with @FILE")
        if len(lines) > _MOST_FAULTS:
            lines[_MOST_FAULTS:] = [f"and {len(lines) - _MOST_FAULTS} more"]
        if not lines:
            return f"pyflakes finds nothing in {', '.join(paths[:5])}", False
        return "\n".join(lines), True

    def _concerning(self) -> list[str]:
        """The Python files that are open; else those that were changed; else all, when few."""
        if opened := [path for path, _ in self._buffers() if _is_python(path)]:
            return opened
        changed = [
            *self._compared("--name-only", "-z", "HEAD", "--", ".").split("\0"),
            *self._git("ls-files", "--others", "--exclude-standard", "-z").split("\0"),
        ]
        sources = sources_of(self.root, self.documents)
        if found := [p for p in changed if _is_python(p) and sources.text(p) is not None]:
            return found
        every = [found.path for found in walk(self.root, ContextSettings(), Skipped())]
        python = [path for path in every if _is_python(path)]
        return python if len(python) <= FEW else []

    def _tests(self, mentioned: Sequence[str]) -> tuple[str, bool]:
        project = Project.of(self.root, self.documents)
        about = [path for path in mentioned or [self.here] if path]
        tests = _concerned(project.files, about)
        if not tests:
            names = ", ".join(about) or "this project"
            raise UsageError(f"no test of pytest's concerns {names}: say which with @FILE")
        path = tests[0]
        text = project.files[path].decode(errors="replace")
        trials = Trials(
            project.files,
            path,
            self.python,
            tests=tests,
            seconds=_TEST,
            patience=_PATIENCE,
            most=2 * _PATIENCE,
        )
        seen = trials.run(self.run, [text])[0]
        if seen.fault:
            return f"The tests could not be run: {seen.fault}", True
        failed = [f"FAILED {name}: {why}" for name, why in seen.failed.items()]
        summary = f"{len(seen.passed)} passed, {len(failed)} failed in {', '.join(tests)}"
        return "\n".join([*failed, summary]), bool(failed)

    def _buffers(self) -> list[tuple[str, str]]:
        """Those in the workspace folder: paths relative to it, and texts."""
        return [
            (each.path.relative_to(self.root).as_posix(), each.text)
            for each in self.documents
            if each.path.is_relative_to(self.root)
        ]

    def _on_disk(self, path: str) -> str | None:
        try:
            return (self.root / path).read_bytes().decode(errors="replace")
        except OSError:
            return None

    def _compared(self, *arguments: str) -> str:
        """What ``git diff`` prints. What a repository's configuration would run is not run: its
        filters are emptied by name, as git has no option for all, and a submodule's own
        configuration is not looked at. Raises UsageError for a filter that cannot be emptied."""
        settings: list[str] = []
        for key in self._git("config", "--name-only", "-z", "--get-regexp", r"^filter\.").split(
            "\0"
        ):
            name = key.rpartition(".")[0]
            if "=" in name:
                raise UsageError(f"@diff is not made: rename {name!r} in git's configuration")
            if "." in name:
                for each in ("clean=", "smudge=", "process=", "required=false"):
                    settings += ["-c", f"{name}.{each}"]
        options = ["--no-ext-diff", "--no-textconv", "--no-color", "--relative"]
        return self._git(*settings, "diff", *options, "--ignore-submodules=dirty", *arguments)

    def _git(self, *arguments: str) -> str:
        """What git prints; nothing where it fails, as outside of a repository."""
        settings = ["-c", "core.fsmonitor=false", "-c", "core.quotepath=false"]
        try:
            done = subprocess.run(
                ["git", "-C", str(self.root), *settings, *arguments],
                capture_output=True,
                stdin=subprocess.DEVNULL,
                check=False,
                timeout=_PATIENCE,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.decode(errors="replace") if done.returncode == 0 else ""


def sources_of(root: Path, documents: Sequence[Document]) -> Sources:
    """The files of a workspace folder as they stand now."""
    from assistant.commands.protocol import Place

    return Sources(Place(Document(root / "", ""), 0, 0, root, documents))


def _is_python(path: str) -> bool:
    return path.endswith(".py")


def _concerned(files: Mapping[str, bytes], about: Iterable[str]) -> list[str]:
    """Test files that name one of the modules ``about``, or are it; all where there is none."""
    import re

    tests = sorted(path for path in files if is_test(path))
    stems = {
        Path(path).parent.name if path.endswith("__init__.py") else Path(path).stem
        for path in about
    }
    if stems:
        word = re.compile(rf"\b(?:{'|'.join(map(re.escape, stems))})\b".encode())
        tests = [path for path in tests if path in set(about) or word.search(files[path])]
    return tests[:MOST_TESTS]
