from __future__ import annotations

import pytest

from assistant.cli.commands.demo import PLACES, Place, request_for
from assistant.errors import UsageError


@pytest.mark.parametrize("place", PLACES, ids=lambda p: p.file)
def test_every_place_is_still_there(place: Place) -> None:
    request, written = request_for(place)
    text = request.document.text
    assert text[: request.offset].endswith(place.before)
    assert text[request.offset] == "\n"
    assert written.strip()


def test_a_place_that_has_gone_is_said() -> None:
    with pytest.raises(UsageError, match="no longer has the line"):
        request_for(Place("assistant/cli/app.py", "nowhere to be found", ""))
