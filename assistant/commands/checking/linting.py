"""What pyflakes says of a Python file."""

from __future__ import annotations

import ast


def faults(text: str) -> list[tuple[int, str]]:
    """Lines (0-based) and what is wrong there, in the file's order; that it does not parse, by
    itself."""
    from pyflakes import checker

    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        return [(max(0, (error.lineno or 1) - 1), error.msg)]
    except (ValueError, RecursionError, MemoryError) as error:
        return [(0, str(error) or type(error).__name__)]
    found = checker.Checker(tree, withDoctest=False).messages
    return sorted((each.lineno - 1, each.message % each.message_args) for each in found)
