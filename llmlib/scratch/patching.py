"""Activation patching: put a piece of one run into another, and see how much of the answer goes with it.

Two texts of as many tokens, with different answers. Run the first and keep its residual stream. Run the
second with one vector, of one layer at one position, taken from the first. If the answer moves towards that
of the first, this vector carried something that the answer depends on. Also called causal tracing or
interchange intervention (Vig et al. 2020, arXiv:2004.12265; Meng et al. 2022, arXiv:2202.05262; on what can
go wrong, Zhang & Nanda 2024, arXiv:2309.16042). Not here: single heads, noise in place of a second text.

Legend: T tokens, V vocabulary, D hidden_size, L layers.
"""

import torch
from torch import Tensor

from llmlib.scratch.transformer import Transformer


@torch.no_grad()
def patched(model: Transformer, ids: Tensor, row: int, position: int, vector: Tensor) -> Tensor:
    """Log-probabilities (V,) of what follows `ids` (1, T), with one vector of the residual stream replaced.

    Args:
        row: 0 for the embedding, l for the stream after layer l, 1 to L.
        vector: (D,), what stands at `position` of that row while the pass goes on.
    """

    def replace(module: object, inputs: object, output: Tensor | tuple) -> Tensor | tuple:
        stream = (output if row == 0 else output[0]).clone()  # (1, T, D); a layer also returns its attention
        stream[:, position] = vector
        return stream if row == 0 else (stream, output[1])

    place = model.model.embed_tokens if row == 0 else model.model.layers[row - 1]
    handle = place.register_forward_hook(replace)
    try:
        return model(ids).logits[0, -1].log_softmax(dim=-1)  # (V,)
    finally:
        handle.remove()


@torch.no_grad()
def stream(model: Transformer, ids: Tensor) -> list[Tensor]:
    """The residual stream of `ids` (1, T): L+1 x (T, D), none of them normed."""
    kept: list[Tensor] = []
    places = [model.model.embed_tokens, *model.model.layers]
    take = lambda module, inputs, output: kept.append((output[0] if isinstance(output, tuple) else output)[0])  # noqa: E731
    handles = [place.register_forward_hook(take) for place in places]
    try:
        model(ids)
    finally:
        for handle in handles:
            handle.remove()
    return kept


def effects(model: Transformer, source: Tensor, target: Tensor, answers: tuple[int, int]) -> Tensor:
    """How far each patch takes the answer of `target` to that of `source`: (L+1, T), 0 no way, 1 all the way.

    The score of a run is log p(answers[0]) - log p(answers[1]) after the last token.

    Args: source, target: (1, T) integers; answers: what should follow the one and the other.
    Raises: ValueError where the lengths differ, or both texts score alike and there is nothing to carry over.
    """
    if source.shape != target.shape:
        n, m = source.shape[1], target.shape[1]
        raise ValueError(f"Os textos têm {n} e {m} tokens; precisam ter o mesmo número.")

    def score(logp: Tensor) -> float:
        return (logp[answers[0]] - logp[answers[1]]).item()

    given, found = stream(model, source), stream(model, target)  # L+1 x (T, D)
    with torch.no_grad():
        high, low = (score(model(ids).logits[0, -1].log_softmax(-1)) for ids in (source, target))
    if abs(high - low) < 1e-4:
        raise ValueError("Os dois textos dão a mesma vantagem a essas respostas: não há o que levar.")
    moved = torch.zeros(len(given), source.shape[1])  # (L+1, T)
    for row, position in ((r, t) for r in range(len(given)) for t in range(source.shape[1])):
        vector = given[row][position]  # (D,)
        if torch.equal(vector, found[row][position]):
            continue  # the same in both runs, as before the first word that differs
        after = score(patched(model, target, row, position, vector))
        moved[row, position] = (after - low) / (high - low)
    return moved
