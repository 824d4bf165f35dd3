# type: ignore
# ruff: noqa: BLE001 - running what was generated is what it is for
"""Runs inside the sandbox: says what a call gives, as the message of a test that fails."""

import json
import math
import random
import sys
import traceback
from pathlib import Path

import pytest

LONGEST = 240
# Elsewhere it would be another value.
HERE = {str(Path.cwd()), sys.prefix, str(Path.home())} - {"/"}


def note(call):
    # What is drawn anew at each run is seen to differ.
    random.seed()
    try:
        value = call()
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        said = {"raises": type(error).__name__, "file": last.filename, "line": last.lineno}
    else:
        said = {"value": literal(value), "close": inexact(value)}
    pytest.fail("noted " + json.dumps(said).encode().hex(), pytrace=False)


def literal(value, depth=0):
    """An expression that equals ``value`` and looks the same in every run; None where there is
    none, or a long one."""
    kind = type(value)
    text = None
    if value is None or kind in {bool, int, str, bytes} or (kind is float and math.isfinite(value)):
        text = repr(value)
    elif kind in {list, tuple, set, frozenset, dict} and depth < 6 and len(value) <= LONGEST:
        parts = [literal(item, depth + 1) for item in value]
        if kind is dict:
            wants = [literal(item, depth + 1) for item in value.values()]
            parts = [k and v and f"{k}: {v}" for k, v in zip(parts, wants)]  # noqa: B905
        if None not in parts:
            text = joined(kind, parts)
    fits = text is not None and len(text) <= LONGEST and not any(map(text.__contains__, HERE))
    return text if fits else None


def joined(kind, parts):
    inside = ", ".join(sorted(parts) if kind in {set, frozenset} else parts)
    if kind is dict:
        return f"{{{inside}}}"
    if kind is list:
        return f"[{inside}]"
    if kind is tuple:
        return f"({inside},)" if len(parts) == 1 else f"({inside})"
    whole = f"{{{inside}}}" if parts else ""
    return whole if kind is set and parts else f"{kind.__name__}({whole})"


def inexact(value):
    if isinstance(value, float):
        return not value.is_integer()
    return isinstance(value, (list, tuple)) and any(isinstance(v, float) for v in value)
