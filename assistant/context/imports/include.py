"""C and C++: headers beside the file, in the usual folders, or anywhere by the path's end."""

from __future__ import annotations

from assistant.context.imports.files import Files, Scheme, Target, ancestors, ending, join
from assistant.syntax.importing import Import

_FOLDERS = ("", "include", "src", "inc")


def resolve(imported: Import, path: str, files: Files) -> list[Target]:
    module = imported.module
    folders = [*ancestors(path)[:1], *_FOLDERS, *(join(a, "include") for a in ancestors(path))]
    found = next((p for f in folders if files.has(p := join(f, module))), "")
    names = (("*", "*"),)
    if found:
        return [Target(found, names)]
    return [Target(p, names) for p in ending(files, module)]


SCHEME = Scheme("include", resolve)
