from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assistant.context import Repository
from assistant.settings import ContextSettings
from assistant.types import CompletionRequest, Snippet

Write = Callable[..., Path]


def test_open_reads_nothing(write: Write, repository: Repository) -> None:
    write({"a.py": "def f(): pass\n"})
    assert not repository.defines("f")
    repository.refresh()
    assert repository.defines("f")


def test_definitions(write: Write, repository: Repository) -> None:
    write({"b.py": "def f(a): pass\n", "a.py": "x = 1\nclass C:\n    def f(self): pass\n"})
    repository.refresh()
    found = [(one.path, one.definition.parent) for one in repository.definitions("f")]
    assert found == [("a.py", "C"), ("b.py", "")]
    assert repository.definitions("nothing") == []


def test_update_follows_one_file(write: Write, repository: Repository) -> None:
    root = write({"a.py": "def f(): pass\n"})
    repository.refresh()
    write({"a.py": "def g(): pass\n", "sub/new.py": "def h(): pass\n"})
    repository.update(root / "a.py")
    repository.update(root / "sub" / "new.py")
    assert (repository.defines("f"), repository.defines("g")) == (False, True)
    assert repository.defines("h")
    (root / "a.py").unlink()
    repository.update(root / "a.py")
    assert not repository.defines("g")
    assert repository.refresh().changed == 0


def test_a_deleted_folder_takes_its_files_along(write: Write, repository: Repository) -> None:
    root = write({"p/a.py": "def f(): pass\n", "p/q/b.py": "def g(): pass\n", "pq.py": "x = 1\n"})
    repository.refresh()
    for path in (root / "p" / "a.py", root / "p" / "q" / "b.py"):
        path.unlink()
    (root / "p" / "q").rmdir()
    (root / "p").rmdir()
    repository.update(root / "p")
    assert not repository.defines("f")
    assert not repository.defines("g")
    assert repository.defines("x")


def test_unsaved_text_counts_until_the_file_is_saved(write: Write, repository: Repository) -> None:
    root = write({"a.py": "def f(): pass\n"})
    repository.refresh()
    repository.update(root / "a.py", "def f2(): pass\n")
    assert (repository.defines("f"), repository.defines("f2")) == (False, True)
    # It is not written to the index.
    with Repository.open(root, ContextSettings()) as another:
        assert (another.defines("f"), another.defines("f2")) == (True, False)
    repository.update(root / "a.py")
    assert (repository.defines("f"), repository.defines("f2")) == (True, False)


def test_update_passes_over_what_is_not_indexed(
    write: Write, repository: Repository, tmp_path: Path
) -> None:
    root = write({".gitignore": "ignored.py\n", "ignored.py": "def i(): pass\n", "a.txt": "x"})
    (tmp_path / "outside.py").write_text("def o(): pass\n")
    for path in (root / "ignored.py", root / "a.txt", tmp_path / "outside.py", root / "gone.py"):
        repository.update(path)
    assert not repository.defines("i")
    assert not repository.defines("o")


def test_a_file_that_grew_too_large_is_forgotten(write: Write, home: Path) -> None:
    root = write({"a.py": "def f(): pass\n"})
    with Repository.open(root, ContextSettings(max_file_bytes=100)) as repository:
        repository.refresh()
        write({"a.py": "def f(): pass\n" * 100})
        repository.update(root / "a.py")
        assert not repository.defines("f")


def test_updates_relink_imports(
    write: Write, repository: Repository, ask: Callable[..., CompletionRequest]
) -> None:
    root = write({"pkg/__init__.py": "", "pkg/a.py": "def f(x): pass\n"})
    repository.refresh()
    write({"pkg/__init__.py": "from .a import f\n"})
    repository.update(root / "pkg" / "__init__.py")
    found = repository.retrieve(ask("m.py", "from pkg import f\n|"), len, 1000)
    assert [one.path for one in found] == ["pkg/a.py"]


def test_disabled_or_without_budget(
    write: Write, home: Path, ask: Callable[..., CompletionRequest]
) -> None:
    root = write({"a.py": "def f(x): pass\n"})
    request = ask("m.py", "from a import f\n|")
    with Repository.open(root, ContextSettings(enabled=False)) as repository:
        repository.refresh()
        assert repository.retrieve(request, len, 1000) == []
    with Repository.open(root, ContextSettings()) as repository:
        assert repository.retrieve(request, len, 0) == []
        assert [one.path for one in repository.retrieve(request, len, 1000)] == ["a.py"]


def test_monsters_and_cursors_out_of_bounds(
    write: Write, repository: Repository, ask: Callable[..., CompletionRequest], root: Path
) -> None:
    from dataclasses import replace

    write({"a.py": "def f(x): pass\n"})
    repository.refresh()
    one_line = ask("min.js", "x=1;" * 250_000 + "|" + "y=2;" * 1000)
    many_lines = ask("big.py", "from a import f\n" + "z = f(1)\n" * 60_000 + "|")
    assert repository.retrieve(one_line, len, 1000) == []
    assert [one.path for one in repository.retrieve(many_lines, len, 1000)] == ["a.py"]
    for offset in (-5, 10**9):
        request = replace(ask("m.py", "from a import f\n|"), offset=offset)
        assert isinstance(repository.retrieve(request, len, 1000), list)


def test_threads_share_a_repository(
    write: Write, repository: Repository, ask: Callable[..., CompletionRequest]
) -> None:
    root = write({f"m{n}.py": f"def f{n}(x): pass\n" for n in range(20)})
    repository.refresh()

    def work(number: int) -> list[Snippet]:
        if number % 5 == 0:
            repository.update(root / f"m{number % 20}.py", None)
        name = number % 20
        return repository.retrieve(ask("x.py", f"from m{name} import f{name}\n|"), len, 500)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(work, range(100)))
    assert [[one.path for one in found] for found in answers] == [
        [f"m{n % 20}.py"] for n in range(100)
    ]
