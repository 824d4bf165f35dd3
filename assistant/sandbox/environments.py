"""Which Python a project's code runs with.

A repository may hold anything, ``.venv/pyvenv.cfg`` and links too. So nothing of an environment
is started outside a sandbox, and what it names is taken only where it is a Python's own folder; of
that only its interpreter, its libraries and site-packages are ever shown.
"""

from __future__ import annotations

import json
import re
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.errors import UsageError
from assistant.sandbox.interpreter import OURS, parts
from assistant.sandbox.refusal import Refused
from assistant.sandbox.types import PythonEnvironment

SETTING = "sandbox.python"
FOLDERS = (".venv", "venv", "env")
"""Of a workspace folder, where people make their environments."""
OLDEST = (3, 8)
CONFIGURATION = "pyvenv.cfg"
"""Marks a virtual environment (PEP 405)."""
_VERSION = re.compile(r"python(3\.\d+t?)")
_LARGEST = 1 << 16
_MOST = 2_000
"""Files of a site-packages folder that are looked at for editable installs."""


@dataclass(frozen=True, slots=True)
class Found:
    """``notes`` say, a line each, what was passed over and what to do about it."""

    python: PythonEnvironment
    notes: tuple[str, ...] = ()


def find(root: Path | None, setting: str = "", environ: Mapping[str, str] | None = None) -> Found:
    """The environment for the workspace folder ``root``.

    In this order: what ``setting`` names, the environment that is active in ``environ``, one in
    ``root``, what conda has active, this project's own. Raises UsageError where the setting names
    none.
    """
    environ = environ or {}
    if setting:
        path = Path(setting).expanduser()
        try:
            return Found(_at((root or Path.cwd()) / path, setting, root))
        except (Refused, OSError) as reason:
            raise UsageError(
                f"{SETTING} names {setting}: {reason}; name a Python 3 or a virtual environment"
            ) from reason
    notes: list[str] = []
    for path, name in _places(root, environ):
        try:
            return Found(_at(path, name, root), tuple(notes))
        except (Refused, OSError) as reason:
            notes.append(f"{name} is not used ({reason}): make it again, or set {SETTING}")
    advice = f"make .venv in the workspace folder and install it there, or set {SETTING}"
    return Found(replace(own(), advice=notes[0] if notes else advice), tuple(notes))


def own() -> PythonEnvironment:
    """What is installed beside this project."""
    packages = Path(sysconfig.get_path("purelib")).resolve()
    base = Path(sys.base_prefix).resolve()
    inside = sys.prefix == sys.base_prefix
    return PythonEnvironment(
        "the assistant's own environment", OURS, base, None if inside else packages, lent=True
    )


def _places(root: Path | None, environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    # One that is active only so that this program is found says nothing of the project.
    own = Path(sys.prefix).resolve()
    active = environ.get("VIRTUAL_ENV", "")
    if active and Path(active).resolve() != own:
        below = root is not None and Path(active).is_relative_to(root)
        yield Path(active), str(Path(active).relative_to(root)) if root and below else active
    for name in FOLDERS if root is not None else ():
        assert root is not None
        if (root / name / CONFIGURATION).is_file() and (root / name).resolve() != own:
            yield root / name, name
    conda = environ.get("CONDA_PREFIX", "")
    if conda and Path(conda).resolve() != own:
        yield Path(conda), conda


def _at(path: Path, name: str, root: Path | None) -> PythonEnvironment:
    """The environment in the folder ``path``, or of the interpreter there. Raises Refused, saying
    why there is none; OSError."""
    if not path.exists():
        raise Refused("it is not there")
    # The link of a virtual environment's interpreter is what tells it from the one it leads to.
    folder = path if path.is_dir() else path.parent.parent
    if (folder / CONFIGURATION).is_file():
        found = _virtual(folder.resolve(), name)
    elif path.is_dir():
        found = _whole(folder.resolve(), name)
    else:
        program = path.resolve()
        found = _whole(program.parent.parent, name, program.name)
    number = tuple(int(part) for part in found.version.rstrip("t").split("."))
    if number < OLDEST:
        raise Refused(f"its Python {found.version} is too old: make it with 3.8 or later")
    parts(found.base, found.version)
    editable = _editable(found.packages, root) if found.packages and root else ()
    return replace(found, editable=editable, advice=f"install it into {name}, or set {SETTING}")


def _virtual(folder: Path, name: str) -> PythonEnvironment:
    said = _configuration(folder / CONFIGURATION)
    home = Path(said.get("home", ""))
    if not home.is_absolute():
        raise Refused(f"its {CONFIGURATION} names no interpreter")
    for packages in sorted(folder.glob("lib/python3.*/site-packages")):
        version = _VERSION.fullmatch(packages.parent.name)
        if version is None:
            continue
        if packages.resolve() != packages:
            raise Refused(f"{packages} leads elsewhere")
        program = home / version[0]
        if program.is_file() and program.resolve().parent.name == "bin":
            base = program.resolve().parent.parent
            system = said.get("include-system-site-packages", "").lower() == "true"
            return PythonEnvironment(name, version[1], base, packages, system)
    raise Refused(f"the interpreter that it was made with is not in {home}")


def _whole(prefix: Path, name: str, program: str = "") -> PythonEnvironment:
    """A Python that has its packages in its own folder: conda's, or an installation."""
    programs = [program] if program else [path.name for path in prefix.glob("bin/python3.*")]
    versions = [version[1] for each in programs if (version := _VERSION.fullmatch(each))]
    if not versions:
        raise Refused(f"{prefix} holds no Python 3")
    newest = max(versions, key=lambda each: int(each[2:].rstrip("t")))
    return PythonEnvironment(name, newest, prefix)


def _configuration(path: Path) -> dict[str, str]:
    lines = (line.partition("=") for line in _text(path).splitlines())
    return {key.strip().lower(): value.strip() for key, _, value in lines}


def _editable(packages: Path, root: Path) -> tuple[str, ...]:
    """Folders of ``root`` that are installed to be edited: those that a ``.pth`` file adds, and
    projects by their ``direct_url.json`` (PEP 610), of which ``src`` may be what is imported."""
    found: list[Path] = []
    for file in sorted(packages.glob("*.pth"))[:_MOST]:
        lines = (line.strip() for line in _text(file).splitlines())
        found += [Path(line) for line in lines if line.startswith("/")]
    for file in sorted(packages.glob("*.dist-info/direct_url.json"))[:_MOST]:
        try:
            said = json.loads(_text(file))
            if said["dir_info"]["editable"] is True and said["url"].startswith("file:///"):
                project = Path(said["url"].removeprefix("file://"))
                found += [project / "src", project]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    resolved = [folder.resolve() for folder in found]
    inside = [folder.relative_to(root) for folder in resolved if folder.is_relative_to(root)]
    return tuple(dict.fromkeys(each.as_posix() for each in inside if ":" not in str(each)))


def _text(path: Path) -> str:
    if not path.is_file() or path.stat().st_size > _LARGEST:
        return ""
    return path.read_text(encoding="utf-8", errors="replace")
