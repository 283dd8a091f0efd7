"""How each family answers the same questions: what stands in a gap, what comes next, how likely a text is.

Ids are those of the family's tokenizer, which all models share; every text begins with `<|endoftext|>`.
Nothing is measured here (see `families_task`): each function asks one model once, or says how often.

Letters: T tokens, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import (
    AutoTokenizer,
    ModernBertForMaskedLM,
    PreTrainedTokenizerBase,
    T5ForConditionalGeneration,
    XLNetLMHeadModel,
)

from builders import t5, xlnet
from builders.families import END, PAD
from builders.measures import batch
from llmlib import load
from llmlib.lm import LM

NAMES = ("mini-base", "mini-instruct", "mini-bert", "mini-t5", "mini-xlnet")
OTHERS = {
    "mini-bert": ModernBertForMaskedLM,
    "mini-t5": T5ForConditionalGeneration,
    "mini-xlnet": XLNetLMHeadModel,
}


@dataclass
class Family:
    """The models of one tokenizer; None where one is not there. `folders`: where each was read from."""

    base: LM | None
    instruct: LM | None
    bert: nn.Module | None
    t5: nn.Module | None
    xlnet: nn.Module | None
    tokenizers: dict[str, PreTrainedTokenizerBase] = field(repr=False)
    folders: dict[str, Path] = field(repr=False)

    def module(self, name: str) -> nn.Module:
        """The torch module of a model."""
        found = getattr(self, name.removeprefix("mini-"))
        return found.model if isinstance(found, LM) else found

    @property
    def mask(self) -> int:
        """The id that hides a token from mini-bert."""
        return self.tokenizers["mini-bert"].mask_token_id

    @property
    def sentinels(self) -> list[int]:
        """The ids that stand for spans in mini-t5."""
        return self.tokenizers["mini-t5"].convert_tokens_to_ids(t5.SENTINELS)

    def ids(self, text: str) -> list[int]:
        """A text's ids, `<|endoftext|>` first."""
        return [END, *self.base.tokenizer.encode(text, add_special_tokens=False)]

    def text(self, ids: Sequence[int]) -> str:
        """Ids as text, special tokens left out."""
        return self.base.decode([i for i in ids if i < len(self.base.tokenizer)])


def opened(folders: dict[str, Path]) -> Family:
    """The models in `folders`, by name, in float32 on the CPU."""

    def other(name: str) -> nn.Module | None:
        if name not in folders:
            return None
        eager = {} if name == "mini-xlnet" else {"attn_implementation": "eager"}
        return OTHERS[name].from_pretrained(folders[name], dtype=torch.float32, **eager).eval()

    def causal(name: str) -> LM | None:
        return load(str(folders[name]), device="cpu") if name in folders else None

    return Family(
        base=causal("mini-base"),
        instruct=causal("mini-instruct"),
        bert=other("mini-bert"),
        t5=other("mini-t5"),
        xlnet=other("mini-xlnet"),
        tokenizers={name: AutoTokenizer.from_pretrained(folders[name]) for name in OTHERS if name in folders},
        folders=dict(folders),
    )


# ---- gaps: log p (hidden, V) float32 of the tokens at `places`


@torch.no_grad()
def bert_gaps(family: Family, ids: Sequence[int], places: Sequence[int], seen: Sequence[int] = ()) -> Tensor:
    """mini-bert, one pass, all `places` hidden at once. `seen` are places among them that are not hidden."""
    shown = torch.tensor([list(ids)])
    hidden = [p for p in places if p not in seen]
    shown[0, hidden] = family.mask
    return family.bert(shown).logits[0, list(places)].float().log_softmax(-1)


@torch.no_grad()
def xlnet_gaps(family: Family, ids: Sequence[int], places: Sequence[int], in_order: bool = False) -> Tensor:
    """mini-xlnet, one pass; `in_order`: each of `places` also sees those before it in the list."""
    x = torch.tensor([list(ids)])
    targets, rank = torch.zeros(x.shape, dtype=torch.bool), torch.zeros(x.shape)
    targets[0, list(places)] = True
    if in_order:
        rank[0, list(places)] = torch.arange(1.0, len(places) + 1)
    logs = xlnet.order_loss(family.xlnet, x, targets, rank)[1].log_softmax(-1)  # by position
    at = {place: row for row, place in enumerate(sorted(places))}
    return logs[[at[place] for place in places]]


