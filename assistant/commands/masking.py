"""Secrets, taken out of what goes to a model and put back into what comes from it.

What is one is detect-secrets' to say (Yelp; its plug-ins for known tokens, passwords by the
name that they are given to, and strings of high entropy). The patterns here are for what its
plug-ins do not find: values without quotes, headers, whole blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import Any

_KEY_BLOCK = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY[A-Z ]*-----.*?"
    r"(?:-----END [A-Z ]*PRIVATE KEY[A-Z ]*-----|\Z)",
    re.DOTALL,
)
_LEFT_OUT = {"IPPublicDetector"}
"""An address is no secret, and documentation is full of them."""
_CONFIGURATION = re.compile(
    r"(\s*(?:export )?[A-Z][A-Z0-9_]*=\S+|\s*[\w.-]+: (?=\S*\d)\S{8,})(\s+#.*)?\s*$"
)
"""A line of a ``.env`` or YAML file, where a value has no quotes, and the comment behind it."""
_WORD = (
    r"(?:passw(?:or)?d|passphrase|pwd|db_?pass|secret|token|(?:api|auth|private|access)[_.-]?key)"
)
_BARE = r"(?![$%])[^\s\"'`()\[\]{}<>,;]{6,}"
_PATTERNS = [
    # A properties file's line. Code that leaves the spaces out looks alike, so a value that may be
    # a variable or an attribute of something is none.
    re.compile(
        rf"^\s*(?:export\s+)?[\w.-]*{_WORD}=(?!\S*{_WORD})(?![a-z_]\w*(?:\.[a-z_]\w*)+\s*$)"
        rf"(?=\S*\d)(?=\S*[a-z])(?=\S{{8}})({_BARE})(?:\s+[#;].*)?\s*$",
        re.IGNORECASE,
    ),
    re.compile(rf"{_WORD}\w*\s*:=\s*(?:\"([^\"]+)\"|'([^']+)'|`([^`]+)`)", re.IGNORECASE),
    # Where there is neither a digit nor much of it, it is a word: "Bearer authentication".
    re.compile(
        r"\bAuthorization[\"']?\s*[:=,]\s*[\"']?(?:Bearer|Basic|Token)\s+"
        r"((?=\S*\d|\S{20})[\w.~+/-]{8,}=*)",
        re.IGNORECASE,
    ),
    re.compile(r"\bBearer\s+((?=[\w.~+/-]*\d)[\w.~+/-]{16,}=*)"),
]
_SECTION = re.compile(r"\s*\[[\w .:/-]+\]\s*$")
_SETTING = re.compile(r"\s*(?:[#;].*|[\w.-]+\s*[=:].*)?$")
_SETTING_WITH_SECRET = re.compile(
    rf"\s*[\w.-]*{_WORD}\s*[=:]\s*({_BARE})(?:\s+[#;].*)?\s*$", re.IGNORECASE
)
"""Only below a section of an INI file: elsewhere it may be an assignment in code."""
_NAME = re.compile(r"SECRET_\d+")
_BEGUN = re.compile(r"(?:S|SE|SEC|SECR|SECRE|SECRET|SECRET_\d*)\Z")
"""The end of a text that may become a name, or a longer one."""
_LONGEST_LINE = 4000
"""Characters that are looked at at once: the detectors' time grows faster than the length."""
_OVERLAP = 1000
"""Characters of a longer line that two pieces share, so that a secret is whole in one of them."""
_SHORTEST = 6
"""Characters of a secret: shorter ones would be found in ordinary words."""


class Masking:
    """The secrets of one conversation; the same one has the same name throughout. ``texts`` are
    all that will be masked: a name that stands in one of them already is not given, and what is
    seen to be a secret in one is masked in all."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._names: dict[str, str] = {}
        texts = list(texts)
        self._taken = {name for text in texts for name in _NAME.findall(text)}
        for text in texts:
            self._learn(text)

    def mask(self, text: str) -> str:
        """``text`` with a name such as ``SECRET_1`` in place of each secret."""
        self._learn(text)
        if not self._names:
            return text
        # The longest first: one may begin another. All at once: none is looked for in a name.
        values = sorted(self._names, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, values)), lambda found: self._names[found[0]], text)

    def unmask(self, text: str) -> str:
        """``text`` with the secrets where their names stand."""
        values = {name: value for value, name in self._names.items()}
        return _NAME.sub(lambda found: values.get(found[0], found[0]), text)

    def _learn(self, text: str) -> None:
        blocks = _KEY_BLOCK.findall(text)
        for value in (*blocks, *_secrets(_KEY_BLOCK.sub("", text))):
            self._name(value)

    def _name(self, value: str) -> None:
        if value not in self._names:
            number = len(self._names) + 1
            while f"SECRET_{number}" in self._taken:
                number += 1
            self._names[value] = f"SECRET_{number}"
            self._taken.add(f"SECRET_{number}")


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
    in_section = False
    for line in text.splitlines():
        for start in range(0, max(1, len(line) - _OVERLAP), _LONGEST_LINE - _OVERLAP):
            yield from _of_line(line[start : start + _LONGEST_LINE])
        if _SECTION.match(line):
            in_section = True
        elif in_section and (found := _SETTING_WITH_SECRET.match(line)):
            yield found[1]
        elif not _SETTING.match(line):
            in_section = False


@lru_cache(maxsize=20_000)
def _of_line(line: str) -> tuple[str, ...]:
    found = [value for plugin in _plugins() for value in _by(plugin, line)]
    for pattern in _PATTERNS:
        found += [next(filter(None, match.groups())) for match in pattern.finditer(line)]
    return tuple(v for v in found if len(v) >= _SHORTEST and not _NAME.fullmatch(v))


def _by(plugin: Any, line: str) -> Iterator[str]:
    for pattern in getattr(plugin, "denylist", ()):
        for match in pattern.finditer(line):
            # A group is either the secret, with what stands around it left out, or a part of it.
            longest = max((group for group in match.groups() if group), key=len, default="")
            yield longest if len(longest) > len(match[0]) / 2 else match[0]
    if not hasattr(plugin, "denylist"):
        # Its rules for passwords without quotes go by the file's name.
        looked_at = [("x.py", line)]
        if setting := _CONFIGURATION.match(line):
            # Without the comment, which would be taken for a part of the value.
            looked_at = [("x.yaml", setting[1]), *(looked_at if setting[2] else ())]
        for name, part in looked_at:
            for secret in plugin.analyze_line(filename=name, line=part, line_number=1):
                yield secret.secret_value or ""


@cache
def _plugins() -> tuple[Any, ...]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    classes = get_mapping_from_secret_type_to_class().values()
    return tuple(each() for each in classes if each.__name__ not in _LEFT_OUT)
