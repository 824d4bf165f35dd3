"""JSON's numbers in request bodies."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

EXACT = (1 << 53) - 1
"""The largest integer that every JSON reader carries exactly."""
MOST = (1 << 31) - 1
"""The largest that engines take for a count."""


def _whole(value: object) -> object:
    """JSON knows one kind of number: 3.0 is an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]
