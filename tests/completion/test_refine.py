"""What holds for every answer at every place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.completion import leaks
from assistant.completion.draft import Draft
from assistant.completion.refine import filters, refine
from assistant.completion.scope import Plan, plan
from assistant.completion.site import Site
from assistant.settings import CompletionSettings
from assistant.syntax import languages
from assistant.types import Document

NAMES = ["", *sorted(language.name for language in languages())]
ATOMS = [
    *[
        "x",
        "foo",
        " ",
        "    ",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        '"',
        "'",
        "`",
    ],
    *[
        '"""',
        "#",
        "//",
        "/*",
        "*/",
        "<!--",
        "-->",
        "--",
        ";",
        ",",
        ":",
        "=",
        "def f(x):",
        "return x",
    ],
    *[
        "if x:",
        "end",
        "fi",
        "else",
        "class A",
        "<div>",
        "</div>",
        "é",
        "😀",
        "\x00",
        "\ud800",
        "\\",
    ],
    *[
        "<|endoftext|>",
        "<|fim_middle|>",
        "</s>",
        "```python",
        "```",
        "<fim_suffix>",
        "function f() {",
    ],
]
TEXT = st.lists(st.sampled_from(ATOMS), max_size=20).map("".join)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(NAMES),
    text=TEXT,
    at=st.integers(-2, 90),
    answer=TEXT,
    reason=st.sampled_from(["stop", "length", "timeout", ""]),
    multiline=st.sampled_from(["auto", "never", "always"]),
    automatic=st.booleans(),
)
def test_any_text(
    name: str, text: str, at: int, answer: str, reason: str, multiline: str, automatic: bool
) -> None:
    site = Site.of(Document(Path("/project/any"), text, name), at)
    shape = plan(site, CompletionSettings.model_validate({"multiline": multiline}), automatic)
    draft = refine(site, shape, answer, reason)
    assert bool(draft.text) != bool(draft.dropped)
    assert site.offset <= draft.end <= site.offset + len(site.line_suffix)
    assert leaks.find_special(site, draft.text) < 0
    assert draft.text == "" or draft.text != text[site.offset : draft.end]
    # Only closing brackets, quotes and separators are ever replaced.
    assert not any(c.isalnum() for c in text[site.offset : draft.end])
    if draft.text:
        again = refine(site, shape, draft.text, "stop")
        assert again.text == draft.text
        assert again.end == draft.end


def test_every_filter_has_its_place() -> None:
    found = filters()
    orders = [step.order for step in found]
    assert orders == sorted(set(orders))
    assert {step.name for step in found} >= {
        "special_tokens",
        "markdown_fences",
        "scope_end",
        "unfinished_line",
        "repetition_loop",
        "suffix_repetition",
        "closing_brackets",
        "indentation",
        "trailing_whitespace",
        "parses_in_place",
        "line_endings",
        "too_short",
    }


DraftOf = Callable[..., Draft]


def test_what_changed_the_text_is_named(draft_of: DraftOf) -> None:
    draft = draft_of("python", "print(¦)\n", "x)   \n")
    assert draft.text == "x"
    assert "closing_brackets" in draft.applied
    assert draft.dropped == ""


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "empty"),
        ("   \n", "empty"),
        ("import sys", "before"),
    ],
)
def test_what_dropped_it_is_named(draft_of: DraftOf, answer: str, why: str) -> None:
    draft = draft_of("python", "import sys\n¦\n", answer)
    assert draft.text == ""
    assert why in draft.dropped


def test_a_filter_from_outside(draft_of: DraftOf, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import ModuleType

    class Shout:
        name = "shout"
        order = 95

        def apply(self, draft: Draft) -> Draft:
            return draft.with_text(draft.text.upper())

    module = ModuleType("shouting_filter")
    module.FILTER = Shout()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shouting_filter", module)
    monkeypatch.setenv("ASSISTANT_PLUGINS", "shouting_filter")
    draft = draft_of("python", "x = ¦\n", "name\n")
    assert draft.text == "NAME"
    assert draft.applied == ("shout",)


@pytest.mark.parametrize(
    ("marked", "answer", "wanted"),
    [
        (
            "def f(xs):\n    ¦\n",
            "total = 0\n    for x in xs:\n        tot",
            "total = 0\n    for x in xs:",
        ),
        ("x = ¦\n", "compute_everything(firs", "compute_everything(firs"),
        ("x = ¦\n", "f(", ""),
        (
            "def f(xs):\n    ¦\n    return compute(total)\n",
            "total = 0\n    return comp",
            "total = 0",
        ),
    ],
)
def test_an_answer_that_broke_off(draft_of: DraftOf, marked: str, answer: str, wanted: str) -> None:
    assert draft_of("python", marked, answer, "length").text == wanted


def test_names_have_the_last_word(
    site_of: Callable[[str, str], Site], plan_of: Callable[[Site], Plan]
) -> None:
    site = site_of("python", "x = ¦\n")

    def unknown(_: Site, text: str) -> str:
        return "" if text == "known" else f"no {text} anywhere"

    assert refine(site, plan_of(site), "known\n", "stop", unknown).text == "known"
    draft = refine(site, plan_of(site), "invented\n", "stop", unknown)
    assert draft.text == ""
    assert draft.dropped == "names: no invented anywhere"
