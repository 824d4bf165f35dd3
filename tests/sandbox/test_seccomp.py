"""A filter is whole or there is none."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator

import pyseccomp
import pytest

from assistant.sandbox import Job, run, seccomp


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    seccomp.program.cache_clear()
    yield
    seccomp.program.cache_clear()


def forgetting(*names: str) -> Callable[[int, str], int]:
    known = pyseccomp.resolve_syscall

    def resolve(arch: int, name: str) -> int:
        return seccomp.UNKNOWN if name in names else int(known(arch, name))

    return resolve


def test_numbers_are_libseccomp_s_own() -> None:
    for name, number in seccomp.NUMBERS.items():
        known = pyseccomp.resolve_syscall(pyseccomp.system_arch(), name)
        assert known in (number, seccomp.UNKNOWN), name


def test_an_older_libseccomp_gives_the_same_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = seccomp.program()
    seccomp.program.cache_clear()
    monkeypatch.setattr(pyseccomp, "resolve_syscall", forgetting("clone3", "io_uring_setup"))
    assert seccomp.program() == whole


def test_a_call_of_other_architectures_is_left_out() -> None:
    assert seccomp.number(pyseccomp, "ptrace") is not None
    assert seccomp.number(pyseccomp, "arm_fadvise64_64") is None


def test_a_libseccomp_that_does_not_know_ptrace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyseccomp, "resolve_syscall", forgetting("ptrace"))
    outcome = run(Job("python", {"main.py": ""}, "main.py"))
    assert outcome.status == "refused"
    assert "does not know ptrace: install libseccomp" in outcome.reason


def test_a_rule_that_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def add_rule(*_: object) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(pyseccomp.SyscallFilter, "add_rule", add_rule)
    outcome = run(Job("python", {"main.py": ""}, "main.py"))
    assert outcome.status == "refused"
    assert "Invalid argument" in outcome.reason
