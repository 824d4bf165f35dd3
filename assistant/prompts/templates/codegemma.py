"""CodeGemma (arXiv 2406.11409, section 2)."""

from __future__ import annotations

from assistant.prompts.template import FimTemplate

TEMPLATE = FimTemplate(
    name="codegemma",
    prefix="<|fim_prefix|>",
    suffix="<|fim_suffix|>",
    middle="<|fim_middle|>",
    file_separator="<|file_separator|>",
    stop=("<eos>",),
    matches=("codegemma",),
)
