"""A whole language model, the architecture of Qwen3 (arXiv:2505.09388): from token ids to logits.

    ids -> embedding -> L x (norm -> attention -> add, norm -> SwiGLU -> add) -> norm -> logits

Names are those of Hugging Face's `Qwen3ForCausalLM`: `load_state_dict(strict=True)` takes its weights
without a mapper, and the logits, attentions and hidden states agree with it to 1e-5 in float32.
Not here: the tokenizer, the loss and the training loop (see `train.py`), sampling (see `sampling.py`).

Legend: B batch, T new tokens, S tokens seen so far (S = T without a cache), V vocabulary, D hidden_size,
L layers, H heads, K key/value heads, E head_dim, M intermediate_size.
"""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from llmlib.adapters import base_of, tensors
from llmlib.scratch.attention import Attention, RMSNorm, rotary_angles
from llmlib.scratch.kv_cache import KVCache


@dataclass(frozen=True)
class Config:
    """The sizes of a model, named as in Hugging Face's config.json."""

    vocab_size: int  # V
    hidden_size: int  # D
    intermediate_size: int  # M
    num_hidden_layers: int  # L
    num_attention_heads: int  # H
    num_key_value_heads: int  # K, divides H
    head_dim: int  # E
    max_position_embeddings: int = 256  # the context: most tokens it was trained to see
    rope_theta: float = 10_000.0
    rms_norm_eps: float = 1e-6
    tie_word_embeddings: bool = True  # one matrix reads tokens in and scores them out
    initializer_range: float = 0.02

    @classmethod
    def of(cls, source: "Config | dict | object") -> "Config":
        """From a Config, a dict read from config.json, or a transformers config object."""
        if isinstance(source, Config):
            return source
        values = dict(source) if isinstance(source, dict) else source.to_dict()
        values.update(values.get("rope_parameters") or {})  # transformers 5 keeps rope_theta in there
        return cls(**{f.name: values[f.name] for f in fields(cls) if f.name in values})


class Output(NamedTuple):
    """What `Transformer` returns, with the names of transformers' outputs."""

    logits: Tensor  # (B, T, V)
    attentions: tuple[Tensor, ...] | None  # L x (B, H, T, S)
    hidden_states: tuple[Tensor, ...] | None  # L+1 x (B, T, D): the embedding, then after each layer


class MLP(nn.Module):
    """SwiGLU (arXiv:2002.05202): one branch says what, the other, through SiLU, says how much."""

    def __init__(self, hidden_size: int, intermediate_size: int):
        super().__init__()
        self.gate_proj = nn.Linear(hidden_size, intermediate_size, bias=False)  # D -> M
        self.up_proj = nn.Linear(hidden_size, intermediate_size, bias=False)  # D -> M
        self.down_proj = nn.Linear(intermediate_size, hidden_size, bias=False)  # M -> D

    def forward(self, x: Tensor) -> Tensor:  # (B, T, D) -> (B, T, D)
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class DecoderLayer(nn.Module):
    """Attention moves information between tokens; the MLP works on each token. Both add to what is there."""

    def __init__(self, config: Config, layer: int):
        super().__init__()
        self.self_attn = Attention(
            config.hidden_size,
            config.num_attention_heads,
            config.num_key_value_heads,
            config.head_dim,
            config.rms_norm_eps,
            layer,
        )
        self.mlp = MLP(config.hidden_size, config.intermediate_size)
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache: KVCache | None) -> tuple[Tensor, Tensor]:
        mixed, weights = self.self_attn(self.input_layernorm(x), cos, sin, cache)  # (B, T, D), (B, H, T, S)
        x = x + mixed  # (B, T, D)
        x = x + self.mlp(self.post_attention_layernorm(x))  # (B, T, D)
        return x, weights


class Decoder(nn.Module):
    """Embedding, layers and last norm. Apart from `Transformer` because the weights' names are `model.…`."""

    def __init__(self, config: Config):
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)  # (V, D)
        self.layers = nn.ModuleList(DecoderLayer(config, i) for i in range(config.num_hidden_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)


class Transformer(nn.Module):
    """The model. `config`: a `Config`, a config.json as dict, or a transformers config."""

    def __init__(self, config: Config | dict | object):
        super().__init__()
        self.config = config = Config.of(config)
        self.model = Decoder(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)  # D -> V
        self.apply(self._init_weights)
        if config.tie_word_embeddings:
            self.lm_head.weight = self.model.embed_tokens.weight  # (V, D), one tensor under two names

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=self.config.initializer_range)

    @classmethod
    def from_folder(cls, folder: str | Path) -> "Transformer":
        """Load a Hugging Face folder (config.json and model.safetensors), in float32, ready to use.

        A folder that holds a LoRA adapter instead gets the sum of it and the weights that it changes.
        """
        from safetensors.torch import load_file

        folder = Path(folder)
        model = cls(json.loads((folder / "config.json").read_text(encoding="utf-8")))
        if base_of(folder):
            weights = {name: torch.from_numpy(array) for name, array in tensors(folder).items()}
        else:
            weights = load_file(folder / "model.safetensors")
        if model.config.tie_word_embeddings:  # the file holds a tied matrix once
            weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
        model.load_state_dict(weights, strict=True)
        return model.eval()

    def forward(
        self,
        input_ids: Tensor,
        cache: KVCache | None = None,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> Output:
        """Score every next token.

        Args:
            input_ids: (B, T) integers. With a `cache`, only the tokens that it does not hold yet.
            cache: filled in place.
        Returns: `Output`; logits[:, t] scores the token that follows position t.
        """
        past = len(cache) if cache is not None else 0
        positions = torch.arange(past, past + input_ids.shape[1], device=input_ids.device)  # (T,)
        x = self.model.embed_tokens(input_ids)  # (B, T, D)
        cos, sin = rotary_angles(positions, self.config.head_dim, self.config.rope_theta)  # (T, E)
        cos, sin = cos.to(x.dtype), sin.to(x.dtype)  # (T, E)
        attentions, hidden_states = [], [x]
        for layer in self.model.layers:
            x, weights = layer(x, cos, sin, cache)  # (B, T, D), (B, H, T, S)
            attentions.append(weights)
            hidden_states.append(x)
        x = self.model.norm(x)  # (B, T, D)
        hidden_states[-1] = x  # as in transformers: the last one is after the norm
        return Output(
            logits=self.lm_head(x),  # (B, T, V)
            attentions=tuple(attentions) if output_attentions else None,
            hidden_states=tuple(hidden_states) if output_hidden_states else None,
        )
