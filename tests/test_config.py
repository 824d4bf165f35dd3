from __future__ import annotations

from pathlib import Path

import pytest

from assistant import paths
from assistant.config import load, parse_assignment
from assistant.errors import ConfigError, ModelError


def write(text: str) -> Path:
    file = paths.config_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_defaults_without_a_file(home: Path) -> None:
    assert load().engine.backend == "auto"
    assert not home.exists()


def test_later_sources_override_earlier(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("[engine]\nport = 1\nlinger = 5\nmodel = 'a'\n")
    monkeypatch.setenv("ASSISTANT_ENGINE__PORT", "2")
    monkeypatch.setenv("ASSISTANT_ENGINE__MODEL", "b")
    engine = load({"engine": {"model": "c"}}).engine
    assert (engine.linger, engine.port, engine.model) == (5, 2, "c")


def test_dotted_and_nested_overrides_are_the_same(home: Path) -> None:
    assert load({"engine.port": 7}) == load({"engine": {"port": 7}})


def test_every_fault_is_said_at_once_with_its_source(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write("[engine]\nport = 'x'\nnope = 1\n[lsp]\ncache_size = -1\n[what]\n")
    monkeypatch.setenv("ASSISTANT_COMPLETION__FORM", "sideways")
    with pytest.raises(ConfigError) as error:
        load({"log_level": "loud"})
    assert len(error.value.faults) == 6
    message = str(error.value)
    for part in (
        f"{file}: engine.port",
        f"{file}: engine.nope: no such setting",
        f"{file}: lsp.cache_size",
        f"{file}: what: no such setting",
        "environment: completion.form",
        "options: log_level",
    ):
        assert part in message
    assert "\n" not in message


@pytest.mark.parametrize("text", ["[engine", "\xff\xfe"])
def test_a_file_that_cannot_be_read_is_said(home: Path, text: str) -> None:
    file = paths.config_file()
    file.parent.mkdir(parents=True)
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"config\.toml"):
        load()


def test_an_address_that_is_none_is_said_in_words(home: Path) -> None:
    with pytest.raises(ConfigError, match=r"engine\.url: must be empty, or start with http://"):
        load({"engine.url": "example"})


def test_a_section_that_is_no_table_is_a_fault(home: Path) -> None:
    write("engine = 3\n")
    with pytest.raises(ConfigError, match="engine: must be a section"):
        load({"engine.port": 5})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("engine.port=80", ("engine.port", 80)),
        ("engine.url=http://h/v1", ("engine.url", "http://h/v1")),
        ("context.enabled=false", ("context.enabled", False)),
        ("plugins=['a','b']", ("plugins", ["a", "b"])),
        ("engine.fim=", ("engine.fim", "")),
    ],
)
def test_an_assignment(text: str, expected: tuple[str, object]) -> None:
    assert parse_assignment(text) == expected


def test_no_assignment_is_misuse() -> None:
    with pytest.raises(ConfigError, match="KEY=VALUE"):
        parse_assignment("engine.port")


def test_a_tokenizer_in_the_users_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert load({"engine.tokenizer": "~/x/tokenizer.json"}).engine.tokenizer == (
        "/home/somebody/x/tokenizer.json"
    )
    assert load({"engine.tokenizer": ""}).engine.tokenizer == ""


def test_a_tokenizer_that_is_not_there_is_said(home: Path) -> None:
    from assistant.cli.commands.context import tokenizer

    with pytest.raises(ModelError, match=r"/nowhere/tokenizer\.json"):
        tokenizer(load({"engine.tokenizer": "/nowhere/tokenizer.json"}))


def test_a_part_of_a_lane_keeps_the_rest(home: Path) -> None:
    chat = load({"gateway.chat.slots": 2}).gateway.chat
    assert (chat.slots, chat.queue, chat.patience) == (2, 32, 60)
    with pytest.raises(ConfigError, match=r"gateway\.chat\.slots"):
        load({"gateway.chat.slots": "many"})


def test_a_second_main_engine_is_refused(home: Path) -> None:
    file = write("[engine]\nmodel = 'a'\n[engines.main]\nmodel = 'b'\n")
    with pytest.raises(
        ConfigError, match=r"engines\.main: that is the engine of \[engine\]"
    ) as error:
        load()
    assert str(file) in str(error.value)
    assert len(error.value.faults) == 1


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[engines.a]\nmodel='x'\n[engines.b]\nmodel='x'", r"engines\.b: .* engines\.a 'x'"),
        ("[engine]\nmodel='x'\n[engines.x]\nmodel='y'", r"engines\.x: .* engine 'x'"),
        (
            "[engine.adapters]\ns='/s'\n[engines.b]\nmodel='y'\nadapters={s='/t'}",
            r"engines\.b\.adapters\.s: .* engine\.adapters\.s 's'",
        ),
        ("[engine]\nmodel='x'\nadapters={x='/x'}", r"engine\.adapters\.x: .* engine 'x'"),
        ("[engine]\nadapters={main='/x'}", r"engine\.adapters\.main: .* engine 'main'"),
    ],
)
def test_two_of_one_name_are_refused(home: Path, text: str, fault: str) -> None:
    write(text)
    with pytest.raises(ConfigError, match=fault):
        load()


def test_engines_that_requests_can_tell_apart_are_not_refused(home: Path) -> None:
    url = "url='http://127.0.0.1:9/v1'"
    # Servers elsewhere say what they serve; images are not asked for by who asks for text.
    write(f"[engines.a]\n{url}\n[engines.b]\n{url}\n[engines.c]\nmodel='c'\nserves='image'\n")
    assert set(load().engines) == {"a", "b", "c"}


@pytest.mark.parametrize("value", ["inf", "-inf", "nan"])
@pytest.mark.parametrize(
    "key", ["gateway.drain_seconds", "gateway.chat.patience", "engine.linger", "engines.x.linger"]
)
def test_a_time_is_a_finite_number(home: Path, key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=rf"{key}: .*finite"):
        load({key: float(value)})
