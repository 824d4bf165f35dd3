from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import UsageError
from assistant.prompts.layout import (
    LEAST_TOKENS,
    SPARE_TOKENS,
    STEP_LINES,
    Prompt,
    build,
    plain,
    room_for,
    window,
)
from assistant.prompts.template import FimTemplate, templates
from assistant.prompts.tokenizer import EstimatingTokenizer, ModelTokenizer, Tokenizer
from assistant.settings import CompletionSettings
from assistant.types import Snippet, SnippetKind

TEXT = "def f(tokenizer):\n    x = tokenizer.encode(1)\n    return x\n"
CURSOR = TEXT.index("code(1)")
SNIPPET = Snippet("lib/t.py", 0, 2, "class T:\n    pass\n", SnippetKind.IMPORTED, 1.0, "why")


def prompt_of(
    tokenizer: ModelTokenizer | EstimatingTokenizer,
    template: FimTemplate,
    text: str = TEXT,
    offset: int = CURSOR,
    **options: object,
) -> Prompt:
    snippets = options.pop("snippets", [])
    constraints = bool(options.pop("constraints", True))
    settings = CompletionSettings.model_validate(options)
    return build(
        text,
        offset,
        "src/f.py",
        snippets,  # type: ignore[arg-type]
        template,
        tokenizer,
        settings,
        repository="demo",
        constraints=constraints,
    )


def spelled(prompt: Prompt, tokenizer: ModelTokenizer) -> str:
    """The prompt as text, special tokens spelled out."""
    return str(tokenizer._tokenizer.decode(ids_of(prompt), skip_special_tokens=False))


def ids_of(prompt: Prompt) -> list[int]:
    assert not isinstance(prompt.content, str)
    return list(prompt.content)


def test_anchored_puts_the_typed_text_behind_the_middle_token(
    tokenizer: ModelTokenizer, qwen: FimTemplate
) -> None:
    prompt = prompt_of(tokenizer, qwen, form="anchored", healing=False)
    assert spelled(prompt, tokenizer) == (
        "<|repo_name|>demo\n<|file_sep|>src/f.py\n"
        "<|fim_prefix|>def f(tokenizer):\n"
        "<|fim_suffix|>code(1)\n    return x\n"
        "<|fim_middle|>    x = tokenizer.en"
    )
    assert prompt.tokens == len(prompt.content)
    assert prompt.healed == prompt.regex == ""


@pytest.mark.parametrize("breaks", ["\n", "\n\n", "\r\n"])
def test_on_a_new_line_its_break_is_healed(
    tokenizer: ModelTokenizer, qwen: FimTemplate, breaks: str
) -> None:
    text = f"x = 1{breaks}y = 2\n"
    prompt = prompt_of(tokenizer, qwen, text, len(f"x = 1{breaks}"), form="anchored")
    assert spelled(prompt, tokenizer).endswith(
        f"<|fim_prefix|>x = 1<|fim_suffix|>y = 2\n<|fim_middle|>{breaks[: -len(prompt.healed)]}"
    )
    assert breaks.endswith(prompt.healed)
    assert prompt.healed
    assert re.fullmatch(prompt.regex, f"{prompt.healed}    z")


def test_psm_ends_the_prefix_at_the_cursor(tokenizer: ModelTokenizer, qwen: FimTemplate) -> None:
    prompt = prompt_of(tokenizer, qwen, form="psm", healing=False)
    assert spelled(prompt, tokenizer).endswith(
        "    x = tokenizer.en<|fim_suffix|>code(1)\n    return x\n<|fim_middle|>"
    )


def test_healing_takes_the_last_token_back_and_holds_its_text(
    tokenizer: ModelTokenizer, qwen: FimTemplate
) -> None:
    plain = prompt_of(tokenizer, qwen, form="anchored", healing=False)
    healed = prompt_of(tokenizer, qwen, form="anchored", healing=True)
    assert list(healed.content) == list(plain.content)[:-1]
    assert "x = tokenizer.en".endswith(healed.healed)
    assert healed.healed
    assert re.fullmatch(healed.regex, healed.healed + "code(1)\nanything")
    assert not re.fullmatch(healed.regex, "other")


def test_nothing_is_healed_where_the_server_knows_no_constraints(
    tokenizer: ModelTokenizer, qwen: FimTemplate
) -> None:
    prompt = prompt_of(tokenizer, qwen, constraints=False)
    assert prompt.healed == ""
    assert spelled(prompt, tokenizer).endswith("tokenizer.en")


def test_a_keystroke_only_lengthens_an_anchored_prompt(
    tokenizer: ModelTokenizer, qwen: FimTemplate
) -> None:
    line = "    value = tokenizer.encode(text)"
    before, after = "import a\n\ndef g():\n", "\n    return value\n"
    previous: list[int] = []
    for typed in range(1, len(line)):  # the first one takes the line break out of the answer
        text = before + line[:typed] + after
        offset = len(before) + typed
        prompt = prompt_of(tokenizer, qwen, text, offset, form="anchored", snippets=[SNIPPET])
        ids = ids_of(prompt)
        head = ids.index(tokenizer.special(qwen.middle) or -1) + 1
        if previous:
            assert ids[:head] == previous[:head]
        previous = ids


def test_snippets_stand_in_front_under_their_paths(
    tokenizer: ModelTokenizer, qwen: FimTemplate
) -> None:
    prompt = prompt_of(tokenizer, qwen, snippets=[SNIPPET])
    assert spelled(prompt, tokenizer).startswith(
        "<|repo_name|>demo\n<|file_sep|>lib/t.py\nclass T:\n    pass\n<|file_sep|>src/f.py\n"
    )


