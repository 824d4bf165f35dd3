"""Qwen2.5-Coder (arXiv 2409.12186, section 3.2: file-level and repository-level FIM)."""

from __future__ import annotations

from assistant.prompts.template import FimTemplate

TEMPLATE = FimTemplate(
    name="qwen2.5-coder",
    prefix="<|fim_prefix|>",
    suffix="<|fim_suffix|>",
    middle="<|fim_middle|>",
    file_separator="<|file_sep|>",
    repository="<|repo_name|>",
    stop=("<|endoftext|>", "<|im_end|>", "<|fim_pad|>"),
    form="anchored",
    matches=("qwen2.5-coder", "qwen2_5-coder", "codeqwen", "qwen3-coder"),
)
