"""What counts as a token, the same on both sides.

Words and single signs in lower case, so that layout does not matter. Comments and import
lines are taken out first: they are what unrelated files share (licence texts, headers) and
what copies change. They are recognised by their marks alone (``#``, ``//``, ``/* */``),
without a parser, so a little code goes with them (what follows ``//`` in Python): the same
little on both sides.
"""

from __future__ import annotations

import re
from itertools import islice

_NOISE = re.compile(
    r"""
    /\*.*?\*/                                  # a block comment
  | (?:\#|//)[^\n]*                            # a comment to the line's end
  | ^[ \t]*(?:
        import\b[^\n]*                         # Python, Java, JavaScript, Go
      | from[ \t]+[\w.]+[ \t]+import\b[^\n]*   # Python
      | (?:pub[ \t]+)?use[ \t]+[\w:]+[^\n]*;   # Rust
      | package[ \t]+[\w.]+[ \t]*;?[ \t]*$     # Java, Go
    )
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_TOKEN = re.compile(r"\w+|[^\w\s]")


def tokens(text: str) -> list[str]:
    """The tokens of ``text``, in order."""
    return [token.lower() for token in _TOKEN.findall(_NOISE.sub(" ", text))]


def beginning(text: str, token: int, characters: int = 200) -> str:
    """The source from token number ``token`` on, cut to so many characters."""
    bare = _NOISE.sub(lambda noise: " " * len(noise[0]), text)
    found = next(islice(_TOKEN.finditer(bare), token, None), None)
    return text[found.start() : found.start() + characters] if found else ""


def squeezed(text: str) -> str:
    """``text`` with every run of white space made one blank."""
    return " ".join(text.split())
