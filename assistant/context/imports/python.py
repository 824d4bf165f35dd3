"""Python: packages below the root, below ``src``, or below any folder above the importer."""

from __future__ import annotations

from assistant.context.imports.files import Files, Scheme, Target, ancestors, ending, join
from assistant.syntax.importing import Import

_SOURCES = ("", "src", "lib", "python")


def _module(parts: list[str], folders: list[str], files: Files) -> str:
    """The file of a module, or of a package's ``__init__``; empty when there is none."""
    inside = "/".join(parts)
    for folder in folders:
        base = join(folder, inside)
        for path in (f"{base}.py", f"{base}/__init__.py", f"{base}.pyi", f"{base}/__init__.pyi"):
            if files.has(path.lstrip("/")):
                return path.lstrip("/")
    if len(parts) > 1:
        found = ending(files, f"{inside}.py", 1)
        return found[0] if found else ""
    return ""


def resolve(imported: Import, path: str, files: Files) -> list[Target]:
    dots = len(imported.module) - len(imported.module.lstrip("."))
    parts = [part for part in imported.module[dots:].split(".") if part]
    above = ancestors(path)
    folders = above[dots - 1 : dots] if dots else [*_SOURCES, *above]
    found = []
    whole = _module(parts, folders, files)
    names = imported.names
    for name, alias in imported.names:
        # ``from package import module``
        sub = _module([*parts, name], folders, files) if name not in ("", "*") else ""
        if sub and sub != whole:
            found.append(Target(sub, (("", alias),)))
            names = tuple(pair for pair in names if pair != (name, alias))
    if whole and (names or not imported.names):
        called = imported.module.split(".")[-1]
        found.append(Target(whole, names or (("", called),)))
    return found


SCHEME = Scheme("python", resolve)
