"""``assistant/status``: what the server is doing, for status lines, bug reports and tests."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from lsp.server import AssistantServer


def status(ls: AssistantServer, params: Any) -> dict[str, Any]:
    """``{engine, indexes, completions, failures, acceptance, documents}``; no settings, and no
    source text but what an engine quotes when it refuses."""
    session = ls.session
    completions = session.counters.as_dict()
    asked = completions["requests"]
    without = completions["cached"] + completions["joined"]
    return {
        "engine": session.engine.status(),
        "indexes": session.repositories.status(),
        "completions": {**completions, "without_engine": without / asked if asked else 0.0},
        # A request that fails is answered empty: here it is told from one with nothing to show.
        "failures": session.failures(),
        "acceptance": asdict(session.acceptance),
        "documents": len(session.documents),
    }


def register(server: AssistantServer) -> None:
    server.feature("assistant/status")(status)
