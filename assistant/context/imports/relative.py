"""JavaScript and TypeScript: relative paths, with extensions and ``index`` files left out."""

from __future__ import annotations

from assistant.context.imports.files import Files, Scheme, Target, join
from assistant.syntax.importing import Import

_ENDINGS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")


def resolve(imported: Import, path: str, files: Files) -> list[Target]:
    module = imported.module.split("?")[0]
    if module.startswith("."):
        bases = [join(path.rpartition("/")[0], module)]
    elif module.startswith(("@/", "~/")):
        bases = [join(folder, module[2:]) for folder in ("src", "", "app")]
    else:
        # A folder of the workspace as a base, or one of its packages by its folder's name.
        bases = [module, join("src", module), join("packages", module.split("/")[-1], "src")]
    names = imported.names or (("", module.rpartition("/")[2].split(".")[0]),)
    for base in bases:
        found = _file(base, files)
        if found:
            return [Target(found, names)]
    return []


def _file(base: str, files: Files) -> str:
    stem, dot, extension = base.rpartition(".")
    candidates = [base] if dot else []
    if extension in ("js", "jsx", "mjs", "cjs"):
        # TypeScript sources import each other by the name of what they compile to.
        candidates += [stem + ending for ending in _ENDINGS]
    candidates += [base + ending for ending in _ENDINGS]
    candidates += [join(base, "index" + ending) for ending in _ENDINGS]
    return next((path for path in candidates if files.has(path)), "")


SCHEME = Scheme("relative", resolve)
