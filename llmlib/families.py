"""The other families: models that fill gaps, seeing both sides or in any order, or that rewrite a text.

`load` opens a folder with the standard transformers classes and gives an object that answers `compute` as the
engine in the page does ("fill", "rewrite", "trace", "encode"): plain data, the same names, the same sentences
for what cannot be answered. A gap is written `<|mask|>`, whatever the model's own mask is called.
Models that continue a text are `llmlib.load`'s.

Legend: T tokens of a text with its mark, S read and U written by an encoder-decoder, L layers, H heads,
D hidden size, V vocabulary, N gaps.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence

import numpy as np
import torch
from torch import Tensor

from llmlib import models
from llmlib.events import finished
from llmlib.parts import flat, must_say, stack, wanted
from llmlib.tokens import display, token_bytes, well_formed

MASK = "<|mask|>"
NO_GAP = f"Não há nenhuma lacuna: escreva {MASK} no lugar de uma palavra."
WRITE_GAP = f"escreva uma frase com {MASK} no lugar de uma palavra"
GAP = re.compile(
    r"[^\S\x1c-\x1f]*<\|mask\|>"
)  # blanks before a gap belong to the missing word, as in the tokenizers
ROOM = 96  # tokens that an encoder-decoder writes at most, unless told


class Family:
    """What the three have in common: `name`, `model`, `tokenizer`, `device`, `context` (most tokens)."""

    methods: tuple[str, ...] = ()

    def __init__(self, name: str, model: object, tokenizer: object):
        self.name, self.model, self.tokenizer = name, model, tokenizer
        self.device = next(model.parameters()).device
        limits = (getattr(model.config, "max_position_embeddings", None), tokenizer.model_max_length)
        self.context = min(limit for limit in (*limits, 100_000) if limit and limit > 0)
        self._byte_level = "ByteLevel" in str(getattr(tokenizer.backend_tokenizer, "decoder", ""))
        self._special = set(tokenizer.all_special_ids)

    def __repr__(self) -> str:
        millions = f"{sum(p.numel() for p in self.model.parameters()) / 1e6:.1f}".replace(".", ",")
        kind = type(self.model).__name__
        return f"{type(self).__name__} {self.name}: {millions} milhões de parâmetros, {kind}."

    def token_text(self, token: int) -> str:
        """How one token is shown."""
        piece = self.tokenizer.convert_ids_to_tokens(int(token))
        if piece is None:
            return f"⟨{token}⟩"
        return piece if token in self._special else display(token_bytes(piece, self._byte_level))

    def compute(self, method: str, params: dict) -> dict | Generator[dict, None, dict]:
        """Answer a widget as the engine does. Raises ValueError for another method."""
        if method not in self.methods:
            raise ValueError(f"{self.name} não sabe {method}; sabe {', '.join(self.methods)}.")
        return getattr(self, f"_{method}")(**{key: value for key, value in params.items() if key != "model"})

    def _encode(self, text: str = "") -> dict:
        return {"tokens": self._tokens(self._ids(text)), "cut": 0}

    def _ids(self, text: str) -> list[int]:
        """Ids without the mark that opens or ends a text."""
        return self.tokenizer.encode(well_formed(str(text)), add_special_tokens=False, verbose=False)

    def _tokens(self, ids: Sequence[int]) -> list[dict]:
        return [{"id": int(i), "text": self.token_text(i)} for i in ids]

    def _best(self, logits: Tensor, k: int) -> list[dict]:
        """logits (V,) -> the k most probable tokens, ties by smaller id."""
        p = logits.double().softmax(-1).cpu()
        order = torch.sort(p, descending=True, stable=True).indices[:k].tolist()
        return [{"id": i, "text": self.token_text(i), "p": p[i].item()} for i in order]

    def _fits(self, ids: Sequence[int]) -> list[int]:
        if len(ids) > self.context:
            raise ValueError(f"O texto tem {len(ids)} tokens, e {self.name} lê no máximo {self.context}.")
        return list(ids)

    def _count(self, k: int) -> int:
        size = self.model.get_output_embeddings().weight.shape[0]
        if not isinstance(k, int) or not 1 <= k <= size:
            raise ValueError(f"k deve ser de 1 a {size}; veio {k}.")
        return k

    def _batch(self, ids: Sequence[int]) -> Tensor:
        return torch.tensor([list(ids)], device=self.device)

    def _pass(self, ids: list[int], parts: set[str]) -> tuple[Tensor, dict]:
        """Logits (T, V), and the tokens with the maps and states asked for."""
        asked = [name for name in ("attentions", "hidden_states") if name in parts]
        out = self.model(self._batch(ids), **{f"output_{name}": True for name in asked})
        result = {"tokens": self._tokens(ids)}
        for name in asked:
            result |= flat(name, stack(getattr(out, name)))
        return out.logits[0].float(), result


class BothSides(Family):
    """A masked language model, as BERT: every token sees both sides."""

    methods = ("encode", "fill", "trace")

    def fill(self, text: str, k: int = 10) -> dict:
        """{tokens, masked: places in tokens, top: for each gap its k best tokens {id, text, p}}."""
        return self.compute("fill", {"text": text, "k": k})

    @torch.no_grad()
    def _fill(self, text: str = "", k: int = 10, only: str | Sequence[str] | None = None) -> dict:
        parts = wanted(only, (), ("attentions", "hidden_states"))
        self._count(k)
        must_say(text, WRITE_GAP)
        ids = self._marked(text)
        masked = [i for i, token in enumerate(ids) if token == self.tokenizer.mask_token_id]
        if not masked:
            raise ValueError(NO_GAP)
        logits, result = self._pass(ids, parts)
        return result | {"masked": masked, "top": [self._best(logits[place], k) for place in masked]}

    @torch.no_grad()
    def _trace(self, text: str = "", only: str | Sequence[str] | None = None) -> dict:
        whole = ("logits", "attentions", "hidden_states")
        parts = wanted(only, whole, whole)
        must_say(text, "escreva uma frase")
        logits, result = self._pass(self._marked(text), parts)
        return {"cut": 0} | result | (flat("logits", logits.cpu().numpy()) if "logits" in parts else {})

    def _marked(self, text: str) -> list[int]:
        """Ids with the model's own marks and its own mask."""
        text = well_formed(str(text)).replace(MASK, self.tokenizer.mask_token)
        return self._fits(self.tokenizer.encode(text, verbose=False))

    def logits_of(self, ids: Sequence[int], hidden: Sequence[int]) -> Tensor:
        """Logits (N, V) for the tokens of `ids` (no mark) at the places `hidden`, all of them masked."""
        shown = [self.tokenizer.mask_token_id if i in set(hidden) else token for i, token in enumerate(ids)]
        return (
            self.model(self._batch([self.model.config.cls_token_id, *shown]))
            .logits[0, [i + 1 for i in hidden]]
            .float()
        )


