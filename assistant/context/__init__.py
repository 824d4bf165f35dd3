"""The repository: its index, and what of it a completion should see."""

from __future__ import annotations

from assistant.context.indexing import IndexReport
from assistant.context.repository import Repository
from assistant.context.roots import find_root

__all__ = ["IndexReport", "Repository", "find_root"]
