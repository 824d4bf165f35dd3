"""Why the gateway did not do what was asked: a status, and words for the client.

A dialect writes them in its own shape (:mod:`assistant.gateway.dialects`).
"""

from __future__ import annotations

from assistant.errors import AssistantError


class Refusal(AssistantError):
    """``code`` is the machine's word (OpenAI's ``code``), ``kind`` OpenAI's ``type``."""

    status = 400
    kind = "invalid_request_error"
    code = ""

    def __init__(self, message: str, *, retry_after: float = 0.0, code: str = "") -> None:
        super().__init__(message)
        self.retry_after = retry_after
        if code:
            self.code = code


class BadRequest(Refusal):
    """The request itself is wrong."""


class TooLarge(Refusal):
    status = 413
    code = "request_too_large"


class NoKey(Refusal):
    status = 401
    kind = "authentication_error"
    code = "invalid_api_key"


class NotAllowed(Refusal):
    status = 403
    kind = "permission_error"
    code = "not_allowed"


class UnknownModel(Refusal):
    status = 404
    code = "model_not_found"


class Superseded(Refusal):
    """A newer request for the same document has come."""

    status = 409
    code = "superseded"


class LimitReached(Refusal):
    """This client's own limit."""

    status = 429
    kind = "rate_limit_error"
    code = "rate_limit_exceeded"


class Busy(Refusal):
    """The queue is full, or the wait was too long."""

    status = 503
    kind = "overloaded_error"
    code = "overloaded"


class KeysBroken(Refusal):
    """The file of keys cannot be read: nobody gets in until it is mended."""

    status = 503
    kind = "server_error"
    code = "keys_unreadable"


class Broken(Refusal):
    """A fault of the gateway's own, not of an engine."""

    status = 500
    kind = "server_error"
    code = "internal_error"


class EngineDown(Refusal):
    """The engine is starting, or has gone, or does not answer."""

    status = 503
    kind = "engine_error"
    code = "engine_unavailable"


class EngineFailed(Refusal):
    """The engine broke off, or answered something that is no answer."""

    status = 502
    kind = "engine_error"
    code = "engine_failed"