class AnyOrder(Family):
    """A permutation language model, as XLNet: gaps are filled one by one, each seeing those filled before."""

    methods = ("encode", "fill", "trace")

    def fill(self, text: str, k: int = 10, order: Sequence[int] | None = None) -> dict:
        """As BothSides.fill, gap by gap in `order` (numbers of the gaps; without it from left to right)."""
        return self.compute("fill", {"text": text, "k": k, "order": order})

    @torch.no_grad()
    def _fill(
        self,
        text: str = "",
        k: int = 10,
        order: Sequence[int] | None = None,
        only: str | Sequence[str] | None = None,
    ) -> dict:
        parts = wanted(only, (), ("attentions",))
        self._count(k)
        must_say(text, WRITE_GAP)
        ids, masked = [self.tokenizer.bos_token_id], []
        for number, part in enumerate(GAP.split(well_formed(str(text)))):
            if number:
                masked.append(len(ids))
                ids.append(-1)
            ids += self._ids(part)
        if not masked:
            raise ValueError(NO_GAP)
        self._fits(ids)
        turns = list(range(len(masked)) if order is None else order)
        if sorted(turns, key=str) != sorted(range(len(masked)), key=str):
            said = ", ".join(map(str, turns)) or "nada"
            raise ValueError(f"A ordem diz cada lacuna uma vez, de 0 a {len(masked) - 1}; veio {said}.")
        tokens = [{"id": -1, "text": MASK} if i < 0 else self._tokens([i])[0] for i in ids]
        top: list = [None] * len(masked)
        maps: list = [None] * len(masked)
        for gap in turns:
            logits, maps[gap] = self._guess(ids, [masked[gap]], "attentions" in parts)
            top[gap] = self._best(logits[0], k)
            ids[masked[gap]] = top[gap][0]["id"]
        result = {"tokens": tokens, "masked": masked, "top": top, "order": turns}
        return result | (flat("attentions", np.stack(maps)) if "attentions" in parts else {})

    @torch.no_grad()
    def _trace(self, text: str = "", only: str | Sequence[str] | None = None) -> dict:
        """The content stream of a text in which nothing is hidden: every token sees all, itself too.

        Without logits: that stream guesses nothing (Yang et al., 2019, section 2.3).
        """
        whole = ("attentions", "hidden_states")
        parts = wanted(only, whole, whole)
        must_say(text, "escreva uma frase")
        return {"cut": 0} | self._pass(self._fits([self.tokenizer.bos_token_id, *self._ids(text)]), parts)[1]

    def _guess(
        self, ids: list[int], places: list[int], attentions: bool = False
    ) -> tuple[Tensor, np.ndarray | None]:
        """Logits (N, V) for `places`, ids below 0 being seen by nobody; where the first looked, (L, H, T)."""
        hidden = torch.tensor([i < 0 for i in ids], device=self.device)
        unseen = hidden.float().expand(1, len(ids), len(ids))  # perm_mask: 1 where a token may not be seen
        mapping = torch.nn.functional.one_hot(torch.tensor([places], device=self.device), len(ids)).float()
        out = self.model(
            self._batch([max(i, 0) for i in ids]),
            perm_mask=unseen,
            target_mapping=mapping,
            output_attentions=attentions,
        )
        if not attentions:
            return out.logits[0].float(), None
        return out.logits[0].float(), np.stack(
            [pair[1][0, :, places[0]].float().cpu().numpy() for pair in out.attentions]
        )

    def logits_of(self, ids: Sequence[int], hidden: Sequence[int]) -> Tensor:
        """Logits (N, V) for the tokens of `ids` (no mark) at the places `hidden`, none seeing another."""
        shown = [-1 if i in set(hidden) else token for i, token in enumerate(ids)]
        return self._guess([self.tokenizer.bos_token_id, *shown], [i + 1 for i in hidden])[0]


