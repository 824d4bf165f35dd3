from __future__ import annotations

import sys
from pathlib import Path

import pytest

from assistant.errors import UsageError
from assistant.prompts.template import FimTemplate
from assistant.registry import Registry


@pytest.fixture
def registry(home: Path) -> Registry[FimTemplate]:
    return Registry("assistant.prompts.templates", "TEMPLATE")


def test_the_built_ins_are_found_by_their_files(registry: Registry[FimTemplate]) -> None:
    folder = Path(__file__).parent.parent / "assistant" / "prompts" / "templates"
    files = [f for f in folder.glob("*.py") if f.name != "__init__.py"]
    assert len(registry.names()) == len(files)
    assert "qwen2.5-coder" in registry


def test_an_unknown_name_lists_the_known(registry: Registry[FimTemplate]) -> None:
    with pytest.raises(UsageError, match=r"'x'.*codellama"):
        registry.get("x")


def test_a_module_outside_takes_the_same_way(
    registry: Registry[FimTemplate], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_template.py").write_text(
        "from assistant.prompts.template import FimTemplate\n"
        "TEMPLATE = FimTemplate('mine', '<p>', '<s>', '<m>', ('<e>',))\n"
    )
    assert "mine" not in registry
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("ASSISTANT_PLUGINS", "my_template")
    assert registry.get("mine").middle == "<m>"
    sys.modules.pop("my_template")


def test_a_module_that_cannot_be_imported_is_said(
    registry: Registry[FimTemplate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_PLUGINS", "no_such_module")
    with pytest.raises(UsageError, match="no_such_module"):
        registry.names()


@pytest.mark.parametrize(
    "code", ["1 / 0", "def", "raise SystemExit(3)", "raise ValueError('a\\nb')"]
)
def test_a_module_that_fails_in_any_way_is_said(
    registry: Registry[FimTemplate], code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "failing_plugin.py").write_text(code + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("ASSISTANT_PLUGINS", "failing_plugin")
    with pytest.raises(UsageError, match="failing_plugin") as caught:
        registry.names()
    assert "\n" not in str(caught.value)
