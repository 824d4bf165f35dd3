"""Benchmark files: where they are looked for, what is said when they cannot be read."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from assistant.errors import UsageError
from eval.data import Data, DataError, Source, read


def test_a_folder_is_named_by_option_or_environment(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Data.named().folder is None
    monkeypatch.setenv("ASSISTANT_DATA", str(tmp_path))
    assert Data.named().folder == tmp_path
    other = tmp_path / "other"
    with pytest.raises(UsageError, match="there is no such folder"):
        Data.named(other)
    other.mkdir()
    assert Data.named(other).folder == other


@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl", "rows.jsonl.gz"])
def test_json_and_json_lines_are_read_packed_or_not(tmp_path: Path, name: str) -> None:
    rows = [{"a": "é"}, {"a": "b"}]
    text = '[{"a": "é"}, {"a": "b"}]' if name.endswith(".json") else '{"a": "é"}\n\n{"a": "b"}\n'
    data = text.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert Data(tmp_path).rows(Source(name)) == rows


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.jsonl", b"{"), ("a.jsonl.gz", b"no gzip"), ("a.json", b"7"), ("a.jsonl", b"\xff\xfe")],
)
def test_a_damaged_file_is_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match="fetch it anew") as caught:
        read(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_what_is_nowhere_says_how_to_name_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--data"):
        Data(tmp_path).rows(Source("missing.jsonl"))