class Rewriter(Family):
    """An encoder-decoder, as T5: reads a text and writes another, greedily."""

    methods = ("encode", "rewrite", "trace")
    PARTS = ("encoder_attentions", "decoder_attentions", "cross_attentions", "logits")

    def rewrite(self, text: str, max_new_tokens: int = ROOM) -> str:
        """What the model writes when it reads `text`."""
        return finished(self.compute("rewrite", {"text": text, "max_new_tokens": max_new_tokens}))[1]["text"]

    def _rewrite(self, text: str = "", max_new_tokens: int = ROOM, k: int = 0) -> Generator[dict, None, dict]:
        if not isinstance(max_new_tokens, int) or max_new_tokens < 0:
            raise ValueError(f"max_new_tokens deve ser 0 ou mais; veio {max_new_tokens}.")
        return self._events(self._source(text), max_new_tokens, k)

    def _events(self, source: list[int], max_new_tokens: int, k: int = 0) -> Generator[dict, None, dict]:
        """Yields {token, top?}, returns {ids, text, reason}."""
        config = self.model.config
        last, ids, reason, cache, read = config.decoder_start_token_id, [], "length", None, None
        while len(ids) < min(max_new_tokens, self.context):
            with torch.no_grad():
                read = read or self.model.get_encoder()(self._batch(source))
                out = self.model(
                    encoder_outputs=read,
                    decoder_input_ids=self._batch([last]),
                    past_key_values=cache,
                    use_cache=True,
                )
            cache, top = out.past_key_values, self._best(out.logits[0, -1].float(), max(1, k))
            last = top[0]["id"]
            ids.append(last)
            yield {"token": top[0]} | ({"top": top} if k else {})
            if last == config.eos_token_id:
                reason = "eos"
                break
        return {"ids": ids, "text": self._text(ids), "reason": reason}

    @torch.no_grad()
    def _trace(
        self, text: str = "", target: Sequence[int] | None = None, only: str | Sequence[str] | None = None
    ) -> dict:
        """Maps of reading `text` and writing `target`; row u of the decoder's: where it looked to write u."""
        parts, source = wanted(only, self.PARTS, self.PARTS), self._source(text)
        config = self.model.config
        written = finished(self._events(source, ROOM))[1]["ids"] if target is None else target
        target = [int(i) for i in written]
        if not all(0 <= i < config.vocab_size for i in target):
            raise ValueError(f"{self.name} lê tokens de 0 a {config.vocab_size - 1}.")
        self._fits(target)
        result = {"tokens": self._tokens(source), "target": self._tokens(target), "cut": 0}
        seen = [config.decoder_start_token_id, *target[:-1]]  # never empty: of no target one row is left out
        out = self.model(
            self._batch(source), decoder_input_ids=self._batch(seen), output_attentions=True, use_cache=False
        )
        U = len(target)
        for name in self.PARTS[:3]:
            if name in parts:
                maps = stack(getattr(out, name))
                maps = maps if name == self.PARTS[0] else maps[:, :, :U]
                result |= flat(name, maps if name != self.PARTS[1] else maps[..., :U])
        return result | (flat("logits", out.logits[0, :U].float().cpu().numpy()) if "logits" in parts else {})

    def _source(self, text: str) -> list[int]:
        must_say(text, "escreva a frase que o modelo deve reescrever")
        return self._fits([*self._ids(text), self.model.config.eos_token_id])

    def _text(self, ids: Sequence[int]) -> str:
        kept = [int(i) for i in ids if i not in self._special]
        pieces = self.tokenizer.convert_ids_to_tokens(kept)
        return b"".join(token_bytes(p, self._byte_level) for p in pieces if p).decode("utf-8", "replace")

    def logits_of(self, ids: Sequence[int], hidden: Sequence[int]) -> Tensor:
        """Logits (N, V) for the tokens of `ids` at the places `hidden`, written as spans after sentinels."""
        sentinel = iter(self.tokenizer.convert_tokens_to_ids([f"<extra_id_{i}>" for i in range(32)]))
        source, target, rows = [], [], []
        for i, token in enumerate(ids):
            if i not in set(hidden):
                source.append(token)
                continue
            if i - 1 not in set(hidden) and (mark := next(sentinel, None)) is not None:
                source.append(mark)
                target.append(mark)
            rows.append(len(target))
            target.append(token)
        end = self.model.config.eos_token_id
        seen = [self.model.config.decoder_start_token_id, *target[:-1]]
        out = self.model(self._batch([*source, end]), decoder_input_ids=self._batch(seen))
        return out.logits[0, rows].float()


