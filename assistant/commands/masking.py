"""Secrets, taken out of what goes to a model and put back into what comes from it.

What is one is detect-secrets' to say (Yelp; its plug-ins for known tokens, passwords by the
name that they are given to, and strings of high entropy).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
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
_BEGUN = re.compile(r"(?:S|SE|SEC|SECR|SECRE|SECRET|SECRET_\d*)\Z")
"""The end of a text that may become a name, or a longer one."""
_LONGEST_LINE = 4000
"""Characters of a line that are looked at; longer ones are data."""
_SHORTEST = 6
"""Characters of a secret: shorter ones would be found in ordinary words."""


class Masking:
    """The secrets of one conversation; the same one has the same name throughout. ``texts`` are
    all that will be masked: a name that stands in one of them already is not given."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._names: dict[str, str] = {}
        self._taken = {name for text in texts for name in _NAME.findall(text)}

    def mask(self, text: str) -> str:
        """``text`` with a name such as ``SECRET_1`` in place of each secret."""
        text = _KEY_BLOCK.sub(lambda found: self._name(found[0]), text)
        for value in dict.fromkeys(_secrets(text)):
            text = text.replace(value, self._name(value))
        return text

    def unmask(self, text: str) -> str:
        """``text`` with the secrets where their names stand."""
        values = {name: value for value, name in self._names.items()}
        return _NAME.sub(lambda found: values.get(found[0], found[0]), text)

    def _name(self, value: str) -> str:
        if value not in self._names:
            number = len(self._names) + 1
            while f"SECRET_{number}" in self._taken:
                number += 1
            self._names[value] = f"SECRET_{number}"
            self._taken.add(f"SECRET_{number}")
        return self._names[value]


class Unmasked:
    """Passes text on with the secrets where their names stand, however it comes in pieces. What
    may be the beginning of a name waits for its end."""

    def __init__(self, masking: Masking, say: Callable[[str], None]) -> None:
        self._masking, self._say = masking, say
        self._held = ""

    def feed(self, text: str) -> None:
        text = self._held + text
        begun = _BEGUN.search(text)
        end = begun.start() if begun else len(text)
        self._held = text[end:]
        self._pass_on(text[:end])

    def finish(self) -> None:
        held, self._held = self._held, ""
        self._pass_on(held)

    def _pass_on(self, text: str) -> None:
        if text:
            self._say(self._masking.unmask(text))


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