def test_snippets_of_one_file_share_its_path(tokenizer: ModelTokenizer, qwen: FimTemplate) -> None:
    more = Snippet("lib/t.py", 5, 6, "def u(): ...\n", SnippetKind.IMPORTED, 1.0, "why")
    prompt = prompt_of(tokenizer, qwen, snippets=[SNIPPET, more])
    assert "lib/t.py\nclass T:\n    pass\n\ndef u(): ...\n<|file_sep|>" in spelled(
        prompt, tokenizer
    )


def test_a_model_without_repositories_gets_comments(qwen: FimTemplate) -> None:
    template = templates().get("codellama")
    prompt = prompt_of(EstimatingTokenizer(), template, snippets=[SNIPPET])
    assert str(prompt.content).startswith("<PRE># Path: lib/t.py\n# class T:\n#     pass\ndef f")


def test_as_text_special_tokens_in_the_source_lose_their_spelling(qwen: FimTemplate) -> None:
    text = 'x = "<|fim_middle|>"\ny = '
    prompt = prompt_of(EstimatingTokenizer(), qwen, text, len(text))
    assert isinstance(prompt.content, str)
    assert prompt.content.count("<|fim_middle|>") == 1
    assert "< |fim_middle|>" in prompt.content


def test_a_template_that_does_not_fit_the_vocabulary_is_said(tokenizer: ModelTokenizer) -> None:
    with pytest.raises(UsageError, match=r"set engine\.fim"):
        prompt_of(tokenizer, templates().get("codellama"))


def test_the_window_keeps_its_start_while_lines_are_added(tokenizer: ModelTokenizer) -> None:
    settings = CompletionSettings(prefix_tokens=600, suffix_tokens=50)
    starts = set()
    lines = [f"value_{number} = compute({number})\n" for number in range(400)]
    for count in range(300, 300 + STEP_LINES):
        text = "".join(lines[:count])
        cut = window(text, len(text), tokenizer, settings)
        assert text.endswith(cut.before)
        starts.add(cut.before.splitlines()[0])
    assert len(starts) <= 5


@given(st.text(max_size=300), st.data())
def test_the_window_is_what_surrounds_the_cursor(
    tokenizer: ModelTokenizer, text: str, data: st.DataObject
) -> None:
    offset = data.draw(st.integers(0, len(text)))
    cut = window(text, offset, tokenizer, CompletionSettings(prefix_tokens=40, suffix_tokens=20))
    assert text[:offset].endswith(cut.before + cut.typed)
    assert text[offset:].startswith(cut.after)
    assert tokenizer.count(cut.after) <= 20 + 2


def test_a_line_of_a_megabyte_does_not_stall(tokenizer: ModelTokenizer, qwen: FimTemplate) -> None:
    text = "x" * 1_000_000
    prompt = prompt_of(tokenizer, qwen, text, 500_000)
    assert prompt.tokens < 4_000


SIDES = [
    ("def encode(self, text):\n    return ", "\n\n\nclass Tokenizer:\n    pass\n"),
    ("for index in range(10):\n" * 70, "print(index)\r\n\n\n" * 40),
    ("x", ""),
    ("", "    return é\u2028 text"),
]


@pytest.mark.parametrize(("prefix", "suffix"), SIDES)
def test_the_plain_template_holds_each_side_as_one_text(
    prefix: str, suffix: str, qwen: FimTemplate, tokenizer: ModelTokenizer
) -> None:
    prompt = plain(prefix, suffix, "a.py", (), qwen, tokenizer, 4000)
    marks = [tokenizer.special(token) for token in (qwen.prefix, qwen.suffix, qwen.middle)]
    assert list(prompt.content) == [
        marks[0],
        *tokenizer.encode(prefix),
        marks[1],
        *tokenizer.encode(suffix),
        marks[2],
    ]


@pytest.mark.parametrize("exact", [True, False])
def test_the_plain_template_is_cut_at_its_far_ends(
    exact: bool, qwen: FimTemplate, tokenizer: ModelTokenizer
) -> None:
    counting: Tokenizer = tokenizer if exact else EstimatingTokenizer()
    prefix, suffix = "first " * 300 + "near(", ") beside" + " last" * 300
    prompt = plain(prefix, suffix, "a.py", (), qwen, counting, 200)
    text = prompt.content if isinstance(prompt.content, str) else spelled(prompt, tokenizer)
    assert prompt.tokens <= 206  # an estimate is rounded up for each side
    assert "near(<|fim_suffix|>) beside" in text
    assert text.count(" last") > 5
    assert 20 < text.count("first ") < 300
    short = plain("a", suffix, "a.py", (), qwen, counting, 200)
    assert short.tokens > 180


@pytest.mark.parametrize("snippets", [[], [SNIPPET, SNIPPET]])
def test_the_plain_template_has_what_answer_and_snippets_leave(
    snippets: list[Snippet], tokenizer: ModelTokenizer
) -> None:
    shown = sum(tokenizer.count(snippet.text) + SPARE_TOKENS for snippet in snippets)
    assert room_for(2000, 300, snippets, tokenizer) == 2000 - 300 - SPARE_TOKENS - shown
    assert room_for(200, 300, snippets, tokenizer) == LEAST_TOKENS


def test_snippets_that_fill_the_window_leave_the_cursor_its_surroundings(
    qwen: FimTemplate, tokenizer: ModelTokenizer
) -> None:
    large = replace(SNIPPET, text="other " * 5000)
    left = room_for(4000, 100, [large], tokenizer)
    prompt = plain("x " * 500 + "near(", ")" + " y" * 500, "a.py", [large], qwen, tokenizer, left)
    _, _, text = spelled(prompt, tokenizer).partition("<|fim_prefix|>")
    assert "near(<|fim_suffix|>)" in text
    assert tokenizer.count(text) < 2 * LEAST_TOKENS
