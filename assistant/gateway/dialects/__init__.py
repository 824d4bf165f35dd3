"""One file a dialect: the routes and error shapes of clients that exist."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from assistant.registry import Registry

if TYPE_CHECKING:
    from fastapi import APIRouter

    from assistant.gateway.errors import Refusal
    from assistant.gateway.gateway import Gateway


class Dialect(Protocol):
    """A plug-in: a module here, or one named in ``plugins``, that defines ``DIALECT``."""

    @property
    def name(self) -> str: ...

    @property
    def paths(self) -> frozenset[str]:
        """Paths whose errors are written in this dialect's shape."""
        ...

    def router(self, gateway: Gateway) -> APIRouter:
        """Its routes."""
        ...

    def error(self, refusal: Refusal) -> dict[str, Any]:
        """A refusal as its clients read it."""
        ...


@cache
def dialects() -> Registry[Dialect]:
    return Registry("assistant.gateway.dialects", "DIALECT")
