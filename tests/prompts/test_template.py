from __future__ import annotations

import pytest

from assistant.errors import UsageError
from assistant.prompts.template import FimTemplate, find, guess, templates


@pytest.mark.parametrize("template", list(templates()), ids=lambda t: t.name)
def test_every_template_is_complete(template: FimTemplate) -> None:
    assert template.prefix
    assert template.suffix
    assert template.middle
    assert template.stop
    assert len({template.prefix, template.suffix, template.middle}) == 3
    assert len(template.special) == len(set(template.special))
    assert template.matches
    assert guess(f"some-org/{template.matches[0]}-7B") is template


def test_a_name_wins_over_the_model() -> None:
    assert find("codellama", "qwen2.5-coder-0.5b").name == "codellama"


def test_an_unknown_model_says_how_to_name_a_template() -> None:
    with pytest.raises(UsageError, match=r"set engine\.fim \(.*qwen2\.5-coder"):
        find("", "mystery-7b")


def test_an_unknown_template_lists_the_known() -> None:
    with pytest.raises(UsageError, match="starcoder2"):
        find("nope", "qwen2.5-coder")
