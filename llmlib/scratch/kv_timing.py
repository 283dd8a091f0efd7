"""How long one more token takes, with the cache and without, as the text grows.

Both ways run in turns within each length, and the median of several tries counts: what else the computer does
meanwhile then weighs on both alike, and their ratio holds where the milliseconds do not.
"""

import statistics
import time
from collections.abc import Callable, Sequence

import torch

from llmlib.scratch.kv_cache import KVCache
from llmlib.scratch.transformer import Transformer


@torch.no_grad()
def per_token(
    model: Transformer,
    lengths: Sequence[int],
    tries: int = 5,
    clock: Callable[[], float] = time.perf_counter,
) -> list[dict]:
    """[{"tokens": n, "cached": ms, "uncached": ms}]: the time to score what follows n tokens.

    Cached: n - 1 of them are in the cache and one is read. Uncached: all n are read.
    """
    found = []
    for n in lengths:
        ids = torch.arange(n)[None] % model.config.vocab_size  # (1, n); which tokens they are costs nothing
        cache = KVCache()
        if n > 1:
            model(ids[:, :-1], cache)
        model(ids)  # the first pass of a length also makes room
        times: dict[str, list[float]] = {"cached": [], "uncached": []}
        for _ in range(tries):
            cache.crop(n - 1)
            start = clock()
            model(ids[:, -1:], cache)
            middle = clock()
            model(ids)
            times["cached"].append(middle - start)
            times["uncached"].append(clock() - middle)
        found.append({"tokens": n, **{way: 1e3 * statistics.median(each) for way, each in times.items()}})
    return found
