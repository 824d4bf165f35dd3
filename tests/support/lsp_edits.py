"""A ``WorkspaceEdit`` put into texts, as an editor does it once its user has consented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.positions import offset_at
from assistant.types import Position


def edited(edit: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, str]:
    """The texts that ``edit`` (with ``documentChanges``) changes or makes, by URI; ``texts`` are
    those that there are. Fails where one is changed that is neither there nor made before."""
    now = dict(texts)
    touched: dict[str, str] = {}
    for change in edit["documentChanges"]:
        if change.get("kind") == "create":
            assert change["uri"] not in now
            now[change["uri"]] = touched[change["uri"]] = ""
            continue
        uri = change["textDocument"]["uri"]
        now[uri] = touched[uri] = _replaced(now[uri], change["edits"])
    return touched


def _replaced(text: str, edits: list[dict[str, Any]]) -> str:
    """All of them name places of the text as it was."""
    spans = [
        (_offset(text, each["range"]["start"]), _offset(text, each["range"]["end"]), number)
        for number, each in enumerate(edits)
    ]
    for start, end, number in sorted(spans, reverse=True):
        text = text[:start] + edits[number]["newText"] + text[end:]
    return text


def _offset(text: str, position: dict[str, int]) -> int:
    return offset_at(text, Position(position["line"], position["character"]))
