"""Toolchains that lie among other things, which no program is to see.

Stand-ins, since what is real here lies under ``/usr``: they run the entry as a shell script.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.sandbox import Job, Outcome, homes, run
from assistant.sandbox.interpreter import interpreter
from assistant.sandbox.language import runtimes
from assistant.sandbox.languages import rust

SECRET = "kept-from-the-sandbox-4711"
SECRETS = ("share/keyrings/login.keyring", "pkg/mod/private.go", "bin/with-a-token", "src.txt")

NODE = """#!/bin/sh
if [ "$1" = --version ]; then echo v24.0.0; exit; fi
for last; do :; done
exec sh "$last"
"""
GO = "#!/bin/sh\ncp main.go /tmp/program && chmod +x /tmp/program\n"
RUSTC = """#!/bin/sh
if [ "$1" = --print ]; then dirname "$(dirname "$0")"; exit; fi
cp main.rs /tmp/program && chmod +x /tmp/program
"""
STAND_INS = {
    "javascript": {"bin/node": NODE},
    "typescript": {"bin/node": NODE},
    "go": {"bin/go": GO, "src/runtime/go.go": ""},
    "java": {
        "bin/javac": "#!/bin/sh\n",
        "bin/java": "#!/bin/sh\nexec sh Main.java\n",
        "lib/modules": "",
    },
    "rust": {"bin/rustc": RUSTC, "bin/cc": "#!/bin/sh\n", "lib/rustlib/x": ""},
}
NEED_WHOLE_FOLDERS = {"go", "java"}
ENTRIES = {"java": "Main.java"}


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    caches = (homes._homes, interpreter, rust.sysroot)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This user's, with a key in it."""
    folder = tmp_path / "me"
    _write(folder / ".ssh/id_ed25519", SECRET)
    monkeypatch.setenv("HOME", str(folder))
    return folder


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)


