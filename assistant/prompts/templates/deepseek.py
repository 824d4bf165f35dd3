"""DeepSeek-Coder (arXiv 2401.14196, section 2.1.2)."""

from __future__ import annotations

from assistant.prompts.template import FimTemplate

TEMPLATE = FimTemplate(
    name="deepseek-coder",
    prefix="<｜fim▁begin｜>",  # noqa: RUF001 - the tokenizer's own spelling
    suffix="<｜fim▁hole｜>",  # noqa: RUF001
    middle="<｜fim▁end｜>",  # noqa: RUF001
    stop=("<｜end▁of▁sentence｜>", "<|EOT|>"),  # noqa: RUF001
    matches=("deepseek-coder",),
)
