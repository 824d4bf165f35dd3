"""Lua: dotted modules, as files or as folders with ``init.lua``."""

from __future__ import annotations

from assistant.context.imports.files import Files, Scheme, Target, ending, join
from assistant.syntax.importing import Import


def resolve(imported: Import, path: str, files: Files) -> list[Target]:
    module = imported.module.removesuffix(".lua").replace(".", "/")
    names = (("*", "*"),)
    for folder in ("", "lua", "src", path.rpartition("/")[0]):
        for found in (join(folder, f"{module}.lua"), join(folder, module, "init.lua")):
            if files.has(found):
                return [Target(found, names)]
    return [Target(p, names) for p in ending(files, f"{module}.lua", 1)]


SCHEME = Scheme("lua", resolve)
