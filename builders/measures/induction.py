"""Induction heads: attention from a token to the one after its earlier occurrence, head by head.

A random sequence is read twice. In its second copy, a head's score is the mean weight on the token that came
after the same token the first time. The baseline asks the same of a second half whose tokens are shuffled:
what a head puts there without any repetition to follow. `copying` is how often the model predicts the token
right in the second copy. Along training: `builders.measures.history`.
"""

from __future__ import annotations

import torch

SAMPLES, LENGTH = 16, 48
FIRST = 260  # ids below are special tokens and bytes


def sequences(vocabulary: int, samples: int, length: int, shuffled: bool, seed: int = 0) -> torch.Tensor:
    """(samples, 1 + 2 length) ids: bos, random tokens, and the same again, in order or shuffled."""
    rng = torch.Generator().manual_seed(seed)
    first = torch.stack(
        [FIRST + torch.randperm(vocabulary - FIRST, generator=rng)[:length] for _ in range(samples)]
    )
    again = first
    if shuffled:
        again = torch.stack([row[torch.randperm(length, generator=rng)] for row in first])
    return torch.cat([torch.zeros(samples, 1, dtype=torch.long), first, again], 1)


def on_the_next(attention: torch.Tensor, length: int) -> torch.Tensor:
    """attention (B, H, T, T) of ids made by `sequences` -> (H,) mean weight from place i of the second half
    to place i + 1 of the first."""
    queries = torch.arange(length + 1, 2 * length)  # the last token has no successor in the first half
    keys = queries - length + 1
    return attention[:, :, queries, keys].mean((0, 2))


@torch.no_grad()
def heads(model: object, samples: int = SAMPLES, length: int = LENGTH) -> dict:
    """{scores: L lists of H, baseline: the same, best: {layer, head, score, baseline}, copying: share}."""
    before, length = (
        model.config._attn_implementation,
        min(length, model.config.max_position_embeddings // 2 - 1),
    )
    model.set_attn_implementation("eager")
    found, copying = {}, 0.0
    try:
        for name, shuffled in (("scores", False), ("baseline", True)):
            ids = sequences(model.config.vocab_size, samples, length, shuffled)
            out = model(input_ids=ids.to(model.device), output_attentions=True, use_cache=False)
            found[name] = [on_the_next(a.float(), length).tolist() for a in out.attentions]
            if not shuffled:
                guesses = out.logits[:, length + 1 : -1].argmax(-1).cpu()
                copying = (guesses == ids[:, length + 2 :]).float().mean().item()
    finally:
        model.set_attn_implementation(before)
    places = [(s, i, j) for i, row in enumerate(found["scores"]) for j, s in enumerate(row)]
    score, layer, head = max(places)
    best = {"layer": layer, "head": head, "score": score, "baseline": found["baseline"][layer][head]}
    rounded = {k: [[round(v, 4) for v in row] for row in rows] for k, rows in found.items()}
    return {**rounded, "best": best, "copying": copying}
