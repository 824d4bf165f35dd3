"""Go: folders below the module that the nearest ``go.mod`` names."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from assistant.context.imports.files import Files, Scheme, Target, ancestors, join
from assistant.syntax.importing import Import

_MODULE = re.compile(r"^module\s+(\S+)", re.MULTILINE)


@lru_cache(maxsize=512)
def _declared(file: Path, mtime_ns: int) -> str:
    found = _MODULE.search(file.read_text(encoding="utf-8", errors="replace"))
    return found[1].strip('"') if found else ""


def _module(root: Path, folder: str) -> str:
    """The module that a folder's ``go.mod`` declares; empty without one."""
    file = root / folder / "go.mod"
    try:
        return _declared(file, file.stat().st_mtime_ns)
    except OSError:
        return ""


def resolve(imported: Import, path: str, files: Files) -> list[Target]:
    alias = next((here for name, here in imported.names if not name), "")
    names = (("*", "*"),) if alias == "." else (("", alias or imported.module.split("/")[-1]),)
    for folder in ancestors(path):
        module = _module(files.root, folder)
        if module and (imported.module + "/").startswith(module + "/"):
            inside = files.folder(join(folder, imported.module[len(module) :].lstrip("/")))
            return [
                Target(p, names) for p in inside if p.endswith(".go") and not p.endswith("_test.go")
            ]
        if module:
            break
    return []


SCHEME = Scheme("go", resolve)
