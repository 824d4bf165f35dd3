"""What models write that is not code: special tokens and markdown fences."""

from __future__ import annotations

import re

from assistant.completion.site import Site

SPECIAL = re.compile(
    r"<[|\uff5c][\w\u2581]{1,40}[|\uff5c]>"  # <|endoftext|>, <|fim_middle|>, fullwidth bars too
    r"|<(?:fim_(?:prefix|suffix|middle|pad)|file_sep|repo_name|reponame|gh_stars|issue_start"
    r"|jupyter_(?:start|code|text|output)|endoftext|EOT|PRE|SUF|MID|EOD)>"
    r"|\[/?INST\]|<<SYS>>"
)
_SLASH_S = re.compile(r"</s>")
_MARKUP = {"html", "xml", "markdown", "javascript", "typescriptreact", "php", "vue", "svelte"}
"""Where ``</s>`` is the end of an element."""

FENCE = re.compile(r"\s*(?:```|~~~)")


def find_special(site: Site, text: str, start: int = 0) -> int:
    """Where the first special token begins; -1 when there is none."""
    found = SPECIAL.search(text, start)
    name = site.language.name if site.language else site.document.language
    if name not in _MARKUP and (other := _SLASH_S.search(text, start)):
        return min(other.start(), found.start()) if found else other.start()
    return found.start() if found else -1


def fences_are_text(site: Site) -> bool:
    """Whether a fence may be part of what the user writes: in prose and in comments."""
    name = site.language.name if site.language else site.document.language
    prose = name in ("markdown", "rst", "html") or site.document.path.suffix in (".md", ".mdx")
    return prose or site.in_string or site.in_comment
