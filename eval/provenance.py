"""What a result was made with: the code's commit, the model's digest."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import assistant
from assistant.engines.protocol import Endpoint
from eval.results import Model

_BLOCK = 1 << 20
_PACKAGES = ("assistant", "eval", "lsp")


def commit() -> str:
    """The commit that this code stands at; changes on top are named by their digest.

    Outside a checkout it is the package's version.
    """
    folder = Path(__file__).resolve().parent.parent
    try:
        # Installed below somebody's repository it is not of that repository.
        _git(folder, "ls-files", "--error-unmatch", "eval/provenance.py")
        head = _git(folder, "rev-parse", "HEAD").strip()
        changes = _git(folder, "diff", "HEAD", "--", *_PACKAGES)
        new = _git(folder, "ls-files", "-z", "--others", "--exclude-standard", "--", *_PACKAGES)
        for name in new.split("\0")[:-1]:
            changes += f"{name}\n{(folder / name).read_bytes()!r}\n"
    except (OSError, subprocess.CalledProcessError):
        return f"version {assistant.__version__}"
    if not changes:
        return head
    return f"{head}+{hashlib.sha256(changes.encode()).hexdigest()[:12]}"


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def model(endpoint: Endpoint) -> Model:
    """Name, precision and digest of what the endpoint serves, as far as its files are here."""
    folder = endpoint.tokenizer.parent if endpoint.tokenizer else None
    weights = sorted(folder.glob("*.safetensors")) if folder else []
    precision = folder.name if folder and folder.name in ("int4", "bf16") else ""
    return Model(
        name=endpoint.model,
        precision=precision,
        digest=_digest(weights) if weights else "",
        engine=endpoint.engine,
    )


def _digest(files: list[Path]) -> str:
    """sha256 over the files' bytes, in the order of their names."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()
