"""How much one request may bring, and that a wrong one costs no more than a right one."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from assistant.gateway.bodies import ChatBody, CompletionBody, CompletionsBody
from assistant.gateway.errors import BadRequest, TooLarge
from assistant.gateway.infill import InfillBody
from assistant.gateway.weighing import TOKEN, weigh

MANY = 10_000


@pytest.mark.parametrize(
    ("body", "characters"),
    [
        ("x" * 7, 7),
        ({"prompt": "x" * 7}, 8),
        ({"prompt": [1] * 7}, 1 + 7 * TOKEN),
        ({"prompt": [[1] * 7, [2] * 3]}, 1 + 2 + 10 * TOKEN),
        ({"messages": [{"role": "user", "content": "abc"}]}, 1 + 1 + 2 + 7),
        ({"image_url": {"url": "data:image/png;base64," + "A" * MANY}}, 2),
        ({"input_audio": {"data": "A" * MANY, "format": "wav"}}, 6),
        (None, 0),
    ],
)
def test_all_text_counts_and_nothing_else(body: Any, characters: int) -> None:
    assert weigh(body, MANY) == characters
    assert weigh(body, max(characters, 1)) == characters


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": "x" * MANY},
        {"prompt": [1] * MANY},
        {"prompt": [{}] * MANY},
        {"deep": [[["x"] * MANY]]},
        dict.fromkeys(map(str, range(MANY))),
    ],
)
def test_more_is_too_large(body: Any) -> None:
    with pytest.raises(TooLarge, match="max_prompt_chars"):
        weigh(body, MANY - 1)


@pytest.mark.parametrize("body", [{"prompt": "\ud800"}, {"url": "\udfff"}, [["a\ud800"]]])
def test_half_a_character_is_refused(body: Any) -> None:
    with pytest.raises(BadRequest, match="surrogate"):
        weigh(body, MANY)


@pytest.mark.parametrize(
    ("of", "body"),
    [
        (CompletionsBody, {"prompt": [1] * MANY + [{}]}),
        (CompletionsBody, {"prompt": [{}] * MANY}),
        (CompletionsBody, {"prompt": ["a"] + [1] * MANY}),
        (CompletionsBody, {"prompt": [[1], *[["x"]] * MANY]}),
        (CompletionsBody, {"prompt": "x", "stop": [1] * MANY}),
        (CompletionsBody, {"segments": {"prefix": "x", "declarations": [{}] * MANY}}),
        (ChatBody, {"messages": [{}] * MANY}),
        (ChatBody, {"messages": [{"role": "user", "content": [1] * MANY}]}),
        (InfillBody, {"input_extra": [{}] * MANY, "stop": [1] * MANY}),
        # Right, but too many.
        (InfillBody, {"input_extra": [{"text": "x"}] * MANY}),
        (InfillBody, {"response_fields": ["x"] * MANY}),
        (InfillBody, {"response_fields": ["/" * MANY]}),
        (CompletionsBody, {"prompt": "x", "stop": ["x"] * MANY}),
        (ChatBody, {"messages": [{"role": "user", "content": "x"}] * (MANY + 1)}),
    ],
)
def test_a_list_of_faults_is_one_fault(of: Any, body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(of).validate_python(body)
    assert raised.value.error_count() <= 4


@pytest.mark.parametrize(
    ("prompt", "prompts"),
    [("x", 1), ([1, 2.0], 1), (["a", "b"], 2), ([[1], [2], [3, 4]], 3)],
)
def test_prompts_are_counted(prompt: Any, prompts: int) -> None:
    body = CompletionBody.model_validate({"prompt": prompt, "n": 3, "best_of": 4})
    assert body.prompts == prompts
    body.check(prompts * 4, body.prompts)
    with pytest.raises(BadRequest, match="max_choices"):
        body.check(prompts * 4 - 1, body.prompts)


@pytest.mark.parametrize("prompt", [[], [[]], [[1], []], [1, "a"], ["a", 1], [True], 3, None])
def test_what_is_no_prompt(prompt: Any) -> None:
    with pytest.raises(ValidationError):
        CompletionBody.model_validate({"prompt": prompt})
