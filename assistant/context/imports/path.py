"""Plain paths, as in HTML, CSS and shell: from the file, from the root, or by a unique end."""

from __future__ import annotations

import re

from assistant.context.imports.files import Files, Scheme, Target, ending, join
from assistant.syntax.importing import Import

_VARIABLE = re.compile(r"^(?:\$\{?\w+\}?|\$\([^)]*\))/|^%\w+%/")


def resolve(imported: Import, path: str, files: Files) -> list[Target]:
    module = _VARIABLE.sub("", imported.module.split("?")[0].split("#")[0])
    if not module or ":" in module or module.startswith("//"):
        return []
    names = (("*", "*"),)
    for found in (join(path.rpartition("/")[0], module), join(module.lstrip("/"))):
        if files.has(found):
            return [Target(found, names)]
    return [Target(p, names) for p in ending(files, module.lstrip("./"), 1)]


SCHEME = Scheme("path", resolve)
