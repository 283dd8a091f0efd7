"""Train mini-xlnet: a model that predicts the words of a text in any order, on the corpus of mini-base.

    python -m builders.xlnet --tokens 5M --minutes 15

`XLNetLMHeadModel` (Yang et al., 2019): relative positions, and two streams, one that holds what each token is
and one that only knows where a token is to be predicted. For each batch a share of the tokens, from 15 % to
all, is drawn as targets, and an order for them: a target sees the rest of its document and the targets before
it in that order, whatever side they stand on. Rows of 128 tokens; the first token of a document is always
seen.

evaluation.json, besides what `builders.families` says of it:
    measures.left_to_right.<kind>   mean loss a token (nats) of held-out documents, from left to right
    measures.random_order.<kind>    the same in a random order: every token alike, whatever the order
    measures.masked.<kind>          as in mini-bert, the same words: share got right, hidden all at once
    measures.masked_loss.<kind>     as in mini-bert: mean loss a hidden token
    measures.masked_in_order        the last two when each hidden token sees the hidden ones before it in a
                                    random order, which mini-bert cannot: {"right": {kind}, "loss": {kind}}
    samples                         {text (three words hidden), answer, output: filled surest token first}
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers.processors import TemplateProcessing
from torch import Tensor, nn
from torch.nn.utils import parametrize
from transformers import AutoTokenizer, PreTrainedTokenizerBase, XLNetConfig, XLNetLMHeadModel

from builders import families
from builders.bert import WINDOW, joins, measure_masked, words_of
from builders.corpus import Document
from builders.families import END, PAD
from llmlib.scratch.train import Stage, processes, train

LENGTH = 128  # tokens of a row
LEAST = 0.15  # smallest share of a row that is predicted
MASK = "<|mask|>"  # only written in texts, for a reader: the model has no such token to read
OBJECTIVE = "prever os tokens de um texto em ordens sorteadas, cada um a partir dos que vieram antes na ordem"


def shape(vocabulary: int, size: float = 1.0) -> XLNetConfig:
    """The configuration; `size` is a factor of the width."""
    heads = max(1, round(5 * size))
    return XLNetConfig(
        vocab_size=vocabulary,
        d_model=32 * heads,
        n_layer=5,
        n_head=heads,
        d_inner=32 * round(32 * heads * 10 / 3 / 32),
        ff_activation="gelu",
        attn_type="bi",
        dropout=0.0,
        summary_last_dropout=0.0,
        use_mems_eval=False,
        use_mems_train=False,
        pad_token_id=PAD,
        bos_token_id=END,
        eos_token_id=END,
    )


def opening(folder: Path) -> PreTrainedTokenizerBase:
    """The family's tokenizer, opening every text with `<|endoftext|>`, as in training."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.model_max_length = LENGTH
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|endoftext|> $A", pair="<|endoftext|> $A $B:1", special_tokens=[("<|endoftext|>", END)]
    )
    return tokenizer


class Fold(nn.Module):
    """A matrix seen as (rows, heads, head_dim), so that Muon, which wants matrices, trains XLNet's heads."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.heads = heads

    def forward(self, matrix: Tensor) -> Tensor:
        """(rows, heads × head_dim) -> (rows, heads, head_dim)."""
        return matrix.unflatten(1, (self.heads, -1))

    def right_inverse(self, folded: Tensor) -> Tensor:
        """The matrix of a folded one."""
        return folded.flatten(1)


def unfold(model: XLNetLMHeadModel) -> None:
    """Let the heads' weights be trained as matrices."""
    for layer in model.transformer.layer:
        for name in "qkvor":
            parametrize.register_parametrization(layer.rel_attn, name, Fold(model.config.n_head))


def fold(model: XLNetLMHeadModel) -> None:
    """Put the heads' weights back as the class saves them."""
    for layer in model.transformer.layer:
        for name in "qkvor":
            parametrize.remove_parametrizations(layer.rel_attn, name)


def permutation(ids: Tensor, targets: Tensor, rank: Tensor) -> Tensor:
    """(B, T, T) of 0 and 1, as `perm_mask` wants it: 1 where token i may not see token j.

    targets (B, T) bool, rank (B, T): a token sees what is not a target in its document; a target also sees
    the targets of lower rank. Padding is seen by nobody.
    """
    seen = ~targets[:, None, :] | (targets[:, :, None] & (rank[:, None, :] < rank[:, :, None]))
    seen &= families.document_mask(ids) & (ids != PAD)[:, None, :]
    return (~seen).float()


