"""Languages and their syntax trees (tree-sitter)."""

from __future__ import annotations

# Importing the folder of that name later would otherwise put it in the function's place.
import assistant.syntax.languages  # noqa: F401
from assistant.syntax.language import Language, by_name, languages, of_document, of_path
from assistant.syntax.symbols import Outline, outline
from assistant.syntax.tree import parse

__all__ = [
    "Language",
    "Outline",
    "by_name",
    "languages",
    "of_document",
    "of_path",
    "outline",
    "parse",
]
