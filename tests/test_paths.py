from __future__ import annotations

from pathlib import Path

import pytest

from assistant import paths
from assistant.errors import AssistantError


def test_a_folder_is_made_for_its_user_alone(home: Path) -> None:
    made = paths.folder("models", "x")
    assert made == home / "models" / "x"
    assert made.stat().st_mode & 0o777 == 0o700


def test_a_state_folder_that_cannot_be_made_is_one_line(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "file" / "below"))
    with pytest.raises(AssistantError) as caught:
        paths.folder("run")
    said = str(caught.value)
    assert "file/below/run cannot be made" in said
    assert "set ASSISTANT_HOME" in said
    assert "\n" not in said
