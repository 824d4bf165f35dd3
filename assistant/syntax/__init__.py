"""Languages and their syntax trees (tree-sitter)."""

from __future__ import annotations

from assistant.syntax.language import Language, by_name, languages, of_path
from assistant.syntax.symbols import Outline, outline
from assistant.syntax.tree import parse

__all__ = ["Language", "Outline", "by_name", "languages", "of_path", "outline", "parse"]
