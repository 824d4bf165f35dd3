"""The public set: holes from published projects that are newer than the model.

Names, digests and offsets are kept here (``sources.toml``, ``targets.jsonl``), no source text.
"""
