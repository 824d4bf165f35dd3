"""How a plug-in is found, the project's own and a stranger's alike.

A registry reads one package: every module in it that defines the registry's attribute adds
that object under the object's ``name``. So a new language, retriever, filter or engine is
one new file in the right folder. Code outside this repository takes the same way: modules
named in ``plugins`` (configuration) or ``ASSISTANT_PLUGINS`` (environment, comma-separated)
are imported and read for the same attribute.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Generic, Protocol, TypeVar

from assistant.errors import UsageError


class Named(Protocol):
    """What every plug-in has."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)

_plugin_modules: list[str] = []


def add_plugins(modules: Sequence[str]) -> None:
    """Name further modules to read; they are imported when a registry is first asked."""
    _plugin_modules.extend(m for m in modules if m not in _plugin_modules)


def _outside() -> list[str]:
    from_environment = os.environ.get("ASSISTANT_PLUGINS", "").split(",")
    return [m for m in [*_plugin_modules, *from_environment] if m.strip()]


def _stranger(name: str) -> ModuleType:
    """A module that this project knows nothing of. Raises UsageError."""
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise UsageError(
            f"plugin {name!r} cannot be imported ({what}): correct it, or take it out of plugins"
        ) from error


class Registry(Generic[T]):
    """The plug-ins of one kind.

    ``package`` is the folder of the built-ins, ``attribute`` the module-level name that a
    plug-in's module defines (for example ``LANGUAGE``).
    """

    def __init__(self, package: str, attribute: str) -> None:
        self.package = package
        self.attribute = attribute
        self._found: dict[str, T] | None = None
        self._read_outside: list[str] = []

    def _load(self) -> dict[str, T]:
        outside = _outside()
        if self._found is None or outside != self._read_outside:
            folder = importlib.import_module(self.package)
            names = [f"{self.package}.{m.name}" for m in pkgutil.iter_modules(folder.__path__)]
            found: dict[str, T] = {}
            for name in [*sorted(names), *outside]:
                module = _stranger(name) if name in outside else importlib.import_module(name)
                plugin: T | None = getattr(module, self.attribute, None)
                if plugin is not None:
                    found[plugin.name] = plugin
            self._found, self._read_outside = found, outside
        return self._found

    def get(self, name: str) -> T:
        """The plug-in of that name. Raises UsageError that lists the names there are."""
        found = self._load()
        if name not in found:
            raise UsageError(
                f"no {self.attribute.lower()} named {name!r}: there are {', '.join(found)}"
            )
        return found[name]

    def names(self) -> list[str]:
        """Every name, the built-ins' first, in order."""
        return list(self._load())

    def __iter__(self) -> Iterator[T]:
        return iter(self._load().values())

    def __contains__(self, name: object) -> bool:
        return name in self._load()
