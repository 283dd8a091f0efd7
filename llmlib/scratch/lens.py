"""The logit lens: what the model would say if it stopped after each layer.

The residual stream is D numbers at every depth, and the last norm and the head turn those of the last layer
into logits. The lens (nostalgebraist 2020) puts the same ending after the earlier layers. Nobody trained them
to be read this way, so an odd answer there is no proof that nothing is known there; the tuned lens (Belrose
et al. 2023, arXiv:2303.08112) trains a small translator for each layer, and is not here.

Legend: T tokens, V vocabulary, D hidden_size, L layers.
"""

import torch
from torch import Tensor

from llmlib.scratch.transformer import Transformer


@torch.no_grad()
def logit_lens(model: Transformer, ids: Tensor) -> Tensor:
    """Probabilities (L+1, T, V) of the next token, read off the embedding and after each layer.

    Args: ids (1, T) integers. The last of the L+1 is the model's own answer.
    """
    states = model(ids, output_hidden_states=True).hidden_states  # L+1 x (1, T, D), the last one normed
    normed = [model.model.norm(x) for x in states[:-1]] + [states[-1]]  # L+1 x (1, T, D)
    return torch.cat([model.lm_head(x) for x in normed]).softmax(dim=-1)  # (L+1, T, V)


def settled(probabilities: Tensor) -> Tensor:
    """From which row on the favourite no longer changes: (T,) integers, 0 (the embedding) to L."""
    best = probabilities.argmax(dim=-1)  # (L+1, T)
    same = best == best[-1]  # (L+1, T)
    return same.shape[0] - same.flip(0).cumprod(dim=0).sum(dim=0)  # (T,)
