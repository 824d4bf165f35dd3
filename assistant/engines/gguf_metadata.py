"""From a GGUF's key-value header to the files that stand beside a model's weights.

A GGUF carries its tokenizer and its hyper-parameters inside; vLLM wants ``config.json``,
``tokenizer.json``, ``tokenizer_config.json`` and ``generation_config.json``.
Field names: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assistant.errors import ModelError

CONTROL, USER_DEFINED, UNUSED = 3, 4, 5
"""Values of ``tokenizer.ggml.token_type`` that are not ordinary vocabulary."""

QWEN2_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How Qwen2's tokenizer cuts text before it merges bytes; its name in a GGUF is ``qwen2``."""


def model_config(fields: Mapping[str, Any], vocabulary: int, tied: bool) -> dict[str, Any]:
    """``config.json`` as the publisher's own file has it, for the architecture ``qwen2``."""
    arch = fields["general.architecture"]
    if arch != "qwen2":
        raise ModelError(
            f"a GGUF of architecture {arch!r} cannot be converted (only qwen2): "
            "use the publisher's safetensors instead"
        )
    return {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "hidden_act": "silu",
        "hidden_size": fields[f"{arch}.embedding_length"],
        "intermediate_size": fields[f"{arch}.feed_forward_length"],
        "num_hidden_layers": fields[f"{arch}.block_count"],
        "num_attention_heads": fields[f"{arch}.attention.head_count"],
        "num_key_value_heads": fields[f"{arch}.attention.head_count_kv"],
        "max_position_embeddings": fields[f"{arch}.context_length"],
        "rms_norm_eps": fields[f"{arch}.attention.layer_norm_rms_epsilon"],
        "rope_theta": fields[f"{arch}.rope.freq_base"],
        "tie_word_embeddings": tied,
        "use_sliding_window": False,
        "attention_dropout": 0.0,
        "vocab_size": vocabulary,
        "bos_token_id": fields.get("tokenizer.ggml.bos_token_id"),
        "eos_token_id": fields["tokenizer.ggml.eos_token_id"],
        "torch_dtype": "bfloat16",
        # Older than any that transformers suspects of a faulty tokenizer.
        "transformers_version": "5.0.0",
    }


def write_tokenizer(fields: Mapping[str, Any], folder: Path) -> None:
    """``tokenizer.json``, ``tokenizer_config.json`` and ``generation_config.json``."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers
    from tokenizers import pre_tokenizers as pre
    from tokenizers.processors import ByteLevel

    kind = (fields["tokenizer.ggml.model"], fields.get("tokenizer.ggml.pre"))
    if kind != ("gpt2", "qwen2"):
        raise ModelError(f"a GGUF with the tokenizer {kind} cannot be converted (only qwen2)")
    tokens: list[str] = fields["tokenizer.ggml.tokens"]
    types: list[int] = fields["tokenizer.ggml.token_type"]
    vocabulary = {
        text: number
        for number, (text, kind) in enumerate(zip(tokens, types, strict=True))
        if kind not in (CONTROL, USER_DEFINED, UNUSED)
    }
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, fuse_unk=False))
    tokenizer.normalizer = normalizers.NFC()
    split = pre.Split(Regex(QWEN2_SPLIT), behavior="isolated", invert=False)
    byte_level = pre.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    tokenizer.pre_tokenizer = pre.Sequence([split, byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = ByteLevel(
        add_prefix_space=False, trim_offsets=False, use_regex=False
    )
    added = [
        AddedToken(text, normalized=False, special=kind == CONTROL)
        for text, kind in zip(tokens, types, strict=True)
        if kind in (CONTROL, USER_DEFINED)
    ]
    # add_tokens marks none as special, add_special_tokens all: runs keep the ids in order.
    for token in added:
        (tokenizer.add_special_tokens if token.special else tokenizer.add_tokens)([token])
        if tokenizer.token_to_id(token.content) != tokens.index(token.content):
            raise ModelError(f"the GGUF's token {token.content!r} is not where it should be")
    tokenizer.save(str(folder / "tokenizer.json"))

    end = fields["tokenizer.ggml.eos_token_id"]
    pad = fields.get("tokenizer.ggml.padding_token_id", end)
    decoder = {
        str(tokens.index(t.content)): {
            "content": t.content,
            "lstrip": False,
            "normalized": False,
            "rstrip": False,
            "single_word": False,
            "special": t.special,
        }
        for t in added
    }
    _write(
        folder / "tokenizer_config.json",
        {
            "add_bos_token": bool(fields.get("tokenizer.ggml.add_bos_token", False)),
            "add_prefix_space": False,
            "added_tokens_decoder": decoder,
            "bos_token": None,
            "chat_template": fields.get("tokenizer.chat_template"),
            "clean_up_tokenization_spaces": False,
            "eos_token": tokens[end],
            "errors": "replace",
            "model_max_length": fields["qwen2.context_length"],
            "pad_token": tokens[pad],
            "split_special_tokens": False,
            "tokenizer_class": "Qwen2Tokenizer",
            "unk_token": None,
        },
    )
    _write(
        folder / "generation_config.json",
        {"pad_token_id": pad, "eos_token_id": sorted({end, pad}), "do_sample": False},
    )


def _write(path: Path, payload: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(payload, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
