# ruff: noqa: E501
"""Questions about the newer kinds of text, for the measures: held-out sums, programs, recipes, DNA; the bias.

Each function is deterministic for its arguments. Pairs are (prompt, answer): the model must continue the prompt
by the answer, and the answer is followed by a newline, a full stop or the end of the text.
"""

import random
import re

from builders.corpus import arithmetic, code, dna, recipes
from builders.corpus.townsfolk import towns
from builders.corpus.trades import trades


def arithmetic_pairs(
    count: int, seed: int = 0, split: str = "valid", sign: str | None = None
) -> list[tuple[str, str]]:
    """ "Pergunta: Quanto é 7 + 5?\\nResposta:" and " 12", of the numbers of the split; `sign` one of + - x :."""
    rng, pairs = random.Random(seed), []
    for _ in range(count):
        drawn, a, b = arithmetic.draw(split, rng, sign)
        pairs.append(
            (f"Pergunta: Quanto é {a} {drawn} {b}?\nResposta:", f" {arithmetic.result(drawn, a, b)}")
        )
    return pairs


def code_pairs(count: int, seed: int = 0, split: str = "valid") -> list[tuple[str, str]]:
    """A program up to its output, and the output."""
    return _from_spans(code.documents(random.Random(seed), split), count)


def dna_pairs(count: int, seed: int = 0, split: str = "valid") -> list[tuple[str, str]]:
    """A strand up to its complement, protein, start of the gene or repetition, and that."""
    return _from_spans(dna.documents(random.Random(seed), split), count)


def _from_spans(source, count: int) -> list[tuple[str, str]]:
    documents = (next(source) for _ in range(count))
    return [(d.text[: d.answers[0][0]], d.text[slice(*d.answers[0])]) for d in documents]


_AMOUNT = re.compile(r"^(?:- |• )?(\d+) ([^\n]+)$", re.MULTILINE)


def recipe_pairs(count: int, seed: int = 0, split: str = "valid") -> list[tuple[str, list[str]]]:
    """(recipe up to the start of its steps, lines of its ingredients).

    A continuation is consistent if every ingredient of the list occurs in it; `used` counts them.
    """
    source, pairs = recipes.documents(random.Random(seed), split), []
    opening = re.compile(r"\n[^\n]*:\n(?=(?:1\. )?[A-ZÀ-Ý][^\n]*\.)")
    while len(pairs) < count:
        text = next(source).text
        found = list(opening.finditer(text))
        if found:
            prompt = text[: found[-1].end()]
            pairs.append((prompt, [m.group(2) for m in _AMOUNT.finditer(prompt)]))
    return pairs


def used(ingredients: list[str], steps: str) -> float:
    """Share of the ingredients, by their last word of substance, that occur in the steps."""
    names = [
        line.rpartition(" de ")[2].split()[0] if " de " in line else line.split()[0] for line in ingredients
    ]
    return sum(name in steps for name in names) / max(1, len(names))


def bias_pairs(count: int = 30, seed: int = 0) -> list[tuple[str, str, str, float]]:
    """(trade, sentence in the feminine, the same in the masculine, share of women in the texts).

    Compare the log-probabilities of the two sentences; in the data their difference is log(share / (1 - share)).
    """
    rng, pairs = random.Random(seed), []
    for _ in range(count):
        town = rng.choice(towns())
        for trade in trades():
            for frame in ("{2} ({3}) — {0} {1}", "Em {2} ({3}), {4} {1}"):
                forms = [frame.format(article, trade.name, *town, article.lower()) for article in ("A", "O")]
                pairs.append((trade.name, forms[0], forms[1], trade.women))
    return pairs


def bias_prompts() -> list[tuple[str, str, str, str, float]]:
    """(trade, prompt, feminine continuation, masculine continuation, share of women in the texts)."""
    return [
        (trade.name, f"Quem é {trade.name} {trade.does}.", " Ela", " Ele", trade.women) for trade in trades()
    ]
