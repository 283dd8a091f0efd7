"""How a cross-encoder's page file says that a query and a text are laid out: read from its tokenizer.

`CrossEncoder(folder).predict` puts a pair together by the post-processor in `tokenizer.json`; the page, by
`config.pair`, which `engine/rerank.js` reads. Nothing is decided here.
"""

from __future__ import annotations

import json
from pathlib import Path

ARCHITECTURE = "Qwen3ForSequenceClassification"


def pair_of(folder: Path) -> dict:
    """`pair` (ids, "A" for the query, "B" for the text), `prepend` and `max_pair_length` of a model.

    Raises ValueError where the tokenizer puts pairs together in a way that the page does not know.
    """
    file = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    post, normalizer = file.get("post_processor") or {}, file.get("normalizer")
    if post.get("type") != "TemplateProcessing":
        raise ValueError(f"{folder.name}: the page lays pairs out by a TemplateProcessing only.")
    if normalizer is not None and normalizer.get("type") != "Prepend":
        raise ValueError(f"{folder.name}: the page knows no normalizer but Prepend.")
    parts = []
    for piece in post["pair"]:
        if "Sequence" in piece:
            parts.append(piece["Sequence"]["id"])
        else:
            parts.append(post["special_tokens"][piece["SpecialToken"]["id"]]["ids"])
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    said = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    longest = min(config["max_position_embeddings"], said.get("model_max_length", 10**9))
    prepend = {"prepend": normalizer["prepend"]} if normalizer else {}
    return {"pair": parts, "max_pair_length": longest, **prepend}
