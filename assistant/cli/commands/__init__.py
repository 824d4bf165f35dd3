"""One file a command; a new one is found by being here.

A module defines ``NAME`` and either ``command`` (a function whose parameters carry typer's
annotations) or ``app`` (a ``typer.Typer``, for a group). Its docstring is the help text.
"""
