"""The Python inside: the interpreter that this project's virtual environment is built on."""

from __future__ import annotations

import functools
import sys
import sysconfig
from pathlib import Path

from assistant.sandbox.language import Mount, mounted
from assistant.sandbox.refusal import Refused

PREFIX = "/opt/python"
SITE_PACKAGES = "/opt/site-packages"


@functools.cache
def interpreter() -> tuple[str, tuple[Mount, ...], dict[str, str]]:
    """Its path inside, what is mounted for it, and the environment it needs. Raises Refused."""
    prefix = Path(sys.base_prefix).resolve()
    name = f"bin/python{sys.version_info[0]}.{sys.version_info[1]}"
    if not (prefix / name).exists():
        raise Refused(f"{prefix / name} is not there: build .venv again with `make setup`")
    inside, mounts = mounted(prefix, PREFIX)
    # Its own libpython is looked for under the path it was built for.
    moved = bool(mounts) and bool(sysconfig.get_config_var("Py_ENABLE_SHARED"))
    return f"{inside}/{name}", mounts, {"LD_LIBRARY_PATH": f"{inside}/lib"} if moved else {}


def site_packages() -> tuple[Mount, ...]:
    """What is installed beside this project."""
    return (Mount(Path(sysconfig.get_path("purelib")).resolve(), SITE_PACKAGES),)
