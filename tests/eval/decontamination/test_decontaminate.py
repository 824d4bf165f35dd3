"""A training set goes in, what is clean comes out unchanged; bad input leaves nothing behind."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from assistant.errors import UsageError
from eval.cli.app import run
from eval.data import Data, DataError
from eval.decontamination.decontaminate import decontaminate
from eval.decontamination.detector import Detector
from eval.decontamination.evaluation import collect
from eval.door import Door
from eval.types import Answer, ChatAsk, CompletionAsk, Grade, Message, Sample

BEFORE = "def longest_run(text, letter):\n    best = here = 0\n    for one in text:\n"
HOLE = "        here = here + 1 if one == letter else 0\n"
AFTER = "        best = max(best, here)\n    return best\n"
LEAK = BEFORE + HOLE + AFTER
QUESTION = "Write a function that gives the length of the longest run of one letter in a text."
CLEAN = "def area(box):\n    return (box.right - box.left) * (box.bottom - box.top)\n"


@dataclass(frozen=True)
class Fake:
    name: str
    samples_: tuple[Sample, ...] = ()
    summary: str = "made up"
    asks: Literal["completion", "chat"] = "completion"
    arms: Mapping[str, str] = field(default_factory=lambda: {"all": "", "some": ""})
    metrics: Sequence[str] = ("exact_match",)
    executes: bool = False

    def samples(self, data: Data, arm: str) -> Sequence[Sample]:
        if not self.samples_:
            raise DataError("its file is not there")
        return self.samples_

    async def answer(self, sample: Sample, door: Door) -> Answer:
        raise NotImplementedError

    def grade(self, sample: Sample, answer: Answer) -> Grade:
        raise NotImplementedError


HOLES = Fake("holes", (Sample("h/1", CompletionAsk("a.py", BEFORE, AFTER), HOLE),))
CHAT = Fake("chat", (Sample("c/1", ChatAsk((Message("user", QUESTION),)), LEAK),))
GONE = Fake("gone")


class FakeTasks:
    """In the registry's place."""

    def __init__(self, *tasks: Fake) -> None:
        self.tasks = tasks

    def __iter__(self) -> Iterator[Fake]:
        return iter(self.tasks)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(collect([HOLES, CHAT, GONE], Data()).passages)


def lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def test_what_is_collected() -> None:
    evaluation = collect([HOLES, CHAT, GONE], Data())
    assert {one.text for one in evaluation.passages} == {LEAK, QUESTION}
    assert evaluation.records == {"holes": 1, "chat": 1}
    assert evaluation.unchecked == {"gone/all": "its file is not there"}
    with pytest.raises(UsageError, match="nothing can be checked: its file is not there"):
        collect([GONE], Data())


def test_a_records_parts_are_found_without_their_template() -> None:
    tests = "assert longest_run('aab', 'a') == 2\nassert longest_run('', 'a') == 0"
    ask = ChatAsk((Message("user", f"Please, solve this and think:\n{QUESTION}\n{tests}"),))
    chat = Fake("chat", (Sample("c/1", ask, LEAK, texts=(QUESTION, tests)),))
    evaluation = collect([chat], Data())
    assert {QUESTION, tests, LEAK} < {one.text for one in evaluation.passages}
    detector = Detector(evaluation.passages)
    for part in (QUESTION, tests):
        assert detector.overlaps(CLEAN + part + "\n" + CLEAN)
    # One of several tests, or the values of one, say little.
    assert not detector.overlaps(CLEAN + tests.partition("\n")[0] + "\n" + CLEAN)


def test_which_arms_are_read() -> None:
    read: list[str] = []

    @dataclass(frozen=True)
    class Telling(Fake):
        def samples(self, data: Data, arm: str) -> Sequence[Sample]:
            read.append(f"{self.name}/{arm}")
            return self.samples_

    arms = {"one": "", "two": ""}
    holes = Telling("holes", HOLES.samples_, arms=arms)
    chat = Telling("chat", CHAT.samples_, asks="chat", arms=arms)
    collect([holes, chat, Telling("mixed", HOLES.samples_)], Data())
    assert read == ["holes/one", "holes/two", "chat/one", "mixed/all"]


