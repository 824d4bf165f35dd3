"""Which workspace a client's file lies in, and which it does not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from assistant.gateway.errors import BadRequest
from assistant.gateway.workspaces import ELSEWHERE, Place, Workspaces, canonical


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "ledger"
    (folder / "src").mkdir(parents=True)
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "remote", "add", "origin", "git@host.example:us/Ledger.git"], check=True)
    return folder


@pytest.mark.parametrize(
    "url",
    [
        "git@host.example:us/Ledger.git",
        "https://host.example/us/ledger",
        "https://somebody:secret@HOST.example/us/ledger.git/",
        "ssh://git@host.example:22/us/ledger.git",
        "host.example:us/ledger",
    ],
)
def test_one_repository_has_many_addresses(url: str) -> None:
    assert canonical(url) == "host.example/us/ledger"


@pytest.mark.parametrize("url", ["", "://", "http://[", "/srv/git/x.git", ":", "a:b"])
def test_any_address_is_read(url: str) -> None:
    assert isinstance(canonical(url), str)


def test_a_repository_is_known_by_its_remote(root: Path) -> None:
    allowed = Workspaces([str(root)])
    url = "https://host.example/us/ledger.git"
    assert allowed.place("src/a.py", git_url=url) == Place(root / "src" / "a.py", root)
    assert allowed.place("", "python", git_url=url) == Place(root / "untitled.py", root)
    other = allowed.place("src/a.py", git_url="https://host.example/us/other")
    assert other == Place(ELSEWHERE / "other" / "src" / "a.py", ELSEWHERE / "other")


def test_a_workspace_may_be_part_of_a_repository(root: Path) -> None:
    part = Workspaces([str(root / "src")])
    url = "git@host.example:us/ledger"
    assert part.place("src/a.py", git_url=url) == Place(root / "src" / "a.py", root / "src")
    assert part.place("docs/a.py", git_url=url).root == ELSEWHERE / "ledger"


def test_a_worktree_has_its_repositorys_remotes(root: Path, tmp_path: Path) -> None:
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b.example"]
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    subprocess.run([*git, "worktree", "add", "-q", str(tmp_path / "tree")], check=True)
    allowed = Workspaces([str(tmp_path / "tree")])
    place = allowed.place("a.py", git_url="git@host.example:us/ledger.git")
    assert place.root == tmp_path / "tree"


def test_an_absolute_path_names_its_workspace(root: Path) -> None:
    allowed = Workspaces([str(root)])
    assert allowed.place(str(root / "a b.py")) == Place(root / "a b.py", root)
    assert allowed.place((root / "a b.py").as_uri()) == Place(root / "a b.py", root)
    assert allowed.place("/etc/passwd") == Place(ELSEWHERE / "passwd")
    assert allowed.place("a.py", workspace=root) == Place(root / "a.py", root)


def test_nothing_leads_out_of_a_workspace(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("x = 1\n")
    (root / "link.py").symlink_to(tmp_path / "secret.py")
    allowed = Workspaces([str(root)])
    url = "git@host.example:us/ledger.git"
    for named in ("../secret.py", "link.py", "src/../../secret.py"):
        assert allowed.place(named, git_url=url).root == ELSEWHERE / "ledger"
        assert allowed.place(named, workspace=root).root is None
        assert allowed.place(str(root / named)).root is None
    assert allowed.place("a\0b", git_url=url).root == ELSEWHERE / "ledger"


def test_a_uri_that_is_none_is_refused(root: Path) -> None:
    for workspace in (None, root):
        with pytest.raises(BadRequest, match="URI"):
            Workspaces([str(root)]).place("file://[secret", workspace=workspace)
