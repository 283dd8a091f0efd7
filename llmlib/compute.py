"""What a widget asks of a model, answered as the engine in the page answers it: plain data, the same names.

A widget sends a method and its parameters and does not know who computes. Here a `LM` does. Nothing is drawn
and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from llmlib import retrieval
from llmlib.conversation import chat_ids
from llmlib.passes import trace

if TYPE_CHECKING:
    from llmlib.lm import LM

SEARCH = ("collection", "chunk", "search")  # asked of documents, not of a model


def answer(lm: LM, method: str, params: dict) -> dict | Generator[dict, None, dict]:
    """The answer to "encode", "next", "generate" (a generator of events and then the result), "trace",
    "weights", "config" or "embed"; a model of another family (`llmlib.families`) answers for itself. Whatever
    the model, "collection", "chunk", "search" and "rerank" are answered by `llmlib.retrieval`; "embed" too,
    where `params["model"]` names another.

    The text comes as `text`, `ids` or `messages`. Raises ValueError for another method.
    """
    other = params.get("model", lm.name)
    if method == "rerank":
        return retrieval.reranker(*([other] if other != lm.name else [])).compute(method, params)
    if method in SEARCH:
        return retrieval.answer(method, params)
    if method == "embed" and other != lm.name:
        return retrieval.embedder(other).compute(method, params)
    if hasattr(lm, "methods"):
        return lm.compute(method, params)
    text = params.get("text", "") if params.get("ids") is None else params["ids"]
    if params.get("messages") is not None:
        text = chat_ids(lm.tokenizer, params["messages"], lm.name)
        params = params | {"add_bos": text[:1] == [lm.bos]}

    def given(*keys: str) -> dict:
        return {key: params[key] for key in keys if params.get(key) is not None}

    if method == "encode":
        ids, cut = lm._ids(text) if len(text) or lm.bos is not None else ([], 0)
        return {"tokens": lm._tokens(ids), "cut": cut}
    if method == "next":
        return lm.next(text, **given("k", "sampling", "generated", "add_bos"))
    if method == "generate":
        return lm._events(text, **given("max_new_tokens", "sampling", "stop", "k", "add_bos", "written"))
    if method == "trace":
        return trace(lm, text, params)
    if method == "weights":
        return weights(lm.model, params.get("name", ""), params.get("rows", []))
    if method == "config":
        return {"config": sizes(lm.model.config)}
    if method == "embed":
        return retrieval.Embedder.of(lm).compute(method, params)
    raise ValueError(
        f"O modelo não sabe “{method}”; sabe encode, next, generate, trace, weights, config e embed."
    )


def weights(model: object, name: str, rows: list[int]) -> dict:
    """Rows of a weight, named as the activation that it makes: "layers.0.mlp.up_proj", "norm", "lm_head".

    Returns {values, values_shape}: (rows, columns) float32 in the order asked; of a norm
    everything, (columns).
    """
    try:
        weight = model.get_submodule(name if name == "lm_head" else f"model.{name}").weight
    except AttributeError:
        raise ValueError(f"O modelo não tem um peso chamado {name}.") from None
    if weight.ndim == 1:
        return {"values": weight.detach().float().cpu().numpy(), "values_shape": [len(weight)]}
    if wrong := [row for row in rows if row not in range(len(weight))]:
        raise ValueError(f"O peso {name} tem linhas de 0 a {len(weight) - 1}; veio {wrong[0]}.")
    found = weight[list(rows)].detach().float().cpu().numpy()  # (rows, columns)
    return {"values": found.ravel(), "values_shape": list(found.shape)}


def sizes(config: object) -> dict:
    """What the engine's config says of a Qwen3 model that figures of its inside need."""
    keys = (
        "architectures", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
        "num_key_value_heads", "head_dim", "intermediate_size", "max_position_embeddings",
        "tie_word_embeddings", "rms_norm_eps",
    )  # fmt: skip
    found = {key: getattr(config, key) for key in keys if getattr(config, key, None) is not None}
    rope = getattr(config, "rope_parameters", None) or {}
    return found | ({"rope_theta": rope["rope_theta"]} if "rope_theta" in rope else {})
