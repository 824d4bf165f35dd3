"""Rust: ``mod``, and paths from ``crate``, ``self``, ``super`` or a crate of the workspace."""

from __future__ import annotations

from assistant.context.imports.files import Files, Scheme, Target, ancestors, join
from assistant.syntax.importing import Import

_ROOTS = ("lib.rs", "main.rs")


def _crate(path: str, files: Files) -> str:
    """The source folder of the crate that holds ``path``."""
    for folder in ancestors(path):
        if any(files.has(join(folder, root)) for root in _ROOTS):
            return folder
    return path.rpartition("/")[0]


def _children(path: str) -> str:
    """The folder of a module's child modules."""
    folder, _, name = path.rpartition("/")
    return folder if name in (*_ROOTS, "mod.rs") else join(folder, name.removesuffix(".rs"))


def _file(folder: str, parts: list[str], files: Files) -> str:
    inside = join(folder, *parts)
    candidates = [f"{inside}.rs", join(inside, "mod.rs")]
    if not parts:
        candidates = [join(folder, name) for name in (*_ROOTS, "mod.rs")] + [f"{folder}.rs"]
    return next((path for path in candidates if files.has(path)), "")


def resolve(imported: Import, path: str, files: Files) -> list[Target]:
    parts = [part.strip() for part in imported.module.split("::")]
    if imported.relative:
        found = _file(_children(path), parts, files)
        return [Target(found, (("*", "*"),))] if found else []
    head = parts[0]
    if head == "crate":
        folder, parts = _crate(path, files), parts[1:]
    elif head in ("self", "super"):
        folder = _children(path)
        while parts and parts[0] in ("self", "super"):
            folder = folder.rpartition("/")[0] if parts[0] == "super" else folder
            parts = parts[1:]
    else:
        folder = _other_crate(head, path, files)
        parts = parts[1:] if folder != _children(path) else parts
    wildcard = imported.names == (("*", "*"),)
    if not wildcard and parts:
        found = _file(folder, parts[:-1], files)
        if found:
            return [Target(found, imported.names)]
    found = _file(folder, parts, files)
    if not found:
        return []
    names = imported.names if wildcard else tuple(("", here) for _, here in imported.names)
    return [Target(found, names)]


def _other_crate(name: str, path: str, files: Files) -> str:
    """Another crate's source folder, by the name of its folder; else this module's own."""
    for lib in files.named("lib.rs"):
        parts = lib.split("/")
        if len(parts) > 2 and parts[-3].replace("-", "_") == name:
            return "/".join(parts[:-1])
    return _children(path)


SCHEME = Scheme("rust", resolve)
