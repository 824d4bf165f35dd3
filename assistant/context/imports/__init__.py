"""From an import to the files that it means.

One module a scheme of naming; a language names its scheme in ``Language.modules``. The
schemes ask only for paths, packages and folders (:class:`Files`), so the same code resolves
a whole index at once, and an unsaved buffer in a millisecond. What lies outside the
workspace resolves to nothing.
"""

from __future__ import annotations

from functools import cache

from assistant.context.imports.files import Files, FileTable, Scheme, SqlFiles, Target
from assistant.registry import Registry
from assistant.syntax import by_name
from assistant.syntax.importing import Import

__all__ = ["FileTable", "Files", "SqlFiles", "Target", "implicit", "targets"]


@cache
def _schemes() -> Registry[Scheme]:
    return Registry("assistant.context.imports", "SCHEME")


@cache
def _scheme(language: str) -> Scheme | None:
    name = by_name(language).modules if language else ""
    return _schemes().get(name) if name in _schemes() else None


def targets(imported: Import, path: str, language: str, files: Files) -> list[Target]:
    """What ``imported`` means in the file ``path``; empty when it is not in the workspace."""
    scheme = _scheme(language)
    found = scheme.resolve(imported, path, files) if scheme else []
    return [target for target in found if target.path != path]


def implicit(path: str, language: str, package: str, files: Files) -> list[str]:
    """The files whose names ``path`` sees without an import: those of its own package."""
    scheme = by_name(language).modules if language else ""
    if scheme == "go":
        folder = path.rpartition("/")[0]
        found = [p for p in files.folder(folder) if p.endswith(".go")]
    elif scheme in ("package", "php") and package:
        found = files.package(package)
    else:
        found = []
    return [other for other in found if other != path]
