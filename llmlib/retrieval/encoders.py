"""The models of a search: an embedder that turns texts into vectors, and a reranker that reads pairs.

Both open a bundled model with transformers alone, and give what sentence-transformers gives for the same
folder (tested); a model of the Hugging Face hub is opened by sentence-transformers itself.

Legend: N texts, T tokens, D numbers of a vector.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from llmlib.parts import flat
from llmlib.retrieval.texts import RetrievalError
from llmlib.tokens import well_formed

BATCH = 32


class Embedder:
    """Texts to vectors of length 1: the mean over a text's tokens of the states after the last norm.

    Attributes: `name`; `stamp`, which changes when the weights do; `length`, the most tokens that it reads.
    """

    methods = ("embed",)

    @classmethod
    def of(cls, lm: object) -> Embedder:
        """The vectors that an `LM` gives: means of its last states."""
        return cls(lm.name, lm.model.base_model, lm.tokenizer, "", lm.context)

    def __init__(self, name: str, model: object, tokenizer: object, stamp: str, length: int):
        self.name, self.model, self.tokenizer, self.stamp, self.length = name, model, tokenizer, stamp, length
        self.width = model.config.hidden_size

    def __repr__(self) -> str:
        return f"Embedder {self.name}: vetores de {self.width} números, de até {self.length} tokens."

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """(N, D) float32. A text of no tokens stays at zero; of one too long the beginning is read."""
        for _ in (events := self.steps(texts)):
            pass
        return events.vectors

    def steps(self, texts: Sequence[str]) -> Steps:
        """The same, batch by batch: iterate over {done, total}, then read `.vectors`."""
        return Steps(self, [str(text) for text in texts])

    def _batch(self, ids: list[list[int]]) -> np.ndarray:
        import torch

        size = max(len(each) for each in ids)
        device = next(self.model.parameters()).device
        padded = torch.tensor([each + [0] * (size - len(each)) for each in ids], device=device)  # (n, T)
        mask = torch.tensor([[1] * len(each) + [0] * (size - len(each)) for each in ids], device=device)
        with torch.no_grad():
            states = self.model(input_ids=padded, attention_mask=mask).last_hidden_state.float()  # (n, T, D)
        mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)  # (n, D)
        return torch.nn.functional.normalize(mean, dim=1).cpu().numpy()

    def compute(self, method: str, params: dict) -> dict:
        """Answer a widget as the engine does; of a search, too."""
        if method != "embed":
            return _elsewhere(self, method, params)
        return flat("vectors", self(params.get("texts", [])))


class Steps:
    """An embedding under way: an iterator of {done, total}; afterwards `vectors` (N, D)."""

    def __init__(self, embedder: Embedder, texts: list[str]):
        self.vectors = np.zeros((len(texts), embedder.width), np.float32)
        self._events = self._run(embedder, texts)

    def __iter__(self) -> Generator[dict, None, None]:
        return self._events

    def _run(self, embedder: Embedder, texts: list[str]) -> Generator[dict, None, None]:
        encode = embedder.tokenizer.encode
        ids = [
            encode(well_formed(t), add_special_tokens=False, verbose=False)[: embedder.length] for t in texts
        ]
        order = sorted((i for i in range(len(ids)) if ids[i]), key=lambda i: len(ids[i]))  # little padding
        for at in range(0, len(order), BATCH):
            part = order[at : at + BATCH]
            self.vectors[part] = embedder._batch([ids[i] for i in part])
            yield {"done": at + len(part), "total": len(texts)}


class HubEmbedder:
    """A sentence-transformers model of the hub or of a folder, as an Embedder."""

    def __init__(self, name: str, model: object, stamp: str):
        self.name, self.model, self.stamp = name, model, stamp
        self.width = model.get_sentence_embedding_dimension()

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """(N, D) float32, of length 1."""
        return self.model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)


class Reranker:
    """A cross-encoder: reads a query and a text together, and gives one score; higher is more relevant."""

    methods = ("rerank",)

    def __init__(self, name: str, model: object, tokenizer: object, length: int):
        self.name, self.model, self.tokenizer, self.length = name, model, tokenizer, length

    def __call__(self, query: str, texts: Sequence[str]) -> np.ndarray:
        """Scores (N,) float32, logits: they compare texts for one query, and are no probabilities."""
        import torch

        scores = np.zeros(len(texts), np.float32)
        for at in range(0, len(texts), BATCH):
            part = [well_formed(str(text)) for text in texts[at : at + BATCH]]
            pairs = self.tokenizer(
                [well_formed(query)] * len(part),
                part,
                padding=True,
                truncation=True,
                max_length=self.length,
                return_tensors="pt",
            ).to(self.model.device)
            with torch.no_grad():
                scores[at : at + len(part)] = self.model(**pairs).logits[:, 0].float().cpu().numpy()
        return scores

    def compute(self, method: str, params: dict) -> dict:
        """Answer a widget as the engine does; of a search, too."""
        if method != "rerank":
            return _elsewhere(self, method, params)
        return {"scores": self(str(params.get("query", "")), params.get("texts", []))}


def _elsewhere(model: Embedder | Reranker, method: str, params: dict) -> object:
    """What is not asked of the model but of documents."""
    from llmlib.retrieval.answers import METHODS, answer

    if method not in METHODS:
        raise ValueError(f"{model.name} não sabe {method}; sabe {', '.join([*model.methods, *METHODS])}.")
    return answer(method, params)


def stamp_of(folder: Path) -> str:
    """What changes when the vectors of a model would: a hash of its weights and tokenizer."""
    digest = hashlib.sha256()
    for name in ("model.safetensors", "tokenizer.json", "sentence_bert_config.json"):
        if (folder / name).exists():
            digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:16]


def stamp(name: str) -> str:
    """The stamp of a model, without opening it."""
    from llmlib import models  # and with it torch: a search by words needs neither

    folder, commit, _ = models.find(name, None)
    return commit[:16] or stamp_of(folder)


def _reads(folder: Path, otherwise: int) -> int:
    """The most tokens that the model in `folder` was trained to read as one text."""
    said = folder / "sentence_bert_config.json"
    return json.loads(said.read_text(encoding="utf-8"))["max_seq_length"] if said.exists() else otherwise


@lru_cache(maxsize=4)
def embedder(name: str = "mini-embed", device: str | None = None) -> Embedder | HubEmbedder:
    """Open an embedder: "mini-embed", or a sentence-transformers model of the hub ("dono/modelo").

    A model that continues texts ("mini-base") gives vectors too: the mean of its last states, which nobody
    trained to be alike for texts that mean the same.
    Raises as `llmlib.load`, and RetrievalError for a model that is not an encoder.
    """
    from llmlib import models  # and with it torch: a search by words needs neither

    folder, commit, remedy = models.find(name, None)
    models.check(folder, name, remedy)
    if "/" in name or "\\" in name:
        from sentence_transformers import SentenceTransformer

        return HubEmbedder(
            name, SentenceTransformer(str(folder), device=device), commit[:16] or stamp_of(folder)
        )
    found = models.architectures(folder, remedy)
    if not any(each.endswith(("Model", "ForCausalLM")) and not each.startswith("XLNet") for each in found):
        raise RetrievalError(
            f"{name} é um {', '.join(found)}, e não um modelo de embeddings como o mini-embed."
        )
    from transformers import AutoModel

    model, tokenizer = models.open_folder(folder, name, remedy, device, AutoModel)
    return Embedder(
        name, model, tokenizer, stamp_of(folder), _reads(folder, model.config.max_position_embeddings)
    )


@lru_cache(maxsize=2)
def reranker(name: str = "mini-rerank", device: str | None = None) -> Reranker:
    """Open a cross-encoder with one score: "mini-rerank", a folder, or one of the hub.

    Raises as `llmlib.load`, and RetrievalError for a model that is none.
    """
    from llmlib import models  # and with it torch: a search by words needs neither

    folder, _, remedy = models.find(name, None)
    models.check(folder, name, remedy)
    found = models.architectures(folder, remedy)
    if not any(each.endswith("ForSequenceClassification") for each in found):
        raise RetrievalError(
            f"{name} é um {', '.join(found)}, e não um modelo que dá nota a pares como o mini-rerank."
        )
    from transformers import AutoModelForSequenceClassification

    model, tokenizer = models.open_folder(folder, name, remedy, device, AutoModelForSequenceClassification)
    tokenizer.padding_side = "right"
    most = min(tokenizer.model_max_length, model.config.max_position_embeddings)
    return Reranker(name, model, tokenizer, most)