def test_kept_lines_are_copied_byte_for_byte(detector: Detector, tmp_path: Path) -> None:
    source, output, report = (tmp_path / name for name in ("in.jsonl", "out.jsonl", "why.jsonl"))
    odd = b'{"text":   "caf\\u00e9 \xc3\xa9",\t"n": 1.0e0, "n": 2}  \r\n'
    last = b'{"text": "no line end"}'
    source.write_bytes(odd + b"\n" + lines({"text": LEAK}, {"text": CLEAN}) + last)
    summary = decontaminate(source, detector, output, report)
    assert output.read_bytes() == odd + lines({"text": CLEAN}) + last
    assert (summary.records, summary.kept, summary.dropped) == (4, 3, 1)
    assert summary.fields == ("text",)
    assert summary.by == {"exact": 1, "ngram": 1, "ast": 1}
    assert summary.hits == {"holes": 1, "chat": 1}
    (told,) = [json.loads(line) for line in report.read_text().splitlines()]
    assert told["record"] == 3
    assert told["overlaps"][0] == {
        "set": "chat", "id": "c/1", "method": "exact", "share": 1.0, "text": LEAK[:200],
    }  # fmt: skip
    assert sorted(tmp_path.iterdir()) == [source, output, report]


def test_gzip_in_and_out(detector: Detector, tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl.gz", tmp_path / "out.jsonl.gz"
    source.write_bytes(gzip.compress(lines({"text": LEAK}, {"text": CLEAN})))
    decontaminate(source, detector, output)
    assert gzip.decompress(output.read_bytes()) == lines({"text": CLEAN})


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        ({"content": LEAK}, ("content",)),
        ({"prompt": BEFORE, "completion": HOLE + AFTER}, ("prompt", "completion")),
        ({"messages": [{"role": "user", "content": QUESTION}]}, ("messages",)),
        (
            {"messages": [{"role": "assistant", "content": [{"type": "text", "text": LEAK}]}]},
            ("messages",),
        ),
        ({"id": 7, "code": LEAK, "text": "a run"}, ("text", "code")),
    ],
)
def test_the_field_is_guessed(
    detector: Detector, tmp_path: Path, value: dict[str, Any], fields: tuple[str, ...]
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(lines(value))
    summary = decontaminate(source, detector)
    assert (summary.dropped, summary.fields) == (1, fields)


def test_a_named_field_is_the_only_one(detector: Detector, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(lines({"text": LEAK, "body": {"parts": [CLEAN, None, 3]}}))
    assert decontaminate(source, detector, fields=["body"]).dropped == 0
    assert decontaminate(source, detector).dropped == 1


def test_parquet(detector: Detector, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    source, output = tmp_path / "in.parquet", tmp_path / "out.jsonl"
    rows = [{"text": CLEAN, "n": 1}, {"text": LEAK, "n": 2}, {"text": None, "n": 3}]
    datasets.Dataset.from_list(rows).to_parquet(str(source))
    assert decontaminate(source, detector, output).by["ast"] == 1
    assert output.read_bytes() == lines(rows[0], rows[2])


def test_a_saved_dataset(detector: Detector, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    one, two = {"text": CLEAN, "n": 1}, {"text": LEAK, "n": 2}
    folder, output = tmp_path / "saved", tmp_path / "out.jsonl"
    split = datasets.Dataset.from_list([one, two])
    datasets.DatasetDict({"train": split, "more": split}).save_to_disk(str(folder))
    assert decontaminate(folder, detector, output).dropped == 2
    assert output.read_bytes() == lines(one, one)


def test_a_folder_of_sources(detector: Detector, tmp_path: Path) -> None:
    folder, output, report = tmp_path / "src", tmp_path / "out.jsonl", tmp_path / "why.jsonl"
    (folder / "a" / ".git").mkdir(parents=True)
    (folder / "a" / "leak.py").write_text(CLEAN + LEAK)
    (folder / "a" / "clean.py").write_text(CLEAN)
    (folder / "a" / ".git" / "x.py").write_text(LEAK)
    (folder / "data.bin").write_bytes(b"\0\1")
    decontaminate(folder, detector, output, report)
    assert output.read_bytes() == lines({"path": "a/clean.py", "text": CLEAN})
    assert json.loads(report.read_text())["path"] == "a/leak.py"
    with pytest.raises(UsageError, match="lies within the training set"):
        decontaminate(folder, detector, folder / "out.jsonl")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lines({"text": "a"}) + b"\n{oops\n", "line 3 is not JSON"),
        (b'{"text": "\xff"}\n', "line 1 is not JSON"),
        (b"[" * 100_000, "line 1 is not JSON"),
        (b'["text"]\n', "line 1 is no JSON object"),
        (lines({"text": "a"}, {"body": "a"}), "line 2 has no field 'text'"),
        (lines({"body": "a", "id": 1}), "none of the usual text fields but body, id: say --field"),
        (b"", "holds no records"),
        (b"\n \n", "holds no records"),
    ],
)
def test_bad_input_leaves_nothing(
    detector: Detector, tmp_path: Path, content: bytes, message: str
) -> None:
    source, output, report = (tmp_path / name for name in ("in.jsonl", "out.jsonl", "why.jsonl"))
    source.write_bytes(content)
    output.write_bytes(b"from before")
    with pytest.raises(UsageError, match=message) as caught:
        decontaminate(source, detector, output, report)
    assert "\n" not in str(caught.value)
    assert output.read_bytes() == b"from before"
    assert sorted(tmp_path.iterdir()) == [source, output]


@pytest.mark.parametrize("name", ["in.jsonl.gz", "in.parquet"])
def test_files_that_are_not_what_they_say(detector: Detector, tmp_path: Path, name: str) -> None:
    source = tmp_path / name
    source.write_bytes(gzip.compress(os.urandom(4000))[:2000] if name.endswith("gz") else b"no")
    with pytest.raises(UsageError) as caught:
        decontaminate(source, detector, tmp_path / "out.jsonl")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == [source]


def test_outputs_that_are_refused(detector: Detector, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(lines({"text": CLEAN}))
    link = tmp_path / "link.jsonl"
    link.symlink_to(source)
    for output in (source, link):
        with pytest.raises(UsageError, match="is the training set itself"):
            decontaminate(source, detector, output)
        with pytest.raises(UsageError, match="is the training set itself"):
            decontaminate(source, detector, None, output)
    with pytest.raises(UsageError, match="both the output and the report"):
        decontaminate(source, detector, tmp_path / "o", tmp_path / "o")
    with pytest.raises(UsageError, match="no plain file"):
        decontaminate(source, detector, Path(os.devnull))
    with pytest.raises(UsageError, match="no such folder"):
        decontaminate(source, detector, tmp_path / "none" / "o")
    assert source.read_bytes() == lines({"text": CLEAN})


def test_the_command(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("eval.task.tasks", lambda: FakeTasks(HOLES, CHAT, GONE))
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(lines({"text": LEAK}, {"text": CLEAN}))
    assert run(["decontaminate", str(source), "-o", str(output), "--json"]) == 0
    written = capsys.readouterr()
    document = json.loads(written.out)
    assert document.pop("seconds") >= 0
    assert document.pop("characters") == len(LEAK + CLEAN)
    assert document == {
        "records": 2,
        "kept": 1,
        "dropped": 1,
        "fields": ["text"],
        "by": {"exact": 1, "ngram": 1, "ast": 1},
        "sets": {"holes": {"checked": 1, "hits": 1}, "chat": {"checked": 1, "hits": 1}},
        "unchecked": [{"set": "gone/all", "why": "its file is not there"}],
    }
    assert "unchecked: gone/all" in written.err
    assert run(["decontaminate", str(source)]) == 0
    assert "2 records (text): 1 kept, 1 dropped" in capsys.readouterr().out
    assert run(["decontaminate", str(tmp_path / "none")]) == 2
    assert "there is no such file or folder" in capsys.readouterr().err
