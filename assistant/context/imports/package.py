"""Java, Kotlin, Scala, C#: names below a package that files declare."""

from __future__ import annotations

from assistant.context.imports.files import Files, Scheme, Target
from assistant.syntax.importing import Import

_ENDINGS = (".java", ".kt", ".scala", ".cs")


def resolve(imported: Import, path: str, files: Files) -> list[Target]:
    names = imported.names
    if names == (("*", "*"),):
        inside = files.package(imported.module)
        # ``import static a.b.C.*`` takes the members of a class.
        return [Target(p, names) for p in inside] or _type(imported.module, names, files)
    if path.endswith(".cs"):
        # ``using A.B;`` opens the whole namespace.
        return [Target(p, (("*", "*"),)) for p in files.package(imported.module)]
    return _type(imported.module, names, files)


def _type(module: str, names: tuple[tuple[str, str], ...], files: Files) -> list[Target]:
    package, _, name = module.rpartition(".")
    inside = files.package(package)
    called = [p for p in inside if p.rpartition("/")[2].rpartition(".")[0] == name]
    if called:
        return [Target(p, names) for p in called]
    if inside:
        # A file may define what it is not named after.
        return [Target(p, names) for p in inside]
    # A nested class or a static member: its owner is one part up.
    owner_package, _, owner = package.rpartition(".")
    ends = tuple(f"/{owner}{ending}" for ending in _ENDINGS)
    return [Target(p, names) for p in files.package(owner_package) if p.endswith(ends)]


SCHEME = Scheme("package", resolve)
