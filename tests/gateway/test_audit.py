"""The books, held against whoever would fill them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assistant.gateway.audit import STRANGERS, Audit
from assistant.gateway.call import Call
from assistant.gateway.keys import LOCAL, STRANGER


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_strangers_cannot_push_out_the_lines_of_others(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    audit = Audit(path)
    for number in range(STRANGERS + 7):
        audit.write(Call(str(number), STRANGER))
    audit.write(Call("known", LOCAL))
    assert len(lines(path)) == STRANGERS + 1
    # A minute later.
    audit._minute -= 60
    audit.write(Call("later", STRANGER))
    audit.write(Call("last", STRANGER))
    audit.close()
    *_, known, later, last = lines(path)
    assert known["id"] == "known"
    assert (later["id"], later["unwritten"]) == ("later", 7)
    assert "unwritten" not in last
