"""Validation loss by kind of text, on documents drawn for it from the "valid" split of every kind."""

from __future__ import annotations

import importlib
import math
import random
from itertools import islice

from builders.corpus import Document
from builders.corpus.__main__ import MODULES
from builders.measures import batch

TEXTS = 60  # of each kind


def documents(kind: str, n: int = TEXTS) -> list[Document]:
    """Up to `n` unseen documents of a kind, always the same."""
    module = importlib.import_module(f"builders.corpus.{MODULES[kind]}")
    return list(islice(module.documents(random.Random(f"perda/{kind}"), "valid"), n))


def measure(lm: object, n: int = TEXTS) -> dict[str, dict]:
    """By kind: mean loss a token (nats), perplexity, texts, tokens; "todos" weighs every token alike."""
    found, all_loss, all_tokens, all_texts = {}, 0.0, 0, 0
    for kind in MODULES:
        texts = [d.text for d in documents(kind, n)]
        if not texts:
            continue
        loss = -sum(batch.scores(lm, texts))
        tokens = sum(min(len(lm.tokenizer(t)["input_ids"]), lm.context - 1) for t in texts)
        found[kind] = {"loss": loss / tokens, "perplexity": math.exp(loss / tokens)}
        found[kind] |= {"texts": len(texts), "tokens": tokens}
        all_loss, all_tokens, all_texts = all_loss + loss, all_tokens + tokens, all_texts + len(texts)
    mean = all_loss / all_tokens
    found["todos"] = {"loss": mean, "perplexity": math.exp(mean), "texts": all_texts, "tokens": all_tokens}
    return found
