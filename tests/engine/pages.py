"""Tiny Qwen3 models with awkward sizes, and their page files (what page.js holds), in float32 or int8."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import Qwen3Config, Qwen3ForCausalLM

from builders.page import quantize, tokenizer_of
from builders.tokenizer import train_tokenizer

TEXT = [
    "Era uma vez um menino que não sabia contar até 10: contava 1, 2, 3 e parava!",
    "A moça da avó tem três maçãs, e o coração dela é só alegria… «ação», “não”, é.",
    "Naïve façade, straße, ÅNGSTRÖM, ελληνικά και русский язык, 日本語の文字, العربية, עברית, हिन्दी में.",
    "if (x <= 10) { return '</script>'; }\r\n\r\n\tfim\n\n   de   linha  \n👩‍👩‍👧‍👦🇧🇷👍🏽 ok",
] * 5

# No transposition or wrong stride can go unseen: rows != columns, layers != heads, odd numbers.
CONFIGS = [
    dict(vocab_size=301, hidden_size=24, intermediate_size=37, num_hidden_layers=3, num_attention_heads=4,
         num_key_value_heads=2, head_dim=6, max_position_embeddings=19),
    dict(vocab_size=307, hidden_size=33, intermediate_size=50, num_hidden_layers=1, num_attention_heads=3,
         num_key_value_heads=3, head_dim=10, max_position_embeddings=40, rope_theta=1e6),
    dict(vocab_size=299, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=6,
         num_key_value_heads=3, head_dim=32, max_position_embeddings=64),
    dict(vocab_size=302, hidden_size=20, intermediate_size=31, num_hidden_layers=4, num_attention_heads=5,
         num_key_value_heads=1, head_dim=14, max_position_embeddings=33),
]  # fmt: skip


def random_model(config: dict, seed: int) -> Qwen3ForCausalLM:
    """Weights large enough for uneven attention; norms away from 1."""
    torch.manual_seed(seed)
    config = dict(config)
    rope = {"rope_type": "default", "rope_theta": config.pop("rope_theta", 1e4)}
    model = Qwen3ForCausalLM(
        Qwen3Config(
            **config, rope_parameters=rope, tie_word_embeddings=True, attn_implementation="eager",
            bos_token_id=0, eos_token_id=0, pad_token_id=3,
        )
    ).eval()  # fmt: skip
    with torch.no_grad():
        for p in model.parameters():
            p.normal_(0, 0.7 / p.shape[-1] ** 0.5) if p.ndim == 2 else p.uniform_(0.5, 1.5)
        model.model.embed_tokens.weight.normal_(0, 1)
    return model


def page_file(
    model: Qwen3ForCausalLM,
    tokenizer: dict,
    kind: str = "f32",
    name: str = "teste",
    extra: dict | None = None,
) -> dict:
    """The object of page.js, matrices as `kind`: "f32", or "i8" by rows."""
    c, index, data = model.config, [], b""
    state = {key: t for key, t in model.state_dict().items() if key != "lm_head.weight"}
    for key, tensor in (state | (extra or {})).items():
        array, wanted = tensor.numpy(), kind if tensor.ndim == 2 else "f32"
        index.append([key, list(array.shape), wanted, len(data)])
        if wanted == "i8":
            q, scale = quantize(array)
            data += q.tobytes() + b"\0" * (-q.size % 4) + scale.tobytes()
        else:
            data += array.astype("<f4").tobytes()
    keys = CONFIGS[0].keys() | {"rms_norm_eps", "bos_token_id", "eos_token_id"}
    return {
        "format": 1,
        "name": name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "config": {key: getattr(c, key) for key in keys} | {"rope_theta": c.rope_parameters["rope_theta"]},
        "tokenizer": tokenizer,
        "tensors": index,
        "weights": base64.b64encode(data).decode(),
    }


def small_tokenizer(size: int) -> Tokenizer:
    """The course's tokenizer, trained on a few lines of many scripts."""
    tokenizer = train_tokenizer(TEXT, size)
    assert tokenizer.get_vocab_size() == size
    return tokenizer


def tokenizer_data(tokenizer: Tokenizer) -> dict:
    """What the page file says of a tokenizer."""
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save(f"{folder}/tokenizer.json")
        return tokenizer_of(Path(folder))


def well_formed(text: str) -> str:
    """Lone surrogates become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def eager(model: Qwen3ForCausalLM, ids: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """torch's logits (T, V), attentions (L, H, T, T) and hidden states (L + 1, T, D)."""
    with torch.no_grad():
        out = model(torch.tensor([ids]), output_attentions=True, output_hidden_states=True)
    stack = lambda parts: torch.stack([p[0] for p in parts]).numpy()  # noqa: E731
    return out.logits[0].numpy(), stack(out.attentions), stack(out.hidden_states)
