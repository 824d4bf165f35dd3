from __future__ import annotations

from pathlib import Path

import pytest
from mined_repository import FILES, make, make_with_copies

from assistant.context.repository import Repository
from assistant.errors import UsageError
from assistant.settings import ContextSettings
from assistant.types import CompletionRequest, Document
from eval.mining.candidates import squeezed
from eval.mining.masking import masked
from eval.mining.mine import mine
from eval.mining.records import MinedSet, load


def mined(root: Path, seed: int = 0) -> MinedSet:
    return mine(root, ContextSettings(), seed=seed)


def test_targets_use_names_of_other_files(home: Path, tmp_path: Path) -> None:
    found = mined(make(tmp_path / "proj"))
    assert {t.path for t in found.targets} == {"shop/cart.py", "shop/report.py", "web/page.ts"}
    assert {t.language for t in found.targets} == {"python", "typescript"}
    for target in found.targets:
        text = FILES[target.path][target.start : target.end]
        assert target.names
        assert all(name in text for name in target.names)
        assert "import" not in text


def test_the_seed_decides(home: Path, tmp_path: Path) -> None:
    root = make(tmp_path / "proj")
    assert mined(root, 1) == mined(root, 1)
    assert len({mined(root, seed).targets for seed in range(6)}) > 1


def test_a_set_holds_no_source_and_comes_back(home: Path, tmp_path: Path) -> None:
    found = mined(make(tmp_path / "proj"))
    file = tmp_path / "set.jsonl"
    file.write_text(found.text())
    assert load(file) == found
    for target in found.targets:
        assert FILES[target.path][target.start : target.end] not in found.text()


def test_a_file_that_is_no_set(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text("")
    with pytest.raises(UsageError, match="mine it anew"):
        load(file)


@pytest.mark.parametrize("separator", "\u2028\u2029\x85\x0c")
def test_a_path_with_an_unusual_line_separator(home: Path, tmp_path: Path, separator: str) -> None:
    root = make(tmp_path / "proj")
    (root / "shop" / "cart.py").rename(root / "shop" / f"a{separator}cart.py")
    found = mined(root)
    file = tmp_path / "set.jsonl"
    file.write_text(found.text(), encoding="utf-8")
    assert any(separator in target.path for target in found.targets)
    assert load(file) == found


def test_the_copy_is_made_of_the_files_that_were_mined(home: Path, tmp_path: Path) -> None:
    root = make(tmp_path / "proj")
    table = 'TABLE = """' + "more than a million bytes\n" * 40_000 + '"""\n'
    (root / "shop" / "report.py").write_text(FILES["shop/report.py"] + table)
    settings = ContextSettings(max_file_bytes=2_000_000)
    found = mine(root, settings)
    assert "shop/report.py" in {target.path for target in found.targets}
    file = tmp_path / "set.jsonl"
    file.write_text(found.text(), encoding="utf-8")
    (tree,) = masked(load(file), tmp_path)
    assert {hole.target.id for hole in tree.holes} == {target.id for target in found.targets}
    less = mine(root, ContextSettings(max_file_bytes=600))
    (tree,) = masked(less, tmp_path)
    assert {file.stat().st_size <= 600 for file in tree.root.rglob("*.*")} == {True}


@pytest.mark.parametrize("seed", range(4))
def test_no_indexed_file_and_no_snippet_holds_a_target(
    home: Path, tmp_path: Path, seed: int
) -> None:
    root = make_with_copies(tmp_path / "proj")
    tree = masked(mined(root, seed), tmp_path)[0]
    assert tree.holes
    settings = ContextSettings()
    with Repository.open(tree.root, settings) as repository:
        assert repository.refresh().files
        for hole in tree.holes:
            wanted = squeezed(hole.text)
            for file in tree.root.rglob("*.*"):
                assert wanted not in squeezed(file.read_text())
            on_disk = tree.root / hole.target.path
            text = hole.prefix + hole.suffix
            assert on_disk.read_text() == text
            document = Document(on_disk, text, hole.target.language)
            request = CompletionRequest(document, len(hole.prefix), tree.root)
            for snippet in repository.retrieve(request, len, 100_000):
                assert wanted not in squeezed(snippet.text)


def test_the_copy_is_kept(home: Path, tmp_path: Path) -> None:
    found = mined(make(tmp_path / "proj"))
    assert masked(found, tmp_path) == masked(found, tmp_path)
    assert len(list((home / "eval" / "mined").iterdir())) == 1


def test_a_changed_file_is_named(home: Path, tmp_path: Path) -> None:
    root = make(tmp_path / "proj")
    found = mined(root)
    changed = root / found.targets[0].path
    changed.write_text(changed.read_text() + "\n")
    with pytest.raises(UsageError, match="has changed since"):
        masked(found, tmp_path)


def test_nothing_to_mine(home: Path, tmp_path: Path) -> None:
    (tmp_path / "proj").mkdir()
    (tmp_path / "proj" / "one.py").write_text("def alone():\n    return 1\n")
    with pytest.raises(UsageError, match="uses names of its other files"):
        mined(tmp_path / "proj")
