"""The Python inside: the interpreter that this project's virtual environment is built on."""

from __future__ import annotations

import functools
import sys
import sysconfig
from pathlib import Path

from assistant.sandbox.language import Mount, libraries, mounted
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
    library = Path(sysconfig.get_path("stdlib")).name
    folders = tuple(dict.fromkeys(f"{lib}/{library}" for lib in ("lib", sys.platlibdir)))
    shared = bool(sysconfig.get_config_var("Py_ENABLE_SHARED"))
    own = (f"lib/{sysconfig.get_config_var('INSTSONAME')}",) if shared else ()
    loaded = libraries(prefix / name, prefix, prefix / folders[-1] / "lib-dynload")
    inside, mounts = mounted(prefix, PREFIX, (name, *folders, *own, *loaded))
    if not mounts:
        return f"{inside}/{name}", (), {}
    # What people installed into it is no part of it.
    packages = [f"{folder}/site-packages" for folder in folders]
    empty = [Mount(None, f"{inside}/{p}") for p in packages if (prefix / p).is_dir()]
    # Its own libpython is looked for under the path it was built for.
    env = {"LD_LIBRARY_PATH": f"{inside}/lib"} if shared else {}
    return f"{inside}/{name}", (*mounts, *empty), env


def site_packages() -> tuple[Mount, ...]:
    """What is installed beside this project."""
    return (Mount(Path(sysconfig.get_path("purelib")).resolve(), SITE_PACKAGES),)
