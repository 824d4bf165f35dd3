"""Virtual environments for tests, made without pip."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def made(folder: Path, modules: Mapping[str, str], python: str = sys.executable) -> Path:
    """A virtual environment in ``folder`` with ``modules`` (``{"a/b.py": text}``) in its
    site-packages, which is returned."""
    subprocess.run([python, "-m", "venv", "--without-pip", str(folder)], check=True)
    [packages] = folder.glob("lib/python3*/site-packages")
    for name, text in modules.items():
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_text(text, encoding="utf-8")
    return packages
