"""The text encoder against numbers from the sentence-transformers library."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core_model.encoders.minilm import PACKAGE, MiniLM, TextEncoderError, model_folder
from core_model.encoders.wordpiece import LONGEST_WORD, WordPieceTokenizer, split_words

REFERENCE = Path(__file__).parents[1] / "data" / "minilm_reference.npz"


@pytest.fixture(scope="module")
def reference():
    with np.load(REFERENCE) as archive:
        meta = json.loads(archive["meta"].tobytes())
        return meta["prompts"], meta["ids"], archive["embeddings"]


@pytest.fixture(scope="module")
def encoder():
    return MiniLM()


def test_embeddings_equal_those_of_the_library(encoder, reference):
    prompts, _, expected = reference
    embeddings = encoder.embed(prompts)
    assert embeddings.shape == (len(prompts), encoder.dim)
    np.testing.assert_allclose(embeddings.numpy(), expected, atol=1e-5)


def test_token_ids_equal_those_of_the_library(reference):
    prompts, expected, _ = reference
    tokenizer = WordPieceTokenizer(model_folder() / "vocab.txt")
    assert [tokenizer.ids(prompt) for prompt in prompts] == expected


def test_an_embedding_does_not_depend_on_its_company(encoder, reference):
    prompts, _, _ = reference
    together = encoder.embed(prompts)
    alone = np.concatenate([encoder.embed([prompt]).numpy() for prompt in prompts])
    np.testing.assert_allclose(together.numpy(), alone, atol=1e-5)


def test_no_prompts_give_no_rows(encoder):
    assert encoder.embed([]).shape == (0, encoder.dim)


def test_like_meanings_lie_nearer_than_others(encoder):
    dog, hound, drill = encoder.embed(["dog barking", "a hound that barks", "power drill"])
    assert dog @ hound > dog @ drill + 0.2


def test_words_are_split_at_punctuation_and_stripped_of_accents():
    assert split_words("Café-Bar, déjà\tvu!") == ["cafe", "-", "bar", ",", "deja", "vu", "!"]


def test_unknown_and_overlong_words_become_one_unknown_token(tmp_path):
    vocabulary = tmp_path / "vocab.txt"
    vocabulary.write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\ndog\n##s\nx\n##x\n", encoding="utf-8")
    tokenizer = WordPieceTokenizer(vocabulary)
    assert tokenizer.ids("dogs zebra") == [2, 4, 5, 1, 3]
    assert tokenizer.ids("x" * (LONGEST_WORD + 1)) == [2, 1, 3]


@pytest.mark.parametrize("content", [b"", b"not a tensor file at all"])
def test_damaged_files_give_one_line(tmp_path, content):
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(TextEncoderError) as caught:
        MiniLM(tmp_path).embed(["dog"])
    assert "\n" not in str(caught.value)


def test_the_encoder_needs_neither_its_package_nor_a_framework():
    script = (
        "import sys; from core_model.encoders.minilm import MiniLM; MiniLM().embed(['dog']);"
        f"print([n for n in ('transformers', 'sentence_transformers', '{PACKAGE}')"
        " if n in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
