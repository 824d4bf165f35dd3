"""A real byte-level BPE tokenizer, small enough to train in the fixture."""

from __future__ import annotations

from pathlib import Path

import pytest
import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from assistant.prompts.template import FimTemplate, templates
from assistant.prompts.tokenizer import ModelTokenizer

CORPUS = [
    "def encode(self, text):\n    return self.tokenizer.encode(text)\n",
    "class Tokenizer:\n    def decode(self, ids):\n        return tokenizer.decode(ids)\n",
    "for index in range(10):\n    print(index, encode, decode, tokenizer)\n",
] * 20


@pytest.fixture(scope="session")
def tokenizer_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    trained = tokenizers.Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    trained.train_from_iterator(CORPUS, trainer)
    # As in Qwen's file, the fill-in-the-middle tokens are added but not "special".
    trained.add_tokens(list(templates().get("qwen2.5-coder").special))
    file = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    trained.save(str(file))
    return file


@pytest.fixture(scope="session")
def tokenizer(tokenizer_file: Path) -> ModelTokenizer:
    return ModelTokenizer(tokenizer_file)


@pytest.fixture
def qwen() -> FimTemplate:
    return templates().get("qwen2.5-coder")
