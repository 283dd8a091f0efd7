"""Continue many prompts at once: the texts of `LM.generate`, many times faster on one core.

Prompts of like length are padded on the left and share one pass and one KV cache; rows that ended leave the
batch. Greedy or at a temperature, or by all the rules of a `Sampling`, with the draws of
`llmlib.scratch.sampling`, so that a prompt and a seed give the text that `LM.generate` gives (up to rounding:
a batch adds in another order).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from llmlib.scratch.sampling import Sampling, draw, find_stop, probabilities, uniform
from llmlib.tokens import well_formed

BATCH = 48
TOKENS = 12_000  # of a batch of long prompts, padding included


@dataclass
class Row:
    """One prompt on its way: `reason` is "eos", "stop", "length" or "context" once it ended.

    Where tokens are watched: `p` is the probability of what was written, the product over its tokens, and
    `watched` that of beginning with one of those tokens.
    """

    index: int
    prompt: list[int]
    seed: int
    room: int
    ids: list[int] = field(default_factory=list)
    reason: str = ""
    p: float = 1.0
    watched: float = 0.0


def _rows(
    lm: object, prompts: Sequence[str | Sequence[int]], room: Sequence[int], seeds: Sequence[int], bos: bool
) -> list[Row]:
    start = [lm.bos] if bos and lm.bos is not None else []
    rows = []
    for i, text in enumerate(prompts):
        ids = [*text]  # already ids, unless it is a text
        if isinstance(text, str):
            ids = lm.tokenizer.encode(well_formed(text), add_special_tokens=False, verbose=False)
        rows.append(Row(i, start + ids[max(0, len(start) + len(ids) - lm.context) :], seeds[i], room[i]))
    return sorted(rows, key=lambda row: (-len(row.prompt), row.index))


def _batches(rows: list[Row]) -> list[list[Row]]:
    """Rows in order, at most BATCH a batch and fewer of long ones."""
    found: list[list[Row]] = []
    for row in rows:
        if not found or len(found[-1]) >= min(BATCH, max(1, TOKENS // max(1, len(found[-1][0].prompt)))):
            found.append([])
        found[-1].append(row)
    return found


def _choose(logits: np.ndarray, rows: list[Row], temperature: float, rules: Sampling | None) -> list[int]:
    """One token for each row of logits (B, V) float64; `rules`, where given, instead of the temperature."""
    if rules is not None:
        shares = [probabilities(logits[i], rules, row.prompt, row.ids) for i, row in enumerate(rows)]
        return [draw(p, uniform(row.seed, len(row.ids))) for p, row in zip(shares, rows, strict=True)]
    if temperature == 0:
        return [int(i) for i in logits.argmax(1)]
    scaled = logits / temperature  # (B, V)
    weights = np.exp(scaled - scaled.max(1, keepdims=True))
    probs = weights / weights.sum(1, keepdims=True)
    return [int(draw(probs[i], uniform(row.seed, len(row.ids)))) for i, row in enumerate(rows)]


def _advance(lm: object, row: Row, token: int, stop: Sequence[str]) -> None:
    """Append a token and say whether the row ended."""
    row.ids.append(token)
    if token in lm.eos:
        row.reason = "eos"
    elif stop and any(s in lm.decode(row.ids[-6:]) for s in stop):
        row.reason = "stop"
    elif len(row.ids) >= row.room:
        row.reason = "length"
    elif len(row.prompt) + len(row.ids) > lm.context:
        row.reason = "context"


def _weigh(logits: np.ndarray, rows: list[Row], chosen: Sequence[int], watch: Sequence[int]) -> None:
    """Keep the probabilities of one step: logits (B, V) float64, before the rules of the draw."""
    weights = np.exp(logits - logits.max(1, keepdims=True))
    probs = weights / weights.sum(1, keepdims=True)
    for i, (row, token) in enumerate(zip(rows, chosen, strict=True)):
        row.p *= float(probs[i, token])
        if not row.ids:
            row.watched = float(probs[i, list(watch)].sum())


@torch.no_grad()
def _run(
    lm: object,
    rows: list[Row],
    temperature: float,
    stop: Sequence[str],
    rules: Sampling | None = None,
    watch: Sequence[int] | None = None,
) -> None:
    """Generate one batch to its end."""
    longest = len(rows[0].prompt)
    pad = lm.tokenizer.pad_token_id or 0
    ids = torch.tensor([[pad] * (longest - len(r.prompt)) + r.prompt for r in rows], device=lm.device)
    lengths = torch.tensor([len(r.prompt) for r in rows], device=lm.device)
    mask = (torch.arange(longest, device=lm.device)[None] >= longest - lengths[:, None]).long()  # (B, T)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    alive, cache = rows, None
    while True:
        out = lm.model(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache,
            use_cache=True, logits_to_keep=1,
        )  # fmt: skip
        cache = out.past_key_values
        logits = out.logits[:, -1].double().cpu().numpy()
        chosen = _choose(logits, alive, temperature, rules)
        if watch is not None:
            _weigh(logits, alive, chosen, watch)
        for row, token in zip(alive, chosen, strict=True):
            _advance(lm, row, token, stop)
        kept = [i for i, row in enumerate(alive) if not row.reason]
        if not kept:
            return
        if len(kept) < len(alive):
            index = torch.tensor(kept, device=lm.device)
            cache.batch_select_indices(index)
            mask, positions, alive = mask[index], positions[index], [alive[i] for i in kept]
        ids = torch.tensor([[row.ids[-1]] for row in alive], device=lm.device)
        mask = torch.cat([mask, mask.new_ones(len(alive), 1)], 1)
        positions = positions[:, -1:] + 1


def rows(
    lm: object,
    prompts: Sequence[str | Sequence[int]],
    max_new_tokens: int | Sequence[int] = 40,
    temperature: float = 0.0,
    seeds: Sequence[int] | None = None,
    stop: Sequence[str] = (),
    add_bos: bool = True,
    rules: Sampling | None = None,
    watch: Sequence[int] | None = None,
) -> list[Row]:
    """As `complete`, with ids and why each ended. A prompt may be given as ids; `watch`: tokens of which
    each Row is to say how probable it was to begin with one of them."""
    room = [max_new_tokens] * len(prompts) if isinstance(max_new_tokens, int) else list(max_new_tokens)
    made = _rows(lm, prompts, room, seeds or range(len(prompts)), add_bos)
    for batch in _batches(made):
        _run(lm, batch, temperature, stop, rules, watch)
    return sorted(made, key=lambda row: row.index)


def complete(lm: object, prompts: Sequence[str], *args: object, **rules: object) -> list[str]:
    """The continuation of each prompt, cut where a stop string begins; arguments as `rows`.

    max_new_tokens: one for all or one each; seeds: by default the prompt's place in the list; rules: all the
    rules of the draw, instead of a temperature (its own seed is not used).
    """
    stop = list(rules.get("stop", ()))
    texts = [lm.decode(row.ids) for row in rows(lm, prompts, *args, **rules)]
    return [text[: find_stop(text, stop)] for text in texts]


def chat(
    lm: object, conversations: Sequence[list[dict]], max_new_tokens: int = 120, **rules: object
) -> list[str]:
    """The model's next turn in each conversation."""
    prompts = [
        lm.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        for messages in conversations
    ]
    return [text.strip() for text in complete(lm, prompts, max_new_tokens, add_bos=False, **rules)]


@torch.no_grad()
def scores(lm: object, texts: Sequence[str]) -> list[float]:
    """Log probability (nats) of each whole text after the beginning-of-text token."""
    encoded = [[lm.bos, *lm.tokenizer.encode(t, add_special_tokens=False)][: lm.context] for t in texts]
    order = sorted(range(len(texts)), key=lambda i: -len(encoded[i]))
    found = [0.0] * len(texts)
    for start in range(0, len(order), BATCH):
        part = order[start : start + BATCH]
        width = len(encoded[part[0]])
        ids = torch.tensor([encoded[i] + [0] * (width - len(encoded[i])) for i in part], device=lm.device)
        mask = torch.tensor(
            [[1] * len(encoded[i]) + [0] * (width - len(encoded[i])) for i in part], device=lm.device
        )
        logits = lm.model(input_ids=ids, attention_mask=mask, use_cache=False).logits.float()
        losses = torch.nn.functional.cross_entropy(
            logits[:, :-1].transpose(1, 2), ids[:, 1:], reduction="none"
        )  # (B, T-1)
        for i, total in zip(part, (losses * mask[:, 1:]).sum(1).tolist(), strict=True):
            found[i] = -total
    return found
