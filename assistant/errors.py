"""The errors that reach users.

Each message is one line that says what is wrong and what to do about it. Everything else
is a bug and may show a traceback. Errors are translated once, at the edge: the command
line prints the line and exits, the language server shows one message, completion answers
empty.
"""

from __future__ import annotations

from pathlib import Path


class AssistantError(Exception):
    """Base of every error whose message a user may read.

    ``exit_status`` is what the command line exits with: 1 for a failure, 2 for misuse.
    """

    exit_status = 1


class UsageError(AssistantError):
    """The request itself is wrong: an unknown option, a file that is not there."""

    exit_status = 2


class ConfigError(UsageError):
    """Configuration that cannot be used. Carries every fault found, not only the first."""

    def __init__(self, source: str, faults: list[str]) -> None:
        self.source = source
        self.faults = faults
        super().__init__(f"{source}: " + "; ".join(faults))


class RepositoryIndexError(AssistantError):
    """The repository index cannot be read or written."""


class ModelError(AssistantError):
    """A model's files cannot be had, verified or converted."""


class EngineError(AssistantError):
    """The engine could not be started, reached, or refused the request."""


class EngineUnavailable(EngineError):
    """No engine is ready now; asking again later may work."""


def where(error: BaseException) -> str:
    """An exception's kind and place, without its message, which may quote source text."""
    trace = error.__traceback__
    place = "?"
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"{Path(code.co_filename).name}:{trace.tb_lineno} in {code.co_name}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"
