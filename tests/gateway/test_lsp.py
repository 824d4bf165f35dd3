"""A language server whose ``engine.url`` is the gateway: as if it asked the engine itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fake_control import FakeControl
from gateway_door import Door, Place
from lsp_client import stdio

pytestmark = pytest.mark.slow

TEXT = "def add(a, b):\n    return \n\n\ndef twice(x):\n    return add(x, x)\n"
PLACES = [(1, 11), (5, 16), (0, 8)]


async def suggested(place: Place, folder: Path, url: str, key: str = "") -> list[Any]:
    """What an editor is shown at each place."""
    env = {**place.env, "ASSISTANT_LSP__DEBOUNCE_MAX_MS": "0", "ASSISTANT_ENGINE__API_KEY": key}
    async with stdio("--set", f"engine.url={url}", env=env) as client:
        await client.initialize(folder)
        await client.ready()
        uri = (folder / "sums.py").as_uri()
        await client.open(uri, TEXT)
        return [await client.inline(uri, line, character) for line, character in PLACES]


async def test_the_answers_are_the_same(
    place: Place, door: Door, engine: FakeControl, tmp_path: Path
) -> None:
    (tmp_path / "sums.py").write_text(TEXT, encoding="utf-8")
    (tmp_path / "other.py").write_text("def other():\n    pass\n", encoding="utf-8")
    engine.answer("return ", "a + b\n")
    engine.configure(default="y, z")
    direct = await suggested(place, tmp_path, place.engine_url)
    first = engine.requests()
    engine.log_path.unlink()
    through = await suggested(place, tmp_path, f"{door.url}/v1")
    second = engine.requests()
    assert through == direct
    assert any(items for items in direct)
    # The prompt and all that shapes the answer, too; the gateway only adds its priority.
    assert [{**body, "priority": 0} for body in first] == [
        {**body, "priority": 0} for body in second
    ]


async def test_with_a_key(place: Place, start: Any, engine: FakeControl, tmp_path: Path) -> None:
    made = place.assistant("keys", "add", "editor", "--scopes", "complete", "--json")
    try:
        key = json.loads(made.stdout)["key"]
        door = start(key=key)
        engine.configure(default="a + b\n")
        (first, *_) = await suggested(place, tmp_path, f"{door.url}/v1", key)
        assert first[0]["insertText"] == "a + b"
    finally:
        place.assistant("keys", "remove", "editor")
