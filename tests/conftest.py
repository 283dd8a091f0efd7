"""What several tests need: a tiny random model with awkward sizes, saved as a plain Hugging Face folder."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pytest

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>"]
SPLIT = r"[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
TEXTS = [
    "Era uma vez um gato que morava no telhado da padaria. O gato dormia no sofá.",
    "— Qual é a capital do Brasil? — perguntou a avó. — Brasília, em 1960!",
    "O coração da cidade é a praça; lá, às 17 horas, a feira começa.\n\nAté amanhã </script> 🙂",
]


def tiny_config(**changes):
    """A Qwen3Config in which no two sizes agree by chance: rows≠cols, layers≠heads, odd vocabulary, GQA."""
    from transformers import Qwen3Config

    sizes = {
        "vocab_size": 347,
        "hidden_size": 44,
        "intermediate_size": 70,
        "num_hidden_layers": 3,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "head_dim": 10,
        "max_position_embeddings": 48,
        "tie_word_embeddings": True,
        "initializer_range": 0.2,  # far from zero, so that a wrong norm or a wrong scale shows
        "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0},
        "bos_token_id": 0,
        "eos_token_id": 0,
        "pad_token_id": 3,
    }
    return Qwen3Config(**{**sizes, **changes})


def tiny_model(seed: int = 0, **changes):
    """A random Qwen3ForCausalLM; norms are random too, so that leaving one out shows."""
    import torch
    from transformers import Qwen3ForCausalLM

    torch.manual_seed(seed)
    config = tiny_config(**changes)
    config._attn_implementation = "eager"
    model = Qwen3ForCausalLM(config).eval()
    for name, parameter in model.named_parameters():
        if "norm" in name:
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
    return model


def tiny_tokenizer(vocab_size: int = 347):
    """A byte-level BPE of the same kind as the bundled one, trained on three sentences."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS * 3, trainer)
    assert tokenizer.get_vocab_size() == vocab_size
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=SPECIAL[0], eos_token=SPECIAL[0], pad_token=SPECIAL[3]
    )


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """The tiny model on disk, as a plain Hugging Face folder."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tiny_model().save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_lm(tiny_folder):
    """The tiny model as `llmlib.load` gives it."""
    from llmlib import load

    return load(str(tiny_folder), device="cpu")
