"""Versions of a Go function, tried beside its package inside the sandbox."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path, PurePosixPath

from assistant.commands.checking.running import ran, roomy
from assistant.commands.testing.case import Target
from assistant.commands.testing.golang.subject import package_of, renamed
from assistant.errors import UsageError
from assistant.sandbox import Job, Outcome

SCRATCH = "assistant_scratch_test.go"
CALLS = "assistant_calls_test.go"
SECONDS = 90.0
ROUNDS = 4
"""Times that code is built: what does not compile is left out each time."""
_ERROR = re.compile(r"^(?:\./|\.\./)?((?:[\w.-]+/)*[\w.-]+\.go):(\d+):\d+: (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Said:
    """What one call gave: ``values`` as expressions (empty where there is none), each with its
    type; or ``panics`` holds what a panic said, ``own`` where Go itself panicked."""

    values: tuple[tuple[str, str], ...] = ()
    panics: str | None = None
    own: bool = False
    hangs: bool = False


@dataclass(frozen=True, slots=True)
class Go:
    """``files`` are those of the module, ``path`` the file that is tried, both relative to the
    module's folder; ``cache`` holds the modules that are installed."""

    run: Callable[[Job], Outcome]
    files: Mapping[str, bytes | str]
    path: str
    cache: Path | None

    @property
    def folder(self) -> PurePosixPath:
        return PurePosixPath(self.path).parent

    def tried(
        self, target: Target, calls: Sequence[str], mutants: Sequence[str]
    ) -> list[list[Said | None] | None]:
        """What each of ``calls`` (expressions) gives, for the code as it is and for each of
        ``mutants`` (texts of the file): None for a call that does not compile or was not reached,
        and for a mutant that does not compile. Raises UsageError where nothing can be run."""
        left = list(range(len(mutants)))
        usable = list(range(len(calls)))
        for _ in range(ROUNDS):
            text, spans = self._versions(target, [(n, mutants[n]) for n in left])
            listed, rows = self._listed(target, [calls[n] for n in usable], left)
            word = secrets.token_hex(16)
            scratch = source_of("scratch.go.txt").replace("ASSISTANT_WORD", word)
            scratch = scratch.replace("PACKAGE", package_of(target.text))
            files = {self.path: text, self._beside(SCRATCH): scratch, self._beside(CALLS): listed}
            outcome = self.ran(files, SCRATCH, ("-test.run=^TestAssistantScratch$",))
            if outcome.reason != "it did not compile":
                return self._read(outcome, word, len(calls), len(mutants), usable, left)
            errors = [(found[1], int(found[2])) for found in _ERROR.finditer(outcome.stderr)]
            mine = PurePosixPath(self.path).name
            faulty = {
                n
                for n, span in spans.items()
                for name, row in errors
                if name.endswith(mine) and row in span
            }
            bad = {rows[row] for name, row in errors if name.endswith(CALLS) and row in rows}
            if not faulty and not bad:
                raise UsageError(f"{target.path} cannot be run here: {why(outcome)}")
            left = [n for n in left if n not in faulty]
            usable = [n for place, n in enumerate(usable) if place not in bad]
        raise UsageError(f"{target.path} cannot be run here: {why(outcome)}")

    def ran(
        self, files: Mapping[str, str], entry: str, arguments: Sequence[str], collect: str = ""
    ) -> Outcome:
        """The tests of the package, which ``entry`` lies in. Other tests of it are left out, but
        for those in ``files``."""
        here = str(self.folder)
        kept = {
            path: text
            for path, text in self.files.items()
            if not (path.endswith("_test.go") and str(PurePosixPath(path).parent) == here)
        }
        if "go.mod" not in kept:
            kept["go.mod"] = "module scratch\n\ngo 1.21\n"
        job = Job(
            "go",
            {**kept, **files},
            entry=self._beside(entry),
            arguments=tuple(arguments),
            limits=replace(roomy(SECONDS), disk_bytes=256 << 20, file_bytes=64 << 20),
            collect=(collect,) if collect else (),
            packages=(self.cache,) if self.cache else (),
        )
        return ran(self.run, job)

    def _beside(self, name: str) -> str:
        return str(self.folder / name)

    @staticmethod
    def _versions(
        target: Target, mutants: Sequence[tuple[int, str]]
    ) -> tuple[str, dict[int, range]]:
        """The file with the mutants of its function at its end, under names of their own, and the
        lines (1-based) on which each stands."""
        text = target.text.rstrip("\n") + "\n"
        after = len(target.text) - target.end
        spans: dict[int, range] = {}
        for number, mutant in mutants:
            source = mutant[target.start : len(mutant) - after]
            first = text.count("\n") + 2
            text += "\n" + renamed(source, target.top, _name(target, number)) + "\n"
            spans[number] = range(first, text.count("\n") + 1)
        return text, spans

    @staticmethod
    def _listed(
        target: Target, calls: Sequence[str], mutants: Sequence[int]
    ) -> tuple[str, dict[int, int]]:
        """A file with the calls for each version, and which call (its place) is on which line."""
        head = "".join(f"{line}\n" for line in _imports(target.text, calls))
        text = (
            f"package {package_of(target.text)}\n{head}\nvar assistantCalls = [][]func() []any{{\n"
        )
        rows: dict[int, int] = {}
        word = re.compile(rf"\b{re.escape(target.top)}\(")
        for number in (None, *mutants):
            text += "\t{\n"
            for place, call in enumerate(calls):
                other = call if number is None else word.sub(f"{_name(target, number)}(", call)
                rows[text.count("\n") + 1] = place
                text += f"\t\tfunc() []any {{ return assistantPack({other}) }},\n"
            text += "\t},\n"
        return text + "}\n", rows

    @staticmethod
    def _read(
        outcome: Outcome, word: str, calls: int, mutants: int, usable: list[int], left: list[int]
    ) -> list[list[Said | None] | None]:
        lines = [line for line in outcome.stdout.splitlines() if line.startswith(word)]
        found: list[list[Said | None] | None] = [None] * (mutants + 1)
        found[0] = [None] * calls
        for line, number in zip(lines, (0, *(n + 1 for n in left)), strict=False):
            row: list[Said | None] = [None] * calls
            for place, one in zip(usable, json.loads(line.removeprefix(word)), strict=False):
                values = zip(one["values"] or (), one["types"] or (), strict=True)
                panics = one["panics"] if one["panics"] or one["runtime"] else None
                row[place] = Said(tuple(values), panics, one["runtime"], one["hangs"])
            found[number] = row
        return found


def why(outcome: Outcome) -> str:
    """Why a package was not built or not run, in a line."""
    said = [line.strip() for line in outcome.stderr.splitlines() if line.strip()]
    errors = [line for line in said if not line.startswith("#")]
    return errors[0] if errors else outcome.reason or "it ended early"


def source_of(name: str) -> str:
    """One of the files of this package that are laid beside the project."""
    return resources.files("assistant.commands.testing.golang").joinpath(name).read_text("utf-8")


def _name(target: Target, number: int) -> str:
    return f"{target.top}AssistantMutant{number}"


def _imports(text: str, calls: Sequence[str]) -> list[str]:
    """Those of the file that the calls need."""
    used = set(re.findall(r"\b(\w+)\.", " ".join(calls)))
    shown = re.findall(r'^\s*(?:import\s+)?((?:\w+\s+)?"([^"\n]+)")\s*$', text, re.MULTILINE)
    return [
        f"import {spec}"
        for spec, path in shown
        if (spec.split()[0] if " " in spec else path.rsplit("/", 1)[-1]) in used
    ]