@torch.no_grad()
def base_left(family: Family, ids: Sequence[int], places: Sequence[int]) -> Tensor:
    """mini-base, one pass: each place from what stands to its left, the hidden ones included."""
    x = torch.tensor([list(ids)])
    return (
        family.base.model(input_ids=x, use_cache=False)
        .logits[0, [p - 1 for p in places]]
        .float()
        .log_softmax(-1)
    )


def base_whole(family: Family, ids: Sequence[int], place: int, candidates: Sequence[int]) -> list[float]:
    """Log p (nats) of the whole sentence by mini-base with each candidate at `place`: a pass a candidate."""
    rows = [[*ids[:place], candidate, *ids[place + 1 :]] for candidate in candidates]
    return row_scores(family.base, rows)


@torch.no_grad()
def row_scores(lm: LM, rows: Sequence[Sequence[int]]) -> list[float]:
    """Log p (nats) of each row of ids given its first one; the rows are of one length."""
    x = torch.tensor([list(row) for row in rows])
    logs = lm.model(input_ids=x, use_cache=False).logits[:, :-1].float().log_softmax(-1)
    return logs.gather(-1, x[:, 1:, None])[..., 0].sum(1).tolist()


@torch.no_grad()
def t5_spans(
    family: Family, rows: Sequence[tuple[Sequence[int], Sequence[int]]], room: int = 8
) -> list[list[int]]:
    """What mini-t5 writes in the place of one span of each row: (ids, places of the span), greedily."""
    first, second = family.sentinels[:2]
    sources = []
    for ids, places in rows:
        inside = set(places)
        before = [i for p, i in enumerate(ids) if 0 < p < min(inside)]
        after = [i for p, i in enumerate(ids) if p > max(inside)]
        sources.append([*before, first, *after, END])
    written: dict[int, list[int]] = {}
    order = sorted(range(len(sources)), key=lambda i: len(sources[i]))
    for start in range(0, len(order), 24):
        part = order[start : start + 24]
        width = max(len(sources[i]) for i in part)
        x = torch.tensor([sources[i] + [PAD] * (width - len(sources[i])) for i in part])
        out = family.t5.generate(
            input_ids=x, attention_mask=(x != PAD).long(), max_new_tokens=room, do_sample=False
        )
        for i, row in zip(part, out.tolist(), strict=True):
            said = row[1:]  # after the start of the decoder
            said = said[1:] if said[:1] == [first] else said
            ends = [said.index(mark) for mark in (second, END, PAD) if mark in said]
            written[i] = said[: min(ends, default=len(said))]
    return [written[i] for i in range(len(rows))]


# ---- what comes next: log p (V,) after `ids`


@torch.no_grad()
def t5_next(family: Family, ids: Sequence[int]) -> Tensor:
    """mini-t5: the text, a span at its end, and what it writes first there."""
    first = family.sentinels[0]
    x, y = torch.tensor([[*ids[1:], first, END]]), torch.tensor([[PAD, first]])
    return family.t5(input_ids=x, decoder_input_ids=y).logits[0, -1].float().log_softmax(-1)


def nexts(family: Family, ids: Sequence[int]) -> dict[str, Tensor]:
    """{model: log p (V,) of the token after `ids`}, each by one pass over what is known."""
    open_, end = [*ids, END], len(ids)  # what stands in the open place is seen by nobody
    return {
        "mini-base": base_left(family, open_, [end])[0],
        "mini-xlnet": xlnet_gaps(family, open_, [end])[0],
        "mini-bert": bert_gaps(family, open_, [end])[0],
        "mini-t5": t5_next(family, ids),
    }


# ---- texts for a text


def rewrites(family: Family, prompts: Sequence[str]) -> list[str]:
    """What mini-t5 writes for each prompt ("corrigir: …"), greedily."""
    return t5.generate(family.t5, family.tokenizers["mini-t5"], list(prompts))


def answers(family: Family, requests: Sequence[str]) -> list[str]:
    """What mini-instruct answers to each request, greedily."""
    return batch.chat(family.instruct, [[{"role": "user", "content": text}] for text in requests], 96)


# ---- what a classifier can stand on


@torch.no_grad()
def features(family: Family, ids: Sequence[int]) -> dict[str, Tensor]:
    """{model: mean of the last hidden states (D,)}, the first position left out."""
    x = torch.tensor([list(ids)])
    states = {
        "mini-base": family.base.model.model(input_ids=x).last_hidden_state,
        "mini-bert": family.bert.model(x).last_hidden_state,
        "mini-xlnet": family.xlnet.transformer(input_ids=x).last_hidden_state,
        "mini-t5": family.t5.encoder(input_ids=x).last_hidden_state,
    }
    return {name: state[0, 1:].float().mean(0) for name, state in states.items()}
