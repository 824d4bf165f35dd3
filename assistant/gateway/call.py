"""What is known of one HTTP request, for its answer, the audit line and the metrics."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assistant.gateway.keys import Key
from assistant.gateway.tracing import UNTRACED, Trace
from assistant.gateway.work import Kind

if TYPE_CHECKING:
    from starlette.requests import Request

HEADER = "X-Request-Id"
LONGEST_PATH = 200
"""Characters of a path that are kept: what a client asks for must not fill the books."""


@dataclass(slots=True)
class Call:
    """``began``, ``queued``, ``granted``, ``first_byte`` and ``ended`` are seconds of
    :func:`time.monotonic`; 0 is not yet. ``at`` is the wall clock's time, for people."""

    id: str
    key: Key
    method: str = ""
    path: str = ""
    kind: Kind | None = None
    model: str = ""
    engine: str = ""
    status: int = 0
    dialect: str = ""
    """In whose shape an error is written, where the path does not say."""
    outcome: str = ""
    """``code`` of the refusal, ``gone`` when the client left, else empty."""
    began: float = field(default_factory=time.monotonic)
    at: float = field(default_factory=time.time)
    queued: float = 0.0
    granted: float = 0.0
    first_byte: float = 0.0
    ended: float = 0.0
    sent_bytes: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    trace: Trace = UNTRACED

    def to_engine(self) -> dict[str, str]:
        """Headers for a request to an engine on behalf of this one, which begins now."""
        return {HEADER: self.id, **self.trace.to_engine()}


def call_of(request: Request) -> Call:
    """The call that :mod:`assistant.gateway.front` made for this request."""
    call = request.scope["state"]["call"]
    assert isinstance(call, Call)
    return call
