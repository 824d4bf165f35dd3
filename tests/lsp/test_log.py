"""What may stand in the log, and what may not."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from lsp_client import ResponseError
from lsp_setting import Setting

from assistant.errors import where
from lsp import log

SECRET = "the_user_s_own_words"


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """The log of this process, put back as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    path = tmp_path / "folder" / "lsp.log"
    log.configure("info", path)
    yield path
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = True


def test_a_library_s_arguments_and_messages_stay_out(file: Path) -> None:
    library = logging.getLogger("pygls.protocol.json_rpc")
    try:
        raise ValueError(SECRET)
    except ValueError:
        library.exception("Failed to handle request %s %s %s", 1, "method", {"text": SECRET})
    library.error("Unable to deserialize message\n%s", f"Traceback {SECRET}\n")
    library.warning("Unknown message %r", {"text": SECRET})
    logging.getLogger("assistant.engines.link").warning("no engine: %s", "start one")
    text = file.read_text()
    assert SECRET not in text
    assert "Traceback" not in text
    assert "Failed to handle request: ValueError at test_log.py" in text
    assert "Unknown message '<dict>'" in text or "Unknown message <dict>" in text
    assert "no engine: start one" in text
    assert len(text.splitlines()) == 4


def test_where_an_error_arose_without_its_words() -> None:
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        said = where(error)
    assert said.startswith("KeyError at test_log.py:")
    assert SECRET not in said


@pytest.mark.slow
async def test_no_source_text_reaches_the_log(setting: Setting, tmp_path: Path) -> None:
    setting.engine.configure(default="answer_of_the_model()")
    path = tmp_path / "lsp.log"
    arguments = ("--log-file", str(path), "--set", "log_level=debug")
    async with setting.server(*arguments) as client:
        await client.initialize(setting.folder)
        await client.ready()
        uri = setting.document("secret.py")
        await client.open(uri, f"{SECRET} = \n")
        assert await client.inline(uri, 0, len(SECRET) + 3)
        await client.insert(uri, 0, 0, f"{SECRET}\n")
        await client.insert(uri, 900, 900, SECRET)
        await client.raw(f'{{"jsonrpc": "2.0", "id": 7, "method": "{SECRET}"'.encode())
        with pytest.raises(ResponseError):
            await client.request("textDocument/inlineCompletion", {"textDocument": SECRET})
    text = path.read_text()
    assert "engine" in text  # it does log
    assert SECRET not in text
    assert "answer_of_the_model" not in text
    assert client.errors == b""
