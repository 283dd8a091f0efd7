"""Train mini-bert: a bidirectional encoder that fills in masked words, on the corpus of mini-base.

    python -m builders.bert --tokens 8M --minutes 15

`ModernBertForMaskedLM` (Warner et al., 2024): rotary positions, no biases, a gated SiLU in the block. Every
layer is global, and a token sees only its own document. Whole words are masked: 30 % of them (Wettig et al.,
2023), of which 80 % become `<|mask|>`, 10 % a random token and 10 % stay (Devlin et al., 2019). The mask is
token 3,072, after the family's 3,072, and is the tokenizer's `mask_token`, so the fill-mask pipeline works.

evaluation.json, besides what `builders.families` says of it:
    measures.masked.<kind>        share of masked words got right, all their tokens, 15 % of words hidden
    measures.masked_loss.<kind>   mean loss a hidden token (nats), over documents
    measures.agreement.<case>     share of items where the right form is likelier than the wrong one, the word
                                  hidden: determinante (only what follows tells), verbo, verbo com distrator,
                                  predicativo, predicativo com distrator
    samples                       {text (one word hidden), answer, guesses: [[word, probability] × 5]}
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import AddedToken
from tokenizers.processors import TemplateProcessing
from torch import Tensor, nn
from transformers import (
    AttentionInterface,
    AutoTokenizer,
    ModernBertConfig,
    ModernBertForMaskedLM,
    PreTrainedTokenizerBase,
)
from transformers.convert_slow_tokenizer import bytes_to_unicode

from builders import families
from builders.corpus import Document
from builders.corpus.casting import pick
from builders.corpus.lexicon import lexicon
from builders.corpus.morphology import ELE, ELES, conjugate, determiner
from builders.corpus.templates import polish
from builders.families import END, LENGTH, PAD
from llmlib.scratch.train import Stage, processes, train

MASK = "<|mask|>"
WINDOW = 128  # tokens of a document that the masked measure reads
RATE = 0.30  # share of words to predict in training
OBJECTIVE = (
    "modelo de linguagem mascarado: 30 % das palavras escondidas, 80/10/10, cada token vê os dois lados"
)


def shape(vocabulary: int, size: float = 1.0) -> ModernBertConfig:
    """The configuration for a vocabulary with the mask in it; `size` is a factor of the width."""
    heads = max(1, round(6 * size))
    rope = {"rope_type": "default", "rope_theta": 1e4}
    return ModernBertConfig(
        vocab_size=vocabulary,
        hidden_size=32 * heads,
        num_hidden_layers=5,
        num_attention_heads=heads,
        intermediate_size=max(32, 32 * round(32 * heads * 5 / 3 / 32)),
        hidden_activation="silu",
        classifier_activation="silu",
        layer_types=["full_attention"] * 5,
        rope_parameters={"full_attention": rope, "sliding_attention": rope},
        max_position_embeddings=LENGTH,
        pad_token_id=PAD,
        bos_token_id=END,
        eos_token_id=END,
        cls_token_id=END,
        sep_token_id=END,
        attn_implementation="eager",
    )


def with_mask(folder: Path) -> PreTrainedTokenizerBase:
    """The family's tokenizer with `<|mask|>`; it opens every text with `<|endoftext|>`, as in training."""
    blank = AddedToken(MASK, lstrip=True, special=True)  # "o <|mask|>": the space belongs to the hidden word
    tokenizer = families.tokenizer_with(folder, {"mask_token": blank})
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|endoftext|> $A", pair="<|endoftext|> $A $B:1", special_tokens=[("<|endoftext|>", END)]
    )
    return tokenizer


def joins(tokenizer: PreTrainedTokenizerBase) -> tuple[Tensor, Tensor]:
    """(opens with a letter, ends in a letter) for every token, both (vocabulary,) bool: what glues tokens."""
    to_byte = {c: b for b, c in bytes_to_unicode().items()}
    specials = set(tokenizer.all_special_tokens)
    first, last = [], []
    for token in tokenizer.convert_ids_to_tokens(range(len(tokenizer))):
        raw = b"<" if token in specials else bytes(to_byte[c] for c in token)
        text = raw.decode("utf-8", errors="replace")  # a piece of a character counts as a letter
        first.append(text[0].isalpha() or text[0] == "\ufffd")
        last.append(text[-1].isalpha() or text[-1] == "\ufffd")
    return torch.tensor(first), torch.tensor(last)