def install(language: str, prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in, first on PATH, and secrets beside it."""
    for name, content in STAND_INS[language].items():
        _write(prefix / name, content)
    for name in SECRETS:
        _write(prefix / name, SECRET)
    monkeypatch.setenv("PATH", f"{prefix / 'bin'}:{os.environ['PATH']}")


def search(language: str, *folders: Path) -> Outcome:
    # Not in all of /opt: Python's library is large.
    where = " ".join(map(str, ("/opt/node", "/opt/go", "/opt/java", "/opt/rust", *folders)))
    code = f"#!/bin/sh\ngrep -rs {SECRET} {where} && echo ESCAPED\necho searched\n"
    entry = ENTRIES.get(language, f"main{runtimes.get(language).suffixes[0]}")
    return run(Job(language, {entry: code}, entry))


def test_every_language_has_a_stand_in() -> None:
    assert set(STAND_INS) == set(runtimes.names()) - {"python"}


@pytest.mark.parametrize("language", STAND_INS)
@pytest.mark.parametrize("folder", [".local", "."])
def test_a_toolchain_among_a_home_s_files(
    language: str, folder: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(language, home / folder, monkeypatch)
    outcome = search(language, home)
    if language in NEED_WHOLE_FOLDERS:
        assert outcome.status == "refused"
        assert "in a folder of its own" in outcome.reason
    else:
        assert (outcome.status, outcome.stdout) == ("passed", "searched\n"), outcome


@pytest.mark.parametrize("language", STAND_INS)
def test_a_toolchain_in_its_own_folder(
    language: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(language, home / "sdk/tool", monkeypatch)
    outcome = search(language, home)
    assert (outcome.status, outcome.stdout) == ("passed", "searched\n"), outcome


@pytest.mark.parametrize("language", STAND_INS)
def test_a_toolchain_in_another_s_home(
    language: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    account = pwd.struct_passwd(("u", "x", 1234, 1234, "", str(other), "/bin/sh"))
    everybody = [*pwd.getpwall(), account]
    monkeypatch.setattr(pwd, "getpwall", lambda: everybody)
    install(language, other, monkeypatch)
    outcome = search(language, other, home)
    if language in NEED_WHOLE_FOLDERS:
        assert outcome.status == "refused"
        assert "in a folder of its own" in outcome.reason
    else:
        assert (outcome.status, outcome.stdout) == ("passed", "searched\n"), outcome


@pytest.mark.parametrize("language", sorted(NEED_WHOLE_FOLDERS))
def test_a_program_of_no_whole_toolchain(
    language: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(language, home / "tools", monkeypatch)
    for folder in ("src", "lib"):
        shutil.rmtree(home / "tools" / folder, ignore_errors=True)
    outcome = search(language, home)
    assert outcome.status == "refused"
    assert "first on PATH" in outcome.reason


def test_python_in_a_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, prefix = Path(sys.base_prefix).resolve(), home / ".local"
    name = f"bin/python{sys.version_info[0]}.{sys.version_info[1]}"
    library = Path(sysconfig.get_path("stdlib")).relative_to(real)
    for part in (name, str(library), f"lib/{sysconfig.get_config_var('INSTSONAME')}"):
        if (real / part).exists():
            (prefix / part).parent.mkdir(parents=True, exist_ok=True)
            (prefix / part).symlink_to(real / part)
    _write(prefix / "share/keyrings/login.keyring", SECRET)
    monkeypatch.setattr(sys, "base_prefix", str(prefix))
    code = """
import ctypes, os, sys, zlib
print(sys.prefix)
for root, _, names in os.walk('/opt'):
    if 'login.keyring' in names or (names and root.endswith('site-packages')):
        print('ESCAPED', root)
"""
    outcome = run(Job("python", {"main.py": code}, "main.py"))
    assert (outcome.status, outcome.stdout) == ("passed", "/opt/python\n"), outcome


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_a_toolchain_s_own_libraries(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install("javascript", home / ".local", monkeypatch)
    library, node = home / ".local/lib/libanswer.so.1", home / ".local/bin/node"
    _write(home / "answer.c", "int answer(void) { return 42; }")
    _write(home / "node.c", "int answer(void); int main(void) { return answer(); }")
    library.parent.mkdir()
    origin = "-Wl,-rpath,$ORIGIN/../lib"
    shared = ["-shared", "-fPIC", "-Wl,-soname,libanswer.so.1"]
    subprocess.run(["cc", *shared, home / "answer.c", "-o", library], check=True)
    subprocess.run(["cc", home / "node.c", library, origin, "-o", node], check=True)
    assert search("javascript").exit_code == 42


@pytest.fixture
def home_below_usr(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    if not os.access("/usr", os.W_OK):
        pytest.skip("only root can make a folder below /usr")
    with tempfile.TemporaryDirectory(dir="/usr", prefix="sandbox-test-") as above:
        Path(above).chmod(0o755)
        folder = Path(above, "me")
        _write(folder / ".netrc", SECRET)
        monkeypatch.setenv("HOME", str(folder))
        yield folder


def test_a_home_below_usr(home_below_usr: Path) -> None:
    code = f"""
import os
print(os.listdir({str(home_below_usr)!r}))
try:
    open({str(home_below_usr / "x")!r}, 'w')
except OSError as error:
    print('HELD')
"""
    outcome = run(Job("python", {"main.py": code}, "main.py"))
    assert outcome.stdout == "[]\nHELD\n", outcome


def test_a_toolchain_in_a_home_below_usr(
    home_below_usr: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("javascript", home_below_usr / ".local", monkeypatch)
    outcome = search("javascript", home_below_usr)
    assert (outcome.status, outcome.stdout) == ("passed", "searched\n"), outcome


@pytest.mark.parametrize("folder", ["/usr", "/usr/local", "/usr/lib"])
def test_a_home_that_is_the_system_s(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", folder)
    outcome = run(Job("python", {"main.py": ""}, "main.py"))
    assert outcome.status == "refused"
    assert "set HOME" in outcome.reason


@pytest.mark.parametrize("folder", ["/", "", "relative", "/nonexistent"])
def test_a_home_that_is_none(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", folder)
    assert run(Job("python", {"main.py": "print(1)"}, "main.py")).stdout == "1\n"
