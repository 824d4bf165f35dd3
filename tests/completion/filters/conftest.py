"""An answer before one filter looks at it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.completion.draft import Draft
from assistant.completion.scope import Plan
from assistant.completion.site import Site


@pytest.fixture
def before(site_of: Callable[[str, str], Site], plan_of: Callable[..., Plan]) -> object:
    def draft(language: str, marked: str, text: str, reason: str = "stop") -> Draft:
        site = site_of(language, marked)
        return Draft(site, plan_of(site), text, site.offset, reason)

    return draft
