"""Causal self-attention as in Qwen3: the one place of the model where tokens look at each other.

Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762) with what today's models add to it:
rotary positions (RoPE, arXiv:2104.09864), grouped-query attention (GQA, arXiv:2305.13245) and RMS norms
(arXiv:1910.07467) on queries and keys (QK-norm, arXiv:2010.04245).

Names are those of Hugging Face's Qwen3, so its weights load as they are. It always computes the attention map
in the open, so that it can be shown; fused kernels compute the same numbers faster and show nothing.
Not here: sliding windows, dropout, padding masks.

Legend: B batch, T new tokens, S tokens seen so far (S = T without a cache), D hidden_size, H heads,
K key/value heads, E head_dim.
"""

import math

import torch
from torch import Tensor, nn

from llmlib.scratch.kv_cache import KVCache


class RMSNorm(nn.Module):
    """Scale each vector to root mean square 1, then each coordinate by a learned weight. No mean, no bias."""

    def __init__(self, size: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))  # (D,) or (E,)
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:  # (..., D)
        wide = x.float()  # (..., D) squares overflow float16
        wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.eps)  # (..., D)
        return self.weight * wide.to(x.dtype)  # (..., D)


def rotary_angles(positions: Tensor, head_dim: int, theta: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines that `rotate` uses: pair i of a head turns by position * theta^(-2i/E) radians.

    Args: positions (T,) of integers. Returns: cos and sin, each (T, E) float32.
    """
    pairs = torch.arange(0, head_dim, 2, device=positions.device).float()  # (E/2,)
    speed = 1.0 / theta ** (pairs / head_dim)  # (E/2,) radians per position
    angles = positions[:, None].float() * speed  # (T, E/2)
    angles = torch.cat([angles, angles], dim=-1)  # (T, E) both members of a pair turn together
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair (x[i], x[i + E/2]) by its angle: position becomes direction, length stays."""
    first, second = x.chunk(2, dim=-1)  # 2 x (B, H, T, E/2)
    turned = torch.cat([-second, first], dim=-1)  # (B, H, T, E) each pair turned by 90 degrees
    return x * cos + turned * sin  # (B, H, T, E)


def attention(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """softmax(q kᵀ / √E) v, where a token sees itself and what came before it.

    Args: q (B, H, T, E), k and v (B, H, S, E); the T queries are the last T of the S positions.
    Returns: the mix of values (B, H, T, E) and the attention map (B, H, T, S), whose rows sum to 1.
    """
    T, S = q.shape[-2], k.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (B, H, T, S)
    future = torch.ones(T, S, dtype=torch.bool, device=q.device).triu(S - T + 1)  # (T, S)
    scores = scores.masked_fill(future, float("-inf"))  # (B, H, T, S)
    weights = scores.float().softmax(dim=-1).to(q.dtype)  # (B, H, T, S)
    return weights @ v, weights


class Attention(nn.Module):
    """All the heads of one layer."""

    def __init__(
        self, hidden_size: int, heads: int, kv_heads: int, head_dim: int, rms_norm_eps: float, layer: int
    ):
        super().__init__()
        self.heads, self.kv_heads, self.head_dim, self.layer = heads, kv_heads, head_dim, layer
        self.q_proj = nn.Linear(hidden_size, heads * head_dim, bias=False)  # D -> H*E
        self.k_proj = nn.Linear(hidden_size, kv_heads * head_dim, bias=False)  # D -> K*E
        self.v_proj = nn.Linear(hidden_size, kv_heads * head_dim, bias=False)  # D -> K*E
        self.o_proj = nn.Linear(heads * head_dim, hidden_size, bias=False)  # H*E -> D
        self.q_norm = RMSNorm(head_dim, rms_norm_eps)  # over E: each head alone
        self.k_norm = RMSNorm(head_dim, rms_norm_eps)

    def forward(
        self, x: Tensor, cos: Tensor, sin: Tensor, cache: KVCache | None = None
    ) -> tuple[Tensor, Tensor]:
        """x (B, T, D) -> output (B, T, D) and the attention map (B, H, T, S)."""
        B, T, _ = x.shape
        q = self.q_proj(x).view(B, T, self.heads, self.head_dim)  # (B, T, H, E)
        k = self.k_proj(x).view(B, T, self.kv_heads, self.head_dim)  # (B, T, K, E)
        v = self.v_proj(x).view(B, T, self.kv_heads, self.head_dim).transpose(1, 2)  # (B, K, T, E)
        q = rotate(self.q_norm(q).transpose(1, 2), cos, sin)  # (B, H, T, E)
        k = rotate(self.k_norm(k).transpose(1, 2), cos, sin)  # (B, K, T, E)
        if cache is not None:
            k, v = cache.extend(self.layer, k, v)  # (B, K, S, E)
        group = self.heads // self.kv_heads  # query heads that share one key/value head
        k = k.repeat_interleave(group, dim=1)  # (B, H, S, E)
        v = v.repeat_interleave(group, dim=1)  # (B, H, S, E)
        mixed, weights = attention(q, k, v)  # (B, H, T, E), (B, H, T, S)
        mixed = mixed.transpose(1, 2).reshape(B, T, self.heads * self.head_dim)  # (B, T, H*E)
        return self.o_proj(mixed), weights
