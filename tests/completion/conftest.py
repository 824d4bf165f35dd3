"""A place in a text, written with a mark where the cursor stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.completion.draft import Draft
from assistant.completion.refine import refine
from assistant.completion.scope import Plan, plan
from assistant.completion.site import Site
from assistant.completion.stopping import Stopper
from assistant.settings import CompletionSettings
from assistant.types import Document

MARK = "¦"

SiteOf = Callable[[str, str], Site]
PlanOf = Callable[..., Plan]
Complete = Callable[..., str]


def _site(language: str, marked: str) -> Site:
    offset = marked.index(MARK)
    text = marked.replace(MARK, "", 1)
    return Site.of(Document(Path("/project/file.unknown"), text, language), offset)


def _plan(site: Site, automatic: bool = True, multiline: str = "auto") -> Plan:
    settings = CompletionSettings.model_validate({"multiline": multiline})
    return plan(site, settings, automatic)


@pytest.fixture
def site_of() -> SiteOf:
    """The site of a marked text in a language."""
    return _site


@pytest.fixture
def plan_of() -> PlanOf:
    return _plan


@pytest.fixture
def draft_of() -> Callable[..., Draft]:
    """What is left of an answer at a marked place, streamed through the stopper."""

    def draft(
        language: str, marked: str, answer: str, reason: str = "stop", **how: object
    ) -> Draft:
        site = _site(language, marked)
        shape = _plan(site, **how)  # type: ignore[arg-type]
        cut = Stopper(site, shape).feed(answer)
        if cut is not None:
            answer, reason = answer[:cut], "stop"
        return refine(site, shape, answer, reason)

    return draft


@pytest.fixture
def complete(draft_of: Callable[..., Draft]) -> Complete:
    """The file after the suggestion was accepted, with the mark where it ends."""

    def result(language: str, marked: str, answer: str, reason: str = "stop", **how: object) -> str:
        draft = draft_of(language, marked, answer, reason, **how)
        text = draft.site.document.text
        return text[: draft.site.offset] + draft.text + MARK + text[draft.end :]

    return result
