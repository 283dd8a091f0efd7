"""Keys and values of the tokens already read, so that generating one more token reads one token, not all.

In a causal model nothing that came before depends on what comes after: the keys and values of past
positions never change, and can be kept. Only the new token's query is needed. The price is memory:
2 * L * K * E numbers a token. Shrinking K is what grouped-query attention is for (arXiv:2305.13245).

Not here: preallocated or paged memory, and quantised caches, which serving systems use.

Legend: B batch, T new tokens, S tokens kept, L layers, K key/value heads, E head_dim.
"""

import torch
from torch import Tensor


class KVCache:
    """One pair (keys, values) a layer, each (B, K, S, E), growing along S.

    >>> cache = KVCache()
    >>> model(ids[:, :5], cache=cache).logits     # reads 5 tokens
    >>> model(ids[:, 5:6], cache=cache).logits    # reads 1, and attends to 6
    """

    def __init__(self) -> None:
        self.layers: list[tuple[Tensor, Tensor]] = []  # L x 2 x (B, K, S, E)

    def __len__(self) -> int:
        """S: how many tokens are kept."""
        return self.layers[0][0].shape[2] if self.layers else 0

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Append the keys and values (B, K, T, E) of T new tokens; returns all of them, (B, K, S + T, E)."""
        if layer == len(self.layers):  # the first tokens that this layer sees
            self.layers.append((k, v))
        else:
            old_k, old_v = self.layers[layer]  # (B, K, S, E)
            self.layers[layer] = (torch.cat([old_k, k], dim=2), torch.cat([old_v, v], dim=2))
        return self.layers[layer]

    def crop(self, length: int) -> None:
        """Forget all but the first `length` tokens: to go back, and to share the start of two texts."""
        self.layers = [(k[:, :, :length], v[:, :, :length]) for k, v in self.layers]

    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return sum(t.numel() * t.element_size() for pair in self.layers for t in pair)
