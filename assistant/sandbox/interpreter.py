"""Pythons inside: the one that this project's virtual environment is built on, which every sandbox
has for its process 1, and those that a job runs with."""

from __future__ import annotations

import functools
import re
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from assistant.sandbox.init import WORK
from assistant.sandbox.language import Mount, libraries, mounted
from assistant.sandbox.refusal import Refused
from assistant.sandbox.types import PythonEnvironment

PREFIX = "/opt/python"
BASE = "/opt/base"
VENV = "/opt/venv"
LENT = "/opt/lent"
"""Where pytest lies for an environment without one. No program looks there by itself: what a
project brings goes first."""
OURS = f"{sys.version_info[0]}.{sys.version_info[1]}"
_LIBRARY = re.compile(r"lib[\w.+-]*\.so(\.\d+)*")
_MOST_LIBRARIES = 200


@dataclass(frozen=True, slots=True)
class Inside:
    """How an interpreter is started in a sandbox: its path there, what is mounted, what it needs in
    its environment, and small files of ours."""

    program: str
    mounts: tuple[Mount, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


@functools.cache
def interpreter() -> Inside:
    """This project's own. Raises Refused."""
    prefix = Path(sys.base_prefix).resolve()
    name = f"bin/python{OURS}"
    if not (prefix / name).exists():
        raise Refused(f"{prefix / name} is not there: build .venv again with `make setup`")
    library = Path(sysconfig.get_path("stdlib")).name
    folders = tuple(dict.fromkeys(f"{lib}/{library}" for lib in ("lib", sys.platlibdir)))
    shared = bool(sysconfig.get_config_var("Py_ENABLE_SHARED"))
    own = (f"lib/{sysconfig.get_config_var('INSTSONAME')}",) if shared else ()
    loaded = libraries(prefix / name, prefix, prefix / folders[-1] / "lib-dynload")
    inside, mounts = mounted(prefix, PREFIX, (name, *folders, *own, *loaded))
    if not mounts:
        return Inside(f"{inside}/{name}")
    # What people installed into it is no part of it.
    empty = _without_packages(prefix, inside, folders)
    # Its own libpython is looked for under the path it was built for.
    env = {"LD_LIBRARY_PATH": f"{inside}/lib"} if shared else {}
    return Inside(f"{inside}/{name}", (*mounts, *empty), env)


def environment(python: PythonEnvironment) -> Inside:
    """A Python with what is installed for it. Raises Refused where its folder is none of a Python.

    A virtual environment is laid out as one: its packages beside a configuration that names the
    interpreter by its path inside, so that ``.pth`` files count as they do outside.
    """
    base = _base(python)
    env = dict(base.env)
    if python.editable:
        env["PYTHONPATH"] = ":".join(f"{WORK}/{folder}" for folder in python.editable)
    mounts = (*base.mounts, *_lent(python))
    if python.packages is None:
        return Inside(base.program, mounts, env)
    name = f"python{python.version}"
    program = f"{VENV}/bin/{name}"
    home = base.program.rpartition("/")[0]
    system = str(python.system).lower()
    text = f"home = {home}\ninclude-system-site-packages = {system}\nversion = {python.version}\n"
    mounts = (
        *mounts,
        Mount(python.base / "bin" / name, program),
        Mount(python.packages, f"{VENV}/lib/{name}/site-packages"),
    )
    return Inside(program, mounts, env, {f"{VENV}/pyvenv.cfg": text})


def parts(prefix: Path, version: str) -> tuple[str, ...]:
    """What a Python in ``prefix`` (links followed) needs of that folder, by relative paths. Nothing
    there is started to find out. Raises Refused where it is none, or where a part lies elsewhere.
    """
    name = f"python{version}"
    folders = [f"{lib}/{name}" for lib in ("lib", "lib64") if (prefix / lib / name).is_dir()]
    if not (prefix / "bin" / name).is_file() or not any(
        (prefix / folder / "os.py").is_file() for folder in folders
    ):
        raise Refused(f"{prefix} holds no Python {version}")
    needed = [f"bin/{name}", *folders]
    for part in needed:
        if not (prefix / part).resolve().is_relative_to(prefix):
            raise Refused(f"{prefix / part} leads elsewhere")
    if (prefix / "conda-meta").is_dir():
        # What conda installs beside it in lib is loaded by its packages.
        return needed[0], "lib"
    found = sorted((prefix / "lib").glob("lib*.so*"))[:_MOST_LIBRARIES]
    return (
        *needed,
        *(
            f"lib/{path.name}"
            for path in found
            if _LIBRARY.fullmatch(path.name)
            and path.is_file()
            and path.resolve().is_relative_to(prefix / "lib")
        ),
    )


def has_pytest(python: PythonEnvironment) -> bool:
    """Whether tests run there without ours."""
    base = python.base / "lib" / f"python{python.version}" / "site-packages"
    folders = [python.packages] if python.packages else []
    if python.system or not folders:
        folders += [base, python.base / "lib/python3/dist-packages"]
    return any((folder / "pytest" / "__init__.py").is_file() for folder in folders)


def lends_pytest(python: PythonEnvironment) -> bool:
    """Whether ours is put beside what is there."""
    return python.version == OURS and bool(_pytest()) and not has_pytest(python)


def _base(python: PythonEnvironment) -> Inside:
    prefix, name = python.base, f"bin/python{python.version}"
    own = prefix == Path(sys.base_prefix).resolve() and python.version == OURS
    if own and python.packages and not python.system:
        return interpreter()
    needed = parts(prefix, python.version)
    inside, mounts = mounted(prefix, BASE, needed)
    if not mounts:
        return Inside(f"{inside}/{name}")
    folders = [f"{lib}/python{python.version}" for lib in ("lib", "lib64")]
    if python.packages and not python.system:
        mounts = (*mounts, *_without_packages(prefix, inside, folders))
    env = {"LD_LIBRARY_PATH": f"{inside}/lib"}
    return Inside(f"{inside}/{name}", mounts, env)


def _without_packages(prefix: Path, inside: str, folders: Iterable[str]) -> tuple[Mount, ...]:
    packages = [f"{folder}/site-packages" for folder in folders]
    return tuple(Mount(None, f"{inside}/{each}") for each in packages if (prefix / each).is_dir())


def _lent(python: PythonEnvironment) -> tuple[Mount, ...]:
    if not lends_pytest(python):
        return ()
    return tuple(Mount(path, f"{LENT}/{path.name}") for path in _pytest())


@functools.cache
def _pytest() -> tuple[Path, ...]:
    """The folders and files of pytest and of what it needs, as installed beside this project; none
    where it is not installed."""
    import importlib.metadata

    found: dict[Path, None] = {}
    pending, seen = ["pytest"], set()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        folder = Path(str(distribution.locate_file(""))).resolve()
        tops = {file.parts[0] for file in distribution.files or () if file.suffix == ".py"}
        found |= dict.fromkeys(folder / top for top in sorted(tops) if (folder / top).exists())
        needed = (one for one in distribution.requires or () if "extra ==" not in one)
        pending += [match[0] for one in needed if (match := re.match(r"[\w.-]+", one))]
    return tuple(found)
