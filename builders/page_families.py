"""What the page file of an encoder, an encoder-decoder or a permutation model holds, and what int8 costs it.

Config: what the engine's pieces (`encoder.js`, `seq2seq.js`, `permutation.js`) read. Tensors: those they
multiply by, as matrices of (outputs, inputs); what is small (norms, biases, tables of a number a head) lies
flat and stays in float32. The rest of a page file is as `builders.page` says.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

KEYS = {
    "ModernBertForMaskedLM": (
        "architectures", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
        "intermediate_size", "max_position_embeddings", "norm_eps", "hidden_activation",
        "classifier_activation", "layer_types", "cls_token_id",
    ),
    "T5ForConditionalGeneration": (
        "architectures", "vocab_size", "d_model", "d_kv", "d_ff", "num_layers", "num_decoder_layers",
        "num_heads", "feed_forward_proj", "relative_attention_num_buckets", "relative_attention_max_distance",
        "layer_norm_epsilon", "eos_token_id", "decoder_start_token_id",
    ),
    "XLNetLMHeadModel": (
        "architectures", "vocab_size", "d_model", "n_layer", "n_head", "d_inner", "ff_activation",
        "attn_type", "layer_norm_eps", "bos_token_id",
    ),
}  # fmt: skip
UNUSED = ("seg_embed", "r_s_bias")  # XLNet's segments, of which our texts have one


def config_of(folder: Path) -> dict:
    """What the engine needs to know of the model in `folder`; its tokenizer says how long a text may be."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    architecture = config["architectures"][0]
    kept = {key: config[key] for key in KEYS[architecture] if key in config}
    tokenizer = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    kept["max_position_embeddings"] = min(
        config.get("max_position_embeddings", 10**9), tokenizer["model_max_length"]
    )
    if architecture == "ModernBertForMaskedLM":
        kept["rope_theta"] = config["rope_parameters"]["full_attention"]["rope_theta"]
        if any(config.get(name) for name in ("norm_bias", "attention_bias", "mlp_bias", "classifier_bias")):
            raise ValueError("The page knows only a ModernBERT without biases but the decoder's.")
    if architecture == "T5ForConditionalGeneration":  # as T5Config reads it
        kept["scale_decoder_outputs"] = config.get("tie_word_embeddings") is not False
    return kept


def arrange(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tensors of a file as the page has them: matrices (outputs, inputs), all else flat."""
    shapes = {}
    for name, tensor in tensors.items():
        kind = name.rsplit(".", 1)[-1]
        if kind in UNUSED:
            continue
        if "rel_attn" in name and kind in "qkvr":  # XLNet's (D, H, E)
            tensor = tensor.reshape(len(tensor), -1).T
        elif "rel_attn" in name and kind == "o":
            tensor = tensor.reshape(len(tensor), -1)
        elif tensor.ndim != 2 or "bias" in name:
            tensor = tensor.ravel()
        shapes[name] = np.ascontiguousarray(tensor, np.float32)
    return shapes


def restore(arranged: dict[str, np.ndarray], like: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The inverse of `arrange`: shapes of the file, whose tensors are `like`; what is left out as it was."""
    back = {}
    for name, tensor in like.items():
        array = arranged.get(name, tensor)
        if "rel_attn" in name and name.rsplit(".", 1)[-1] in "qkvr":
            array = array.T if array.ndim == 2 and tensor.ndim == 3 else array
        back[name] = np.ascontiguousarray(array.reshape(tensor.shape))
    return back


def cost(folder: Path, texts: list[str]) -> dict[str, float]:
    """What int8 does to the guesses of the model in `folder`, over `texts`.

    A word in seven of each text is hidden (T5: replaced by a sentinel, the answer forced), and the logits for
    it compared: mean and largest change of one, share of guesses that stay the same, and perplexity of the
    hidden tokens before and after.
    """
    import torch

    from builders.page import quantized_state
    from llmlib import families

    exact, light = families.load(str(folder), device="cpu"), families.load(str(folder), device="cpu")
    light.model.load_state_dict(quantized_state(folder), strict=False)
    light.model.tie_weights()
    rng, rows = np.random.default_rng(0), []
    for text in texts:
        ids = exact._ids(text)[: exact.context - 2]
        hidden = sorted(rng.permutation(len(ids))[: max(1, len(ids) // 7)].tolist()) if ids else []
        if hidden:
            with torch.no_grad():
                rows.append(
                    (*(each.logits_of(ids, hidden) for each in (exact, light)), [ids[i] for i in hidden])
                )
    a, b = (torch.cat([row[i] for row in rows]) for i in (0, 1))  # (hidden tokens, V)
    right = torch.tensor([i for row in rows for i in row[2]])
    loss = torch.nn.functional.cross_entropy
    return {
        "logit_mean": (a - b).abs().mean().item(),
        "logit_max": (a - b).abs().max().item(),
        "same_guess": (a.argmax(1) == b.argmax(1)).float().mean().item(),
        "perplexity": loss(a, right).exp().item(),
        "perplexity_int8": loss(b, right).exp().item(),
    }
