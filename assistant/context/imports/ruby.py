"""Ruby: ``require_relative`` from the file, ``require`` from ``lib``."""

from __future__ import annotations

from assistant.context.imports.files import Files, Scheme, Target, ending, join
from assistant.syntax.importing import Import


def resolve(imported: Import, path: str, files: Files) -> list[Target]:
    module = imported.module.removesuffix(".rb") + ".rb"
    names = (("*", "*"),)
    if imported.relative or module.startswith("."):
        found = join(path.rpartition("/")[0], module)
        return [Target(found, names)] if files.has(found) else []
    for folder in ("lib", "", "app"):
        if files.has(join(folder, module)):
            return [Target(join(folder, module), names)]
    return [Target(p, names) for p in ending(files, f"lib/{module}", 1)]


SCHEME = Scheme("ruby", resolve)
