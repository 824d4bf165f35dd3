"""Keys: who may use the gateway, and for what.

Kept as SHA-256 digests in ``keys.json`` of the state folder: a key has 256 random bits, so
there is nothing to guess and no salt is needed. The file is read again when it changes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from assistant import paths
from assistant.errors import UsageError

SCOPES = ("complete", "chat", "media", "admin")
PREFIX = "ak-"


class Key(BaseModel):
    """``requests_per_minute`` and ``concurrent`` are its limits; 0 is none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    digest: str = ""
    scopes: tuple[str, ...] = SCOPES
    requests_per_minute: int = Field(0, ge=0)
    concurrent: int = Field(0, ge=0)
    created: str = ""


LOCAL = Key(name="local")
"""Whoever comes over the loopback address while there are no keys."""
STRANGER = Key(name="", scopes=())
"""Whoever has shown no key yet."""


class Keys:
    """The keys of one state folder."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or paths.home() / "keys.json"
        self._read: tuple[tuple[int, int], tuple[Key, ...]] | None = None

    def all(self) -> tuple[Key, ...]:
        """Every key. Raises UsageError for a file that cannot be read."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise UsageError(f"{self.path} cannot be read ({error.strerror})") from error
        stamp = (status.st_mtime_ns, status.st_ino)
        if self._read is None or self._read[0] != stamp:
            try:
                found = _ADAPTER.validate_json(self.path.read_bytes())
            except (OSError, ValidationError) as error:
                words = " ".join(str(error).split())[:200]
                raise UsageError(
                    f"{self.path} cannot be read ({words}): mend or remove it"
                ) from error
            self._read = (stamp, tuple(found))
        return self._read[1]

    def find(self, secret: str) -> Key | None:
        """The key of that secret. Takes as long for a wrong one as for a right one."""
        digest = _digest(secret)
        found: Key | None = None
        for key in self.all():
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found

    def add(
        self, name: str, scopes: Collection[str], requests_per_minute: int = 0, concurrent: int = 0
    ) -> str:
        """Make a key and give its secret, which is kept nowhere. Raises UsageError."""
        if unknown := sorted(set(scopes) - set(SCOPES)):
            raise UsageError(f"no scope {', '.join(unknown)}: there are {', '.join(SCOPES)}")
        if not name or any(key.name == name for key in self.all()):
            raise UsageError(
                f"a key named {name!r} exists: choose another name, or remove it first"
            )
        secret = PREFIX + secrets.token_urlsafe(32)
        key = Key(
            name=name,
            digest=_digest(secret),
            scopes=tuple(s for s in SCOPES if s in scopes),
            requests_per_minute=requests_per_minute,
            concurrent=concurrent,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self._write([*self.all(), key])
        return secret

    def remove(self, name: str) -> None:
        """Raises UsageError for a name that is not there."""
        kept = [key for key in self.all() if key.name != name]
        if len(kept) == len(self.all()):
            raise UsageError(f"no key is named {name!r}: see `assistant keys list`")
        self._write(kept)

    def _write(self, keys: list[Key]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, part = tempfile.mkstemp(dir=self.path.parent, suffix=".part")  # mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump([key.model_dump(mode="json") for key in keys], file, indent=1)
            file.write("\n")
        Path(part).replace(self.path)


_ADAPTER = TypeAdapter(list[Key])


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
