"""StarCoder 2 (arXiv 2402.19173, section 5.1)."""

from __future__ import annotations

from assistant.prompts.template import FimTemplate

TEMPLATE = FimTemplate(
    name="starcoder2",
    prefix="<fim_prefix>",
    suffix="<fim_suffix>",
    middle="<fim_middle>",
    file_separator="<file_sep>",
    repository="<repo_name>",
    stop=("<|endoftext|>",),
    matches=("starcoder", "santacoder"),
)