def words_of(ids: Tensor, glue: tuple[Tensor, Tensor]) -> Tensor:
    """(B, T) -> (B, T): the number, along its row, of the word that each token belongs to."""
    first, last = glue
    opens = torch.ones_like(ids, dtype=torch.bool)
    opens[:, 1:] = ~(first[ids[:, 1:]] & last[ids[:, :-1]])
    return opens.cumsum(1) - 1


def choose_words(
    ids: Tensor, words: Tensor, rate: float, allowed: Tensor, generator: torch.Generator
) -> Tensor:
    """(B, T) bool: whole words drawn at `rate` where `allowed`."""
    luck = torch.rand(ids.shape, generator=generator).gather(1, words)
    return (luck < rate) & allowed


def hide(
    ids: Tensor, weights: Tensor, glue: tuple[Tensor, Tensor], mask: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """What the model reads and where it must predict: ids (B, T), chosen (B, T) bool."""
    words = words_of(ids, glue)
    chosen = choose_words(ids, words, RATE, (weights > 0) & (ids > PAD), generator)
    how = torch.rand(ids.shape, generator=generator).gather(1, words)
    random_ids = torch.randint(PAD + 1, mask, ids.shape, generator=generator)
    shown = torch.where(chosen & (how < 0.8), torch.full_like(ids, mask), ids)
    return torch.where(chosen & (how >= 0.9), random_ids, shown), chosen


def within_document(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    apart: Tensor,
    scaling: float,
    **_: object,
) -> tuple[Tensor, None]:
    """Attention written out, on a CPU faster to train than the fused kernel. query (B, H, T, D).

    apart (B, 1, T, T) is True where two tokens are of different documents.
    """
    scores = (query @ key.transpose(2, 3) * scaling).masked_fill(apart, -1e4)
    return (torch.softmax(scores, -1) @ value).transpose(1, 2).contiguous(), None


AttentionInterface.register("within_document", within_document)


def masked_loss(glue: tuple[Tensor, Tensor], mask: int) -> Callable:
    """The loss that `train` asks for: sum of -log p over the chosen tokens, and how many there are."""

    def loss(forward: nn.Module, ids: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        shown, chosen = hide(ids.cpu(), weights.cpu(), glue, mask, families.draws(ids))
        shown, chosen = shown.to(ids.device), chosen.to(ids.device)
        labels = torch.where(chosen, ids, torch.full_like(ids, -100))
        # sparse_prediction: logits are computed only where there is something to predict
        apart = ~families.document_mask(ids)[:, None]
        logits = forward(shown, attention_mask={"full_attention": apart}, labels=labels).logits
        return F.cross_entropy(logits.float(), ids[chosen], reduction="sum"), chosen.sum()

    return loss


# --- measures ------------------------------------------------------------------------------------------


def encode(tokenizer: PreTrainedTokenizerBase, text: str) -> Tensor:
    """(1, T) ids, `<|endoftext|>` first, at most one row."""
    return torch.tensor([tokenizer(text).input_ids[:LENGTH]])


Predict = Callable[[Tensor, Tensor], Tensor]  # ids (1, T), hidden (1, T) bool -> logits (hidden tokens, V)


def predict_masked(model: nn.Module, mask: int) -> Predict:
    """The logits of mini-bert where tokens are hidden, all of them at once."""

    def predict(ids: Tensor, hidden: Tensor) -> Tensor:
        shown = torch.where(hidden, torch.full_like(ids, mask), ids).to(model.device)
        return model(shown).logits.float().cpu()[hidden]

    return predict


@torch.no_grad()
def measure_masked(
    predict: Predict, tokenizer: PreTrainedTokenizerBase, documents: dict[str, list[Document]], most: int = 60
) -> tuple[dict, dict]:
    """15 % of the words of held-out documents hidden: words got right whole, and loss a token, by kind.

    The first WINDOW tokens of the first `most` documents of a kind; the words are the same for every model.
    """
    glue = joins(tokenizer)
    right, losses = {}, {}
    for kind, texts in documents.items():
        generator, hits, words_seen, means = torch.Generator().manual_seed(0), 0, 0, []
        for document in texts[:most]:
            ids = torch.tensor([[END, *tokenizer(document.text, add_special_tokens=False).input_ids]])[
                :, :WINDOW
            ]
            words = words_of(ids, glue)
            hidden = choose_words(ids, words, 0.15, ids > PAD, generator)
            if not hidden.any():
                continue
            logits = predict(ids, hidden)
            means.append(F.cross_entropy(logits, ids[hidden]).item())
            correct = logits.argmax(-1) == ids[hidden]
            for word in words[hidden].unique():
                words_seen += 1
                hits += bool(correct[words[hidden] == word].all())
        right[kind], losses[kind] = families.share(hits, words_seen), families.mean(means, "nats por token")
    return right, losses


def agreement_items(rng: random.Random, count: int) -> dict[str, list[tuple[str, str, str]]]:
    """{case: [(text with {} in it, right word, wrong word)]}, from the tables, with distractors."""
    nouns = [n for n in lexicon().nouns if n.classes & {"crianca", "profissao", "pet", "mato", "rural"}]
    moods = lexicon().adjectives_by_class["sentimento"]
    items: dict[str, list[tuple[str, str, str]]] = {}

    def subject(noun, plural: bool) -> str:
        return f"{determiner('o', noun.gender, plural)} {noun.plural if plural else noun.word}"

    for _ in range(count):
        one, other = pick(tuple(nouns), rng.random), pick(tuple(nouns), rng.random)
        while other.gender == one.gender or other.word == one.word:
            other = pick(tuple(nouns), rng.random)
        plural, mood = rng.random() < 0.5, pick(moods, rng.random)
        tense = rng.choice(("presente", "imperfeito"))
        verb = rng.choice(("ser", "estar", "ficar", "parecer"))
        person = ELES if plural else ELE
        right, wrong = (conjugate(verb, tense, p) for p in (person, ELE if plural else ELES))
        good, bad = mood.form(one.gender, plural), mood.form(other.gender, plural)
        near = f"perto d{subject(other, not plural)}"
        wrong_article = determiner("o", other.gender, plural)
        late = f"{one.plural if plural else one.word} {right} {good}."
        rows = (
            ("determinante", "{} " + late, determiner("o", one.gender, plural), wrong_article),
            ("verbo", f"{subject(one, plural)} {{}} {good}.", right, wrong),
            ("verbo com distrator", f"{subject(one, plural)} {near} {{}} {good}.", right, wrong),
            ("predicativo", f"{subject(one, plural)} {right} {{}}.", good, bad),
            ("predicativo com distrator", f"{subject(one, plural)} {near} {right} {{}}.", good, bad),
        )
        for case, text, yes, no in rows:
            if yes != no:
                items.setdefault(case, []).append((polish(text), yes, no))
    return items


@torch.no_grad()
def word_score(
    model: nn.Module, tokenizer: PreTrainedTokenizerBase, text: str, word: str
) -> tuple[float, int]:
    """(sum of log p of the word's tokens where `{}` stands, all hidden at once; how many they are)."""
    start = text.index("{}")
    word = word if start else word.capitalize()
    ids, offsets = (
        tokenizer(text.replace("{}", word), return_offsets_mapping=True)[k]
        for k in ("input_ids", "offset_mapping")
    )
    where = [i for i, (a, b) in enumerate(offsets) if a < start + len(word) and b > start]
    full = torch.tensor([ids])
    shown = full.clone()
    shown[0, where] = tokenizer.mask_token_id
    logs = model(shown.to(next(model.parameters()).device)).logits[0].float().log_softmax(-1).cpu()
    return sum(logs[i, ids[i]].item() for i in where), len(where)


def measure_agreement(model: nn.Module, tokenizer: PreTrainedTokenizerBase, cases: int = 300) -> dict:
    """Is the right form likelier than the wrong one? Only forms of as many tokens are compared."""
    result = {}
    for case, items in agreement_items(random.Random(0), cases).items():
        hits = total = 0
        for text, right, wrong in items:
            (yes, length), (no, other) = (word_score(model, tokenizer, text, w) for w in (right, wrong))
            if length == other:
                total += 1
                hits += yes > no
        result[case] = families.share(hits, total)
    return {"agreement": result}


@torch.no_grad()
def samples(
    model: nn.Module, tokenizer: PreTrainedTokenizerBase, documents: dict[str, list[Document]]
) -> list[dict]:
    """30 held-out documents, the kinds in turn, with one word of one token hidden: the five best guesses."""
    glue, mask, rng = joins(tokenizer), tokenizer.mask_token_id, random.Random(0)
    result = []
    for i in range(families.SAMPLES):
        texts = documents[list(documents)[i % len(documents)]]
        for document in texts[i % len(texts) :] + texts:  # the first that has a word of one token
            ids = encode(tokenizer, document.text.split("\n")[0][:200])
            words = words_of(ids, glue)[0]
            alone = [p for p in range(1, len(words)) if (words == words[p]).sum() == 1 and glue[1][ids[0, p]]]
            if alone:
                break
        at = rng.choice(alone)
        shown = ids.clone()
        shown[0, at] = mask
        best = model(shown.to(next(model.parameters()).device)).logits[0, at].float().softmax(-1).topk(5)
        result.append(
            {
                "text": tokenizer.decode(shown[0, 1:]).replace(MASK, f" {MASK}").strip(),
                "answer": tokenizer.decode(ids[0, at]).strip(),
                "guesses": [
                    [tokenizer.decode(j).strip(), round(p, 3)]
                    for j, p in zip(best.indices.tolist(), best.values.tolist(), strict=True)
                ],
            }
        )
    return result


def evaluation(
    model: nn.Module, tokenizer: PreTrainedTokenizerBase, documents: dict[str, list[Document]], cases: int
) -> dict:
    """What evaluation.json holds."""
    predict = predict_masked(model, tokenizer.mask_token_id)
    right, losses = measure_masked(predict, tokenizer, documents, max(1, cases // 5))
    measures = {"masked": right, "masked_loss": losses}
    measures |= measure_agreement(model, tokenizer, cases)
    return {"measures": measures, "samples": samples(model, tokenizer, documents)}


def validation(
    tokenizer: PreTrainedTokenizerBase, documents: dict[str, list[Document]]
) -> Callable[[nn.Module], dict]:
    """The figures for the curve: loss a hidden token by kind, on a few documents."""

    def figures(model: nn.Module) -> dict:
        model.eval()
        attention = model.config._attn_implementation
        model.set_attn_implementation("eager")
        predict = predict_masked(model, tokenizer.mask_token_id)
        losses = measure_masked(predict, tokenizer, documents, 6)[1]
        model.set_attn_implementation(attention)
        model.train()
        return {"validation": {kind: loss["value"] for kind, loss in losses.items()}}

    return figures


def main() -> None:
    """Train, measure, save."""
    args, device = families.start(families.parser("bert", __doc__, "8M", 8))
    documents = families.valid_documents(args)
    if args.measure:
        tokenizer = AutoTokenizer.from_pretrained(args.out)
        families.measure_again(
            args.out, ModernBertForMaskedLM, lambda model: evaluation(model, tokenizer, documents, args.cases)
        )
        return
    tokenizer = with_mask(args.tokenizer)
    rows = families.train_rows(args, tokenizer)
    model = ModernBertForMaskedLM(shape(len(tokenizer), args.size)).to(device)
    model.sparse_prediction = True
    model.set_attn_implementation("within_document")
    chosen = families.settings(args, device)
    loss = masked_loss(joins(tokenizer), tokenizer.mask_token_id)
    figures = validation(tokenizer, documents)
    log = families.run(
        lambda: train(model, [Stage("texto", rows)], chosen, args.work, args.resume, figures, loss=loss)
    )
    if processes(device)[0] == 0:
        training = families.report(args, "bert", model, log, chosen, OBJECTIVE)
        families.save(
            model,
            tokenizer,
            training,
            lambda saved: evaluation(saved, tokenizer, documents, args.cases),
            args.out,
        )
        print(f"Saved in {args.out}")


if __name__ == "__main__":
    main()
