"""Secrets, taken out of what goes to a model and put back into what comes from it.

What is one is detect-secrets' to say (Yelp; its plug-ins for known tokens, passwords by the
name that they are given to, and strings of high entropy).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

_KEY_BLOCK = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
_LEFT_OUT = {"IPPublicDetector"}
"""An address is no secret, and documentation is full of them."""
_CONFIGURATION = re.compile(r"\s*(?:export )?[A-Z][A-Z0-9_]*=\S+$|\s*[\w.-]+: (?=\S*\d)\S{8,}$")
"""A line of a ``.env`` or YAML file, where a value has no quotes."""
_NAME = re.compile(r"SECRET_\d+")
_LONGEST_LINE = 4000
"""Characters of a line that are looked at; longer ones are data."""
_SHORTEST = 6
"""Characters of a secret: shorter ones would be found in ordinary words."""


class Masking:
    """The secrets of one conversation; the same one has the same name throughout."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def mask(self, text: str) -> str:
        """``text`` with a name such as ``SECRET_1`` in place of each secret."""
        text = _KEY_BLOCK.sub(lambda found: self._name(found[0]), text)
        for value in dict.fromkeys(_secrets(text)):
            text = text.replace(value, self._name(value))
        return text

    def unmask(self, text: str) -> str:
        """``text`` with the secrets where their names stand."""
        # The longest name first: SECRET_1 begins SECRET_12.
        for value, name in sorted(self._names.items(), key=lambda pair: -len(pair[1])):
            text = text.replace(name, value)
        return text

    def _name(self, value: str) -> str:
        return self._names.setdefault(value, f"SECRET_{len(self._names) + 1}")


def _secrets(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if 0 < len(line) <= _LONGEST_LINE:
            yield from _of_line(line)


@lru_cache(maxsize=20_000)
def _of_line(line: str) -> tuple[str, ...]:
    found = [value for plugin in _plugins() for value in _by(plugin, line)]
    return tuple(v for v in found if len(v) >= _SHORTEST and not _NAME.fullmatch(v))


def _by(plugin: Any, line: str) -> Iterator[str]:
    for pattern in getattr(plugin, "denylist", ()):
        for match in pattern.finditer(line):
            # A group is either the secret, with what stands around it left out, or a part of it.
            longest = max((group for group in match.groups() if group), key=len, default="")
            yield longest if len(longest) > len(match[0]) / 2 else match[0]
    if not hasattr(plugin, "denylist"):
        # Its rules for passwords without quotes go by the file's name.
        name = "x.yaml" if _CONFIGURATION.match(line) else "x.py"
        for secret in plugin.analyze_line(filename=name, line=line, line_number=1):
            yield secret.secret_value or ""


@cache
def _plugins() -> tuple[Any, ...]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    classes = get_mapping_from_secret_type_to_class().values()
    return tuple(each() for each in classes if each.__name__ not in _LEFT_OUT)
