"""PHP: classes by namespace and file name (PSR-4 without reading composer.json), ``require``."""

from __future__ import annotations

from assistant.context.imports.files import Files, Scheme, Target, ending, join
from assistant.syntax.importing import Import


def resolve(imported: Import, path: str, files: Files) -> list[Target]:
    if imported.relative:
        module = imported.module.lstrip("/")
        beside = join(path.rpartition("/")[0], module)
        if files.has(beside):
            return [Target(beside, (("*", "*"),))]
        return [Target(p, (("*", "*"),)) for p in ending(files, module, 1)]
    namespace, _, last = imported.module.strip("\\").rpartition("\\")
    wanted = imported.names or ((last, last),)
    if any(name != last for name, _ in wanted):
        namespace = imported.module.strip("\\")  # a group: the module is the namespace itself
    found = []
    inside = files.package(namespace)
    for name, here in wanted:
        own = [p for p in inside if p.rpartition("/")[2] == f"{name}.php"]
        found += [Target(p, ((name, here),)) for p in own or inside]
    return found


SCHEME = Scheme("php", resolve)
