"""A model of the course as one GGUF file, the format that llama.cpp and the servers built on it open.

Writes weights, shape, tokenizer and chat template; quantises nothing: the numbers are those of the folder, in
float32, since with matrices in float16 llama.cpp rounds what it multiplies by them too, and answers would
differ from transformers' more than they must. Only models with Qwen3's layers are written.
llama.cpp cuts text into pieces before any merge by rules that it knows by name. The rule called "qwen35" is
ours but for English contractions: text such as 'sol, with an apostrophe before s, t, m, d, re, ve or ll, gets
other tokens there (the same text, one token more).
Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from llmlib import adapters

PRE_TOKENIZER = "qwen35"
NAMES = {  # ours -> llama.cpp's, inside a layer
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
OUTSIDE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def tensor_name(name: str) -> str:
    """model.layers.2.mlp.up_proj.weight -> blk.2.ffn_up.weight; KeyError for a tensor it does not know."""
    stem, _, kind = name.rpartition(".")
    if stem in OUTSIDE:
        return f"{OUTSIDE[stem]}.{kind}"
    _, _, layer, inner = stem.split(".", 3)
    return f"blk.{layer}.{NAMES[inner]}.{kind}"


def write_gguf(folder: str | Path, path: str | Path) -> Path:
    """Write the model in `folder` to `path`, whole or not at all; returns `path`.

    Raises ValueError for a model with other layers than Qwen3's. Needs the package `gguf`.
    """
    from gguf import GGUFWriter, TokenType

    folder, path = Path(folder), Path(path)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config["architectures"] != ["Qwen3ForCausalLM"]:
        raise ValueError(
            f"{folder} guarda um {config['architectures'][0]}; só sei escrever Qwen3ForCausalLM como GGUF."
        )
    partial = path.with_name(path.name + ".partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(partial, "qwen3")
    writer.add_name(folder.resolve().name)
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_file_type(0)  # all float32

    file = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    special = {t["content"]: t["id"] for t in file["added_tokens"]}
    ids = file["model"]["vocab"] | special
    tokens = sorted(ids, key=ids.get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(PRE_TOKENIZER)
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.CONTROL if t in special else TokenType.NORMAL for t in tokens])
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in file["model"]["merges"]])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_pad_token_id(config["pad_token_id"])
    template = folder / "chat_template.jinja"
    # What ends an answer: the end of a turn, where the model has turns; else the end of the text.
    writer.add_eos_token_id(special["<|im_end|>"] if template.exists() else config["bos_token_id"])
    if template.exists():
        writer.add_chat_template(template.read_text(encoding="utf-8"))
    # Plain text always began with it in training, also where the model has turns: without it comes nonsense.
    writer.add_add_bos_token(True)

    for name, tensor in adapters.tensors(folder).items():
        writer.add_tensor(tensor_name(name), tensor.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(path)
    return path
