from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from mined_repository import FILES

from eval.cli.app import run
from eval.mining.masking import leaks, masked
from eval.mining.records import load
from eval.public import build as building
from eval.public.archives import ArchiveError, unpack
from eval.public.build import PublicSetError, build, built, made
from eval.public.sources import Sources
from eval.public.sources import load as load_sources

NAMES = {"pypi": "shop-1.0.tar.gz", "npm": "shop-web-1.0.0.tgz"}


def archive(top: str, files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{top}/{path}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return made.getvalue()


PYPI = archive("shop-1.0", {**FILES, "setup.py": "raise SystemExit('this was run')\n"})
NPM = archive(
    "package",
    {
        "package.json": json.dumps(
            {"name": "shop-web", "version": "1.0.0", "scripts": {"prepare": "exit 1"}}
        ),
        "src/money.ts": FILES["web/money.ts"],
        "src/page.ts": FILES["web/page.ts"],
        "dist/page.js": FILES["web/page.ts"],
    },
)


class Registry(BaseHTTPRequestHandler):
    """One project of each kind: PEP 691 for pip, a package document for npm."""

    def do_GET(self) -> None:
        host = f"http://{self.headers['Host']}"
        kind, answer = "application/json", b"{}"
        if self.path == "/simple/shop/":
            kind = "application/vnd.pypi.simple.v1+json"
            row = {
                "filename": NAMES["pypi"],
                "url": f"{host}/files/{NAMES['pypi']}",
                "hashes": {"sha256": hashlib.sha256(PYPI).hexdigest()},
            }
            answer = json.dumps(
                {"meta": {"api-version": "1.0"}, "name": "shop", "files": [row]}
            ).encode()
        elif self.path == "/shop-web":
            dist = {
                "tarball": f"{host}/files/{NAMES['npm']}",
                "shasum": hashlib.sha1(NPM).hexdigest(),
            }
            row = {"name": "shop-web", "version": "1.0.0", "dist": dist}
            answer = json.dumps(
                {"name": "shop-web", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": row}}
            ).encode()
        elif self.path.startswith("/files/"):
            kind, answer = "application/octet-stream", PYPI if NAMES["pypi"] in self.path else NPM
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    configure(tmp_path, monkeypatch, server.server_port)
    yield server
    server.shutdown()
    server.server_close()


def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{port}/simple/")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{port}/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_noproxy", "127.0.0.1")


def pinned(folder: Path, *kinds: str, sha256: str = "") -> Path:
    text = "seed = 3\n"
    for kind in kinds:
        name = NAMES[kind].removesuffix("-1.0.tar.gz").removesuffix("-1.0.0.tgz")
        version = "1.0" if kind == "pypi" else "1.0.0"
        digest = sha256 or hashlib.sha256(PYPI if kind == "pypi" else NPM).hexdigest()
        text += f"""[[source]]
name = "{name}"
version = "{version}"
registry = "{kind}"
file = "{NAMES[kind]}"
sha256 = "{digest}"
licence = "MIT"
languages = ["python"]
first_published = "2026-01-01"
evidence = "none"
per_kind = 3
"""
    path = folder / "sources.toml"
    path.write_text(text)
    return path


def record(folder: Path, pins: Path) -> Path:
    path = folder / "targets.jsonl"
    path.write_text(made(load_sources(pins), print).text())
    return path


@pytest.mark.slow
def test_from_a_registry_to_the_recorded_holes(
    home: Path, tmp_path: Path, registry: ThreadingHTTPServer
) -> None:
    pins = pinned(tmp_path, "pypi")
    recorded = record(tmp_path, pins)
    shutil.rmtree(home)
    said: list[str] = []
    path = build(said.append, pins, recorded)
    assert said[-1].endswith("the same as recorded")
    assert path.read_bytes() == recorded.read_bytes()
    mined = load(path)
    assert {t.origin for t in mined.targets} == {"shop-1.0"}
    assert mined.origins[0].archive_sha256 == hashlib.sha256(PYPI).hexdigest()
    trees = masked(mined, path.parent)
    assert any(tree.holes for tree in trees)
    assert not any(leaks(tree) for tree in trees)
    # What is there already needs no registry.
    registry.shutdown()
    assert built(said.append, recorded) == path
    assert build(said.append, pins, recorded) == path


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_npm_brings_sources_and_no_compiled_copy(
    home: Path, tmp_path: Path, registry: ThreadingHTTPServer
) -> None:
    found = made(load_sources(pinned(tmp_path, "npm")), print)
    assert {t.path for t in found.targets} == {"src/page.ts"}
    assert not (home / "eval" / "public" / "shop-web-1.0.0" / "dist").exists()


@pytest.mark.slow
def test_other_holes_than_recorded(
    home: Path, tmp_path: Path, registry: ThreadingHTTPServer
) -> None:
    pins = pinned(tmp_path, "pypi")
    recorded = record(tmp_path, pins)
    recorded.write_text("".join(recorded.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(PublicSetError, match="other holes"):
        build(print, pins, recorded)


def test_another_archive_than_pinned_is_not_kept(
    home: Path, tmp_path: Path, registry: ThreadingHTTPServer
) -> None:
    pins = pinned(tmp_path, "pypi", sha256="0" * 64)
    with pytest.raises(ArchiveError, match="not the pinned 000"):
        made(load_sources(pins), print)
    assert not list((home / "eval" / "public" / "archives").glob("*.gz"))


def test_no_network(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(tmp_path, monkeypatch, 9)
    with pytest.raises(PublicSetError, match="assistant eval mine --public") as raised:
        built(print)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["../out.py", "top/../../out.py"])
def test_a_path_out_of_the_archive(tmp_path: Path, name: str) -> None:
    file = tmp_path / "bad.tgz"
    with tarfile.open(file, "w:gz") as tar:
        member = tarfile.TarInfo(name)
        tar.addfile(member, io.BytesIO())
    with pytest.raises(ArchiveError):
        unpack(file, tmp_path / "tree")
    assert not (tmp_path / "tree").exists()
    assert not (tmp_path / "out.py").exists()


def test_links_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "links.tgz"
    with tarfile.open(file, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("top/a.py"), io.BytesIO())
        link = tarfile.TarInfo("top/b.py")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    unpack(file, tmp_path / "tree")
    assert [path.name for path in (tmp_path / "tree").iterdir()] == ["a.py"]


def test_what_is_no_archive(tmp_path: Path) -> None:
    file = tmp_path / "no.tgz"
    file.write_bytes(b"no")
    with pytest.raises(ArchiveError, match="cannot be unpacked"):
        unpack(file, tmp_path / "tree")


def test_the_recorded_set_names_its_sources() -> None:
    pins: Sources = load_sources(building.SOURCES)
    found = load(building.TARGETS)
    assert [o.archive_sha256 for o in found.origins] == [s.sha256 for s in pins.source]
    assert len(pins.source) >= 5
    assert len({t.language for t in found.targets}) >= 3
    assert {lang for s in pins.source for lang in s.languages} == {
        t.language for t in found.targets
    }
    assert all(source.first_published > "2025-06-30" for source in pins.source)
    assert len({t.id for t in found.targets}) == len(found.targets)


def test_public_goes_alone(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mine", str(tmp_path), "--public"]) == 2
    assert "goes alone" in capsys.readouterr().err
