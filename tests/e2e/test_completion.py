"""The main job, with nothing replaced: a repository, its index, vLLM, the default model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.cli.commands import demo

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

INVENTORY = '''\
"""What is in stock."""


class Inventory:
    """Counts articles by name."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def zorblax_total(self, minimum: int = 0) -> int:
        """How many articles are in stock, of those with at least ``minimum``."""
        return sum(count for count in self._counts.values() if count >= minimum)
'''
REPORT = """\
from inventory import Inventory


def total(stock: Inventory) -> int:
    return stock."""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[project]\nname = 'shop'\nversion = '1'\n")
    (folder / "inventory.py").write_text(INVENTORY)
    (folder / "report.py").write_text(REPORT + "\n")
    return folder


def assistant(*arguments: str, stdin: str = "") -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "assistant", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_completion_uses_a_name_defined_only_in_another_file(
    real_home: Path, repository: Path
) -> None:
    line = REPORT.count("\n")
    character = len(REPORT.splitlines()[-1])
    place = [str(repository / "report.py"), "--line", str(line), "--character", str(character)]
    answer = assistant("complete", *place, "--json")
    assert "zorblax_total" in answer["text"]
    assert answer["range"]["start"] == {"line": line, "character": character}
    assert "inventory.py" in [snippet["path"] for snippet in answer["context"]]
    assert answer["model"] == "qwen2.5-coder-0.5b-instruct"
    assert answer["prompt_tokens"] > 50
    assert set(answer["timings_ms"]) == {"context", "queue", "first_token", "total"}

    # One keystroke later nearly all of the prompt is in the engine's cache.
    again = assistant(
        "complete",
        *place[:-1],
        str(character + 2),
        "--unsaved",
        "-",
        "--json",
        stdin=REPORT + "zo\n",
    )
    assert again["text"].startswith("rblax_total")
    assert again["cached_tokens"] > 0

    # Without the other file the model cannot know the name.
    blind = assistant("--set", "context.enabled=false", "complete", *place, "--json")
    assert "zorblax" not in blind["text"]
    assert blind["context"] == []


def test_the_demo_finds_its_places_and_completes_them(real_home: Path) -> None:
    places = assistant("demo", "--json")["places"]
    assert len(places) == len(demo.PLACES)
    for place in places:
        assert place["context"], place["file"]
        assert place["next_keystroke"]["cached_tokens"] > 0
    # What a small model says of a changing repository changes: one place may stay empty.
    assert sum(bool(place["text"]) for place in places) >= len(places) - 1
