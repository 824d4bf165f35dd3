"""Why a job is not run."""

from __future__ import annotations


class Refused(Exception):
    """One line that says what to do; :func:`assistant.sandbox.run` makes an outcome of it."""
