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

BATCH, PAIRS = 32, 8  # texts, and pairs, that go through a model at once


def plain(tokenizer: object, text: str) -> list[int]:
    """Ids of a text, in which the name of a special token is text like the rest."""
    return tokenizer.encode(
        well_formed(text), add_special_tokens=False, split_special_tokens=True, verbose=False
    )


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
        ids = [plain(embedder.tokenizer, text)[: embedder.length] for text in texts]
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
    """Reads a query and a text together, and gives one score; higher is more relevant.

    Scores compare texts for one query: they are no probabilities of being right. This is what the two kinds
    below have in common.
    """

    methods = ("rerank",)

    def __init__(self, name: str, model: object, tokenizer: object):
        self.name, self.model, self.tokenizer = name, model, tokenizer
        most = min(tokenizer.model_max_length, model.config.max_position_embeddings)
        self.length = most  # tokens of a pair

    def __call__(self, query: str, texts: Sequence[str]) -> np.ndarray:
        """Scores (N,) float32."""
        scores = np.zeros(len(texts), np.float32)
        for at in range(0, len(texts), PAIRS):
            part = [str(text) for text in texts[at : at + PAIRS]]
            scores[at : at + len(part)] = self._batch(query, part)
        return scores

    def _batch(self, query: str, texts: list[str]) -> np.ndarray:
        raise NotImplementedError

    def compute(self, method: str, params: dict) -> dict:
        """Answer a widget as the engine does; of a search, too."""
        if method != "rerank":
            return _elsewhere(self, method, params)
        return {"scores": self(str(params.get("query", "")), params.get("texts", []))}


class CrossEncoder(Reranker):
    """A classifier with one label, as sentence-transformers' CrossEncoder: the score is its logit."""

    def _batch(self, query: str, texts: list[str]) -> np.ndarray:
        import torch

        pairs = self.tokenizer(
            [well_formed(query)] * len(texts),
            [well_formed(text) for text in texts],
            padding=True,
            truncation=True,
            max_length=self.length,
            split_special_tokens=True,
            return_tensors="pt",
        ).to(self.model.device)
        with torch.no_grad():
            return self.model(**pairs).logits[:, 0].float().cpu().numpy()


class Asker(Reranker):
    """A model that continues texts: the score is how likely it is to ask this query of the text it has read.

    The sum of the log-probabilities of the query's tokens, in nats (Sachan et al. 2022, arXiv:2204.07496).
    """

    BEFORE, BETWEEN = "<|endoftext|><|im_start|>user\nContexto:", "\nPergunta:"
    MOST_TEXT, MOST_QUERY = 200, 48  # tokens of each that are read

    def _batch(self, query: str, texts: list[str]) -> np.ndarray:
        import torch

        before = self.tokenizer.encode(self.BEFORE, add_special_tokens=False)
        between = plain(self.tokenizer, self.BETWEEN)
        asked = plain(self.tokenizer, f" {query}")[: self.MOST_QUERY]
        count = len(asked)
        read = [
            [*before, *plain(self.tokenizer, f" {text}")[: self.MOST_TEXT], *between, *asked]
            for text in texts
        ]
        size = max(map(len, read))
        device = next(self.model.parameters()).device
        padded = torch.tensor([ids + [0] * (size - len(ids)) for ids in read], device=device)  # (n, T)
        with torch.no_grad():  # causal: what comes after the query changes nothing before it
            states = self.model.base_model(input_ids=padded).last_hidden_state  # (n, T, D)
            ends = torch.tensor([len(ids) for ids in read], device=device)
            at = ends[:, None] - count - 1 + torch.arange(count, device=device)  # (n, query)
            chosen = torch.gather(states, 1, at[..., None].expand(-1, -1, states.shape[-1]))
            odds = self.model.lm_head(chosen).float().log_softmax(-1)  # (n, query, V)
        wanted = torch.tensor(asked, dtype=torch.long, device=device).expand(len(texts), count)
        return odds.gather(2, wanted[..., None]).sum((1, 2)).cpu().numpy()


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
    """Open what puts texts in order for a query: "mini-rerank", a folder, or a model of the hub.

    A classifier with one label becomes a CrossEncoder, a model that continues texts an Asker.
    Raises as `llmlib.load`, and RetrievalError for a model that is neither.
    """
    from llmlib import models  # and with it torch: a search by words needs neither

    folder, _, remedy = models.find(name, None)
    models.check(folder, name, remedy)
    found = models.architectures(folder, remedy)
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

    kinds = {
        "ForSequenceClassification": (AutoModelForSequenceClassification, CrossEncoder),
        "ForCausalLM": (AutoModelForCausalLM, Asker),
    }
    kind = next((kinds[end] for end in kinds for each in found if each.endswith(end)), None)
    if kind is None:
        raise RetrievalError(
            f"{name} é um {', '.join(found)}, e não um modelo que dá nota a pares como o mini-rerank."
        )
    opener, made = kind
    model, tokenizer = models.open_folder(folder, name, remedy, device, opener)
    tokenizer.padding_side = "right"
    return made(name, model, tokenizer)
