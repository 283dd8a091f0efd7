"""What language models say of pairs (query, text), many at once: the figures of `llmlib.scratch.llm_rank`.

In every prompt here the text stands before the query, so all queries on one text share its keys and values: a
text is read once, and each query costs only its own tokens. Knows no measure and no collection.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import takewhile

import numpy as np
import torch

from llmlib.conversation import chat_ids
from llmlib.retrieval.encoders import plain
from llmlib.scratch import llm_rank
from llmlib.tokens import well_formed

Pair = tuple[int, int]  # (number of the query, number of the text)
ROWS = 32  # queries of one text in a batch


@torch.no_grad()
def states(body: object, rows: Sequence[list[int]], most: int = 10**9) -> tuple[int, list[torch.Tensor]]:
    """States after the last norm of rows of ids that begin alike: (start, one (tokens, D) tensor a row).

    The first state of each row is that of the last shared token, at place start - 1; of what they share,
    `most` tokens at most are read together.
    """
    shortest = min(min(map(len, rows)) - 1, most)
    start = sum(1 for _ in takewhile(lambda i: all(r[i] == rows[0][i] for r in rows), range(shortest)))
    if start == 0:
        raise ValueError("the rows do not begin with the same token")
    first = body(input_ids=torch.tensor([rows[0][:start]]), use_cache=True)
    cache = first.past_key_values
    cache.batch_repeat_interleave(len(rows))
    rest = [row[start:] for row in rows]
    width = max(map(len, rest))
    ids = torch.tensor([each + [0] * (width - len(each)) for each in rest])  # (B, T)
    mask = torch.tensor([[1] * (start + len(each)) + [0] * (width - len(each)) for each in rest])
    out = body(input_ids=ids, attention_mask=mask, past_key_values=cache, use_cache=True).last_hidden_state
    last = first.last_hidden_state[:, -1:].expand(len(rows), -1, -1)
    whole = torch.cat([last, out], 1)  # (B, T + 1, D)
    return start, [whole[i, : len(each) + 1] for i, each in enumerate(rest)]


@torch.no_grad()
def by_text(pairs: Sequence[Pair], score: Callable[[int, list[int]], list[float]]) -> dict[Pair, float]:
    """Scores of pairs, asked text by text: `score(text, queries)` answers for some queries on one text."""
    groups: dict[int, list[int]] = defaultdict(list)
    for query, text in pairs:
        groups[text].append(query)
    found: dict[Pair, float] = {}
    for text, asked in groups.items():
        for at in range(0, len(asked), ROWS):
            part = asked[at : at + ROWS]
            found |= {(q, text): value for q, value in zip(part, score(text, part), strict=True)}
    return found


def encode(lm: object, text: str) -> list[int]:
    return lm.tokenizer.encode(well_formed(text), add_special_tokens=False, verbose=False)


def likelihoods(lm: object, queries: Sequence[str], texts: Sequence[str], pairs: Sequence[Pair]) -> dict:
    """`llm_rank.query_likelihood` of every pair."""

    def score(text: int, asked: list[int]) -> list[float]:
        before = [lm.bos, *encode(lm, llm_rank.passage_prompt(texts[text]))]
        after = [encode(lm, f" {queries[q]}") for q in asked]
        room = lm.context - max(map(len, after))
        before = before[:1] + before[1:][-(room - 1) :]
        start, found = states(lm.model.model, [before + each for each in after], len(before))
        scores = []
        for each, state in zip(after, found, strict=True):
            scores.append(log_p(lm.model, state[len(before) - start :], each).mean().item())
        return scores

    return by_text(pairs, score)


def yes_shares(lm: object, queries: Sequence[str], texts: Sequence[str], pairs: Sequence[Pair]) -> dict:
    """`llm_rank.yes_share` of every pair."""
    yes, no = (encode(lm, word)[0] for word in (llm_rank.YES, llm_rank.NO))

    def score(text: int, asked: list[int]) -> list[float]:
        said = [llm_rank.yes_prompt(texts[text], queries[q]) for q in asked]
        rows = [chat_ids(lm.tokenizer, [{"role": "user", "content": each}], lm.name) for each in said]
        rows = [row[:1] + row[1:][-(lm.context - 1) :] for row in rows]
        _, found = states(lm.model.model, rows)
        two = torch.stack([lm.model.lm_head(state[-1])[[yes, no]] for state in found]).double()
        return torch.softmax(two, -1)[:, 0].tolist()

    return by_text(pairs, score)


def reranked(reranker: object, queries: Sequence[str], texts: Sequence[str], pairs: Sequence[Pair]) -> dict:
    """What `llmlib.retrieval` gives every pair: a trained logit, or the likelihood of a causal model."""
    if not hasattr(reranker.model, "score"):
        return questioned(reranker, queries, texts, pairs)

    def score(text: int, asked: list[int]) -> list[float]:
        most = {"truncation": True, "max_length": reranker.length}
        rows = [reranker.tokenizer(queries[q], texts[text], **most)["input_ids"] for q in asked]
        _, found = states(reranker.model.model, rows)
        return [float(reranker.model.score(state[-1])[0]) for state in found]

    return by_text(pairs, score)


def questioned(reranker: object, queries: Sequence[str], texts: Sequence[str], pairs: Sequence[Pair]) -> dict:
    """What an Asker of `llmlib.retrieval` gives: log probability of each query as a question on a text."""
    head = reranker.tokenizer.encode(reranker.BEFORE, add_special_tokens=False)
    between = plain(reranker.tokenizer, reranker.BETWEEN)

    def score(text: int, asked: list[int]) -> list[float]:
        read = plain(reranker.tokenizer, f" {texts[text]}")[: reranker.MOST_TEXT]
        before = [*head, *read, *between]
        after = [plain(reranker.tokenizer, f" {queries[q]}")[: reranker.MOST_QUERY] for q in asked]
        start, found = states(reranker.model.base_model, [before + each for each in after], len(before))
        return [
            log_p(reranker.model, state[len(before) - start :], each).sum().item()
            for each, state in zip(after, found, strict=True)
        ]

    return by_text(pairs, score)


def log_p(model: object, state: torch.Tensor, ids: Sequence[int]) -> torch.Tensor:
    """(len(ids),) log probabilities of tokens, from the states (len(ids) + 1, D) of the one before each."""
    logits = model.lm_head(state[:-1]).double()  # (Q, V)
    return torch.log_softmax(logits, -1)[torch.arange(len(ids)), torch.tensor(ids)]


@torch.no_grad()
def choices(lm: object, query: str, titles: Sequence[str]) -> np.ndarray:
    """`llm_rank.first_choices`: (titles,) the probability of each number as the source cited."""
    asked = [{"role": "user", "content": llm_rank.list_prompt(titles, query)}]
    ids = chat_ids(lm.tokenizer, asked, lm.name) + encode(lm, " [")
    ids = ids[:1] + ids[1:][-(lm.context - 1) :]
    out = lm.model(input_ids=torch.tensor([ids]), logits_to_keep=1).logits[0, -1].double()
    p = torch.softmax(out, -1)
    return np.array([float(p[encode(lm, str(number))[0]]) for number in range(1, len(titles) + 1)])