KINDS = {"ForMaskedLM": BothSides, "XLNetLMHeadModel": AnyOrder, "ForConditionalGeneration": Rewriter}


def load(name: str, revision: str | None = None, device: str | None = None) -> Family:
    """Open a model of another family: of the course ("mini-bert"), a folder, or a hub id.

    Args:
        name, revision, device: as in `llmlib.load`.
    Raises:
        ModelError: unknown name, damaged files, or a model of a kind that is none of the three.
        ModelUnavailable: the hub does not answer; in a notebook the cell ends there, and the rest goes on.

    >>> bert = load("mini-bert")
    >>> bert.fill("O gato <|mask|> no sofá.", k=3)["top"][0]
    """
    from transformers import AutoModelForMaskedLM, AutoModelForSeq2SeqLM, XLNetLMHeadModel

    openers = {BothSides: AutoModelForMaskedLM, AnyOrder: XLNetLMHeadModel, Rewriter: AutoModelForSeq2SeqLM}
    folder, _, remedy = models.find(str(name), revision)
    found = models.architectures(folder, remedy)
    kind = next((KINDS[end] for end in KINDS for each in found if each.endswith(end)), None)
    if kind is None:
        raise models.ModelError(
            f"{name} é um {', '.join(found) or 'modelo sem tipo'}; "
            f"families.load abre os que terminam em {', '.join(KINDS)}. "
            "Os que continuam um texto, abre-os llmlib.load."
        )
    models.check(folder, str(name), remedy)
    model, tokenizer = models.open_folder(folder, str(name), remedy, device, openers[kind])
    return kind(str(name), model, tokenizer)
