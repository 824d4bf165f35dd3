"""The home folders of this machine: no sandbox shows what lies in one, but for toolchains."""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
from pathlib import Path

from assistant.sandbox.refusal import Refused

PEOPLE = 1000
"""Their first user id (login.defs(5)). Below it homes are the system's, like ``/usr/sbin``."""
USR = Path("/usr")
PROGRAMS = ("bin", "sbin", "lib", "lib32", "lib64", "include", "share", "local/bin", "local/lib")
"""Of ``/usr``: what a sandbox is made of."""


def homes() -> frozenset[Path]:
    """This user's, root's and people's, links followed. Not ``/``, of which nothing is shown
    that was not asked for."""
    return _homes(os.path.expanduser("~"))  # noqa: PTH111 - Path.home raises where there is none


@functools.cache
def _homes(own: str) -> frozenset[Path]:
    user = os.getuid()
    accounts = [a for a in pwd.getpwall() if a.pw_uid in (0, user) or a.pw_uid >= PEOPLE]
    # A directory service answers for an account that it does not list.
    with contextlib.suppress(KeyError):
        accounts.append(pwd.getpwuid(user))
    named = {own, *(a.pw_dir for a in accounts)}
    return frozenset(Path(os.path.realpath(h)) for h in named if h.startswith("/")) - {Path("/")}


def below_usr() -> tuple[Path, ...]:
    """Those that every sandbox would show with ``/usr``; none inside another. Raises Refused
    where one holds the system's own programs."""
    found = {home for home in homes() if home.is_relative_to(USR) and home.is_dir()}
    for home in found:
        if any((USR / folder).is_relative_to(home) for folder in PROGRAMS):
            raise Refused(
                f"{home} is a home folder and a part of every sandbox: set HOME to another "
                "folder, or give its account one (`usermod --home`)"
            )
    return tuple(sorted(home for home in found if found.isdisjoint(home.parents)))
