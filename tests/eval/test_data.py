"""Benchmark files: where they are looked for, what is said when they cannot be read."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_hub import hub

from assistant.errors import UsageError
from eval.data import PARQUET, Data, DataError, Source, read


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
    assert Data(tmp_path).rows(Source(name, "nowhere")) == rows


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", b"{"),
        ("a.jsonl.gz", b"no gzip"),
        ("a.json", b"7"),
        ("a.jsonl", b"\xff\xfe"),
        ("a.parquet", b"PAR1"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match="fetch it anew") as caught:
        read(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_what_is_nowhere_says_how_to_name_a_folder_and_where_it_is_published(
    tmp_path: Path,
) -> None:
    with pytest.raises(DataError, match=r"--data.*published at example\.org/records"):
        Data(tmp_path).rows(Source("missing.jsonl", "example.org/records"))


def parquet(rows: list[dict[str, object]]) -> bytes:
    import pyarrow as arrow  # type: ignore[import-untyped]
    from pyarrow import parquet

    sink = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist(rows), sink)
    return sink.getvalue()


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hub whose repository holds a loading script, data files, and the hub's own Parquet."""
    from huggingface_hub import constants

    main = {
        "records.py": b"raise SystemExit('a script was run')",
        "one/test.jsonl": b'{"id": 1, "text": "a"}\n{"id": 2, "text": "b"}\n',
        "one/train.jsonl": b'{"id": 3, "text": "c"}\n',
    }
    converted = {
        f"{name}/test/000{part}.parquet": parquet([{"id": part, "text": name}])
        for name in ("records", "records-light")
        for part in range(2)
    }
    with hub({("who/records", "main"): main, ("who/records", PARQUET): converted}) as address:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        template = address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield


@pytest.mark.usefixtures("fetched")
def test_the_hubs_plain_files_and_its_parquet_of_a_script_are_read() -> None:
    plain = Source("r.jsonl", "", "who/records", "one/test.*", fields=(("text", "prompt"),))
    assert Data().rows(plain) == [{"id": 1, "prompt": "a"}, {"id": 2, "prompt": "b"}]
    for name in ("records", "records-light"):
        source = Source("r.jsonl", "", "who/records", f"{name}/*test*.parquet", PARQUET)
        assert Data().rows(source) == [{"id": n, "text": name} for n in range(2)]


@pytest.mark.usefixtures("fetched")
@pytest.mark.parametrize(
    ("source", "said"),
    [
        (Source("r.jsonl", "example.org", "who/records", "two/*"), r"has no file two/\*.*example"),
        (Source("r.jsonl", "example.org", "who/else", "*"), "cannot be had from the hub.*example"),
    ],
)
def test_what_the_hub_does_not_have_is_one_line(source: Source, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        Data().rows(source)
    assert "\n" not in str(caught.value)
