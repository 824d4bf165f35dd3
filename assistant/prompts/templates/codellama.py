"""Code Llama (arXiv 2308.12950, section 2.3)."""

from __future__ import annotations

from assistant.prompts.template import FimTemplate

TEMPLATE = FimTemplate(
    name="codellama",
    prefix="<PRE>",
    suffix="<SUF>",
    middle="<MID>",
    stop=("<EOT>", "</s>"),
    matches=("codellama", "code-llama"),
)