def mapping(targets: Tensor) -> tuple[Tensor, Tensor]:
    """(target_mapping (B, K, T), which of the K slots are used (B, K)), K the most targets of a row."""
    counts = targets.sum(1)
    slots = torch.zeros(len(targets), int(counts.max()), targets.shape[1], device=targets.device)
    row, position = targets.nonzero(as_tuple=True)
    slot = (targets.cumsum(1) - 1)[row, position]
    slots[row, slot, position] = 1.0
    return slots, slots.sum(2) > 0


def order_loss(forward: nn.Module, ids: Tensor, targets: Tensor, rank: Tensor) -> tuple[Tensor, Tensor]:
    """(loss (n,) of every target, in the order of rows and positions; logits (n, V))."""
    slots, used = mapping(targets)
    logits = (
        forward(input_ids=ids, perm_mask=permutation(ids, targets, rank), target_mapping=slots)
        .logits[used]
        .float()
    )
    return F.cross_entropy(logits, ids[targets], reduction="none"), logits


def eligible(ids: Tensor) -> Tensor:
    """(B, T) tokens that may be targets: not special, and not the first of a row, which others rely on."""
    allowed = ids > PAD
    allowed[:, 0] = False
    return allowed


def permutation_loss(forward: nn.Module, ids: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """The loss that `train` asks for: targets and their order drawn anew for each batch."""
    generator = families.draws(ids)
    share = LEAST + (1 - LEAST) * torch.rand((), generator=generator).item()
    rank = torch.rand(ids.shape, generator=generator).to(ids.device)
    allowed = eligible(ids) & (weights > 0)
    place = rank.masked_fill(~allowed, 2.0).argsort(1).argsort(1)  # 0 for the lowest rank of the row
    targets = allowed & (place < (allowed.sum(1, keepdim=True) * share).ceil())
    losses, _ = order_loss(forward, ids, targets, rank)
    return losses.sum(), targets.sum()


# --- measures ------------------------------------------------------------------------------------------


def encode(tokenizer: PreTrainedTokenizerBase, text: str) -> Tensor:
    """(1, T) ids, `<|endoftext|>` first, at most WINDOW."""
    return torch.tensor([[END, *tokenizer(text, add_special_tokens=False).input_ids]])[:, :WINDOW]


@torch.no_grad()
def measure_orders(
    model: nn.Module, tokenizer: PreTrainedTokenizerBase, documents: dict[str, list[Document]], most: int = 60
) -> dict:
    """Loss a token of whole documents, from left to right and in a random order, by kind."""
    result: dict[str, dict] = {"left_to_right": {}, "random_order": {}}
    for kind, texts in documents.items():
        generator, means = torch.Generator().manual_seed(0), {name: [] for name in result}
        for document in texts[:most]:
            ids = encode(tokenizer, document.text).to(model.device)
            targets = eligible(ids)
            if targets.any():
                line = torch.arange(ids.shape[1], device=ids.device)[None].float()
                chance = torch.rand(ids.shape, generator=generator).to(ids.device)
                for name, rank in (("left_to_right", line), ("random_order", chance)):
                    means[name].append(order_loss(model, ids, targets, rank)[0].mean().item())
        for name in result:
            result[name][kind] = families.mean(means[name], "nats por token")
    return result


def predict_hidden(model: nn.Module, in_order: bool) -> Callable[[Tensor, Tensor], Tensor]:
    """The logits where tokens are hidden; all at once, or each with the hidden ones before it in an order."""
    generator = torch.Generator().manual_seed(1)

    def predict(ids: Tensor, hidden: Tensor) -> Tensor:
        rank = torch.rand(ids.shape, generator=generator) if in_order else torch.zeros(ids.shape)
        ids, hidden, rank = (x.to(model.device) for x in (ids, hidden, rank))
        return order_loss(model, ids, hidden, rank)[1].cpu()

    return predict


@torch.no_grad()
def fill(model: nn.Module, ids: Tensor, hidden: Tensor) -> Tensor:
    """The ids (1, T) with the hidden tokens written one by one, each time where the model is surest."""
    ids, hidden = ids.clone(), hidden.clone()
    while hidden.any():
        places = hidden[0].nonzero()[:, 0]
        probabilities = order_loss(model, ids, hidden, torch.zeros(ids.shape, device=ids.device))[1].softmax(
            -1
        )
        sure, token = probabilities.max(-1)
        at = sure.argmax()
        ids[0, places[at]], hidden[0, places[at]] = token[at], False
    return ids


def samples(
    model: nn.Module, tokenizer: PreTrainedTokenizerBase, documents: dict[str, list[Document]]
) -> list[dict]:
    """30 held-out documents, the kinds in turn, with three neighbouring words hidden and filled in."""
    glue, rng, result = joins(tokenizer), random.Random(0), []
    for i in range(families.SAMPLES):
        texts = documents[list(documents)[i % len(documents)]]
        ids = encode(tokenizer, texts[i % len(texts)].text.split("\n")[0][:200])
        words = words_of(ids, glue)
        start = rng.randrange(1, max(2, int(words.max()) - 2))
        hidden = (words >= start) & (words < start + 3) & eligible(ids)
        filled = fill(model, ids.to(model.device), hidden.to(model.device)).cpu()
        places = hidden[0].nonzero()[:, 0].tolist()
        before, after = ids[0, 1 : places[0]], ids[0, places[-1] + 1 :]
        result.append(
            {
                "text": tokenizer.decode(before) + f" {MASK}" * len(places) + tokenizer.decode(after),
                "answer": tokenizer.decode(ids[hidden]).strip(),
                "output": tokenizer.decode(filled[hidden]).strip(),
            }
        )
    return result


def evaluation(
    model: nn.Module, tokenizer: PreTrainedTokenizerBase, documents: dict[str, list[Document]], cases: int
) -> dict:
    """What evaluation.json holds."""
    most = max(1, cases // 5)
    measures = measure_orders(model, tokenizer, documents, most)
    right, losses = measure_masked(predict_hidden(model, False), tokenizer, documents, most)
    measures |= {"masked": right, "masked_loss": losses}
    right, losses = measure_masked(predict_hidden(model, True), tokenizer, documents, most)
    measures["masked_in_order"] = {"right": right, "loss": losses}
    return {"measures": measures, "samples": samples(model, tokenizer, documents)}


def validation(
    tokenizer: PreTrainedTokenizerBase, documents: dict[str, list[Document]]
) -> Callable[[nn.Module], dict]:
    """The figures for the curve: loss in a random order by kind, on a few documents."""

    def figures(model: nn.Module) -> dict:
        model.eval()
        losses = measure_orders(model, tokenizer, documents, 6)["random_order"]
        model.train()
        return {"validation": {kind: loss["value"] for kind, loss in losses.items()}}

    return figures


def main() -> None:
    """Train, measure, save."""
    args, device = families.start(families.parser("xlnet", __doc__, "5M", 16))
    documents = families.valid_documents(args)
    if args.measure:
        tokenizer = AutoTokenizer.from_pretrained(args.out)
        families.measure_again(
            args.out, XLNetLMHeadModel, lambda model: evaluation(model, tokenizer, documents, args.cases)
        )
        return
    tokenizer = opening(args.tokenizer)
    rows = families.train_rows(args, tokenizer, LENGTH)
    model = XLNetLMHeadModel(shape(len(tokenizer), args.size)).to(device)
    unfold(model)
    chosen = families.settings(args, device)
    figures = validation(tokenizer, documents)
    log = families.run(
        lambda: train(
            model, [Stage("texto", rows)], chosen, args.work, args.resume, figures, loss=permutation_loss
        )
    )
    if processes(device)[0] == 0:
        fold(model)
        training = families.report(args, "xlnet", model, log, chosen, OBJECTIVE)
        families.save(
            model,
            tokenizer,
            training,
            lambda saved: evaluation(saved, tokenizer, documents, args.cases),
            args.out,
            opens_as="float32",  # the class makes half of its weights in float32 whatever one asks
        )
        print(f"Saved in {args.out}")


if __name__ == "__main__":
    main()
