from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.context.walk import Skipped, is_watched, walk
from assistant.settings import ContextSettings


def found(root: Path, settings: ContextSettings | None = None) -> tuple[list[str], Skipped]:
    skipped = Skipped()
    files = [file.path for file in walk(root, settings or ContextSettings(), skipped)]
    return files, skipped


def why(skipped: Skipped, path: str) -> str:
    return next(row["why"] for row in skipped.listing() if row["path"] == path)


def test_without_git_and_in_a_stable_order(write: Callable[..., Path]) -> None:
    root = write({"b.py": "", "a/z.py": "", "a/b/c.go": "", "A.py": ""})
    assert found(root)[0] == ["A.py", "b.py", "a/z.py", "a/b/c.go"]


def test_ignore_files_at_every_level(write: Callable[..., Path]) -> None:
    root = write(
        {
            ".git/info/exclude": "excluded.py\n",
            ".git/config.py": "",
            ".gitignore": "build/\n*.gen.py\n/top.py\n",
            ".assistantignore": "secret/\n",
            "a.gen.py": "",
            "top.py": "",
            "sub/top.py": "",
            "sub/.gitignore": "!kept.gen.py\nlocal.py\n",
            "sub/kept.gen.py": "",
            "sub/other.gen.py": "",
            "sub/local.py": "",
            "sub/deep/local.py": "",
            "local.py": "",
            "build/x.py": "",
            "secret/x.py": "",
            "excluded.py": "",
            "node_modules/m/index.js": "",
        }
    )
    expected = ["local.py", "sub/kept.gen.py", "sub/top.py"]
    assert found(root)[0] == expected
    every = [str(p.relative_to(root)) for p in root.rglob("*.py")]
    assert sorted(p for p in every if is_watched(root, root / p)) == expected


def test_rules_of_the_repository_above(write: Callable[..., Path]) -> None:
    root = write(
        {
            ".git/HEAD": "",
            ".gitignore": "*.gen.py\n/package/out/\nbuild/\n",
            "package/a.py": "",
            "package/a.gen.py": "",
            "package/out/b.py": "",
            "build/unpacked/c.py": "",
        }
    )
    assert found(root / "package")[0] == ["a.py"]
    # Somebody who opens an ignored folder wants it.
    assert found(root / "build" / "unpacked")[0] == ["c.py"]


def test_a_broken_ignore_file_is_no_obstacle(write: Callable[..., Path]) -> None:
    root = write({".gitignore": b"!\n\xff\xfe\n[\n\\\nignored.py\n", "a.py": "", "ignored.py": ""})
    assert found(root)[0] == ["a.py"]


def test_links_are_not_followed(write: Callable[..., Path], tmp_path: Path) -> None:
    root = write({"a/b.py": ""})
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "c.py").write_text("")
    (root / "a" / "loop").symlink_to(root)
    (root / "away").symlink_to(outside)
    (root / "dangling.py").symlink_to(root / "nothing.py")
    (root / "a" / "itself").symlink_to(root / "a" / "itself")
    assert found(root)[0] == ["a/b.py"]


def test_what_is_left_out_says_why(write: Callable[..., Path]) -> None:
    root = write({"large.py": "x" * 200, "a.py": "", "b.docx": "", "c.docx": "", "d": ""})
    files, skipped = found(root, ContextSettings(max_file_bytes=100))
    assert files == ["a.py"]
    assert "larger than 100 bytes" in why(skipped, "large.py")
    assert "3 files in languages that are not indexed: .docx" in why(skipped, "*")


def test_one_row_for_a_reason_of_thousands() -> None:
    skipped = Skipped()
    for number in range(5000):
        skipped.add(f"f{number}.py", "binary")
    listed = skipped.listing()
    assert len(listed) < 200
    assert listed[-1] == {"path": "*", "why": "binary (4900 more)"}


def test_too_many_files(write: Callable[..., Path]) -> None:
    root = write({f"f{number}.py": "" for number in range(5)})
    files, skipped = found(root, ContextSettings(max_files=3))
    assert len(files) == 3
    assert "context.max_files" in why(skipped, "*")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_unreadable_folder(write: Callable[..., Path]) -> None:
    root = write({"a.py": "", "locked/b.py": ""})
    (root / "locked").chmod(0)
    try:
        files, skipped = found(root)
    finally:
        (root / "locked").chmod(0o700)
    assert files == ["a.py"]
    assert "unreadable folder" in why(skipped, "locked")


def test_folder_that_cannot_be_listed(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"a.py": "", "locked/b.py": ""})
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    files, skipped = found(root)
    assert files == ["a.py"]
    assert why(skipped, "locked") == "unreadable folder: Permission denied"


def test_names_that_are_no_text(write: Callable[..., Path]) -> None:
    root = write({"a.py": ""})
    Path(os.fsdecode(os.fsencode(root) + b"/\xff.py")).write_text("")
    files, skipped = found(root)
    assert files == ["a.py"]
    assert why(skipped, "\ufffd.py") == "the name is not valid UTF-8"


def test_executables_by_their_first_line(write: Callable[..., Path]) -> None:
    root = write({"tool": "#!/usr/bin/env python3\n", "data": "#!/usr/bin/env python3\n"})
    (root / "tool").chmod(0o755)
    assert found(root)[0] == ["tool"]
