"""What temperature does to the beginning of a story: how varied texts become, and how often they break."""

from __future__ import annotations

from builders.measures import batch, proportion, wellformed

PROMPT = "Era uma vez"
TEMPERATURES = (0.3, 0.7, 1.0, 1.3)
TEXTS, TOKENS = 30, 60


def ngrams(words: list[str], n: int) -> list[tuple[str, ...]]:
    """The n-grams of a text."""
    return list(zip(*(words[i:] for i in range(n)), strict=False))


def distinct(texts: list[list[str]], n: int) -> float:
    """Different n-grams over all n-grams of all texts. Li et al. 2016, arXiv:1510.03055."""
    every = [g for words in texts for g in ngrams(words, n)]
    return len(set(every)) / len(every) if every else 0.0


def shared(texts: list[list[str]], n: int = 4) -> float:
    """Share of a text's n-grams that some other of the texts also has (1: all alike), mean over texts."""
    sets = [set(ngrams(words, n)) for words in texts]
    owners: dict[tuple[str, ...], int] = {}
    for grams in sets:
        for gram in grams:
            owners[gram] = owners.get(gram, 0) + 1
    shares = [sum(owners[g] > 1 for g in grams) / len(grams) for grams in sets if grams]
    return sum(shares) / len(shares) if shares else 0.0


def repeats(words: list[str]) -> bool:
    """Whether a text says some six words twice."""
    grams = ngrams(words, 6)
    return len(set(grams)) < len(grams)


def measure(lm: object, n: int = TEXTS, tokens: int = TOKENS) -> list[dict]:
    """For each temperature: distinct-1, -2, -3, n-grams shared between texts, loops, broken sentences."""
    found = []
    for temperature in TEMPERATURES:
        made = batch.complete(lm, [PROMPT] * n, tokens, temperature)
        words = [[w.lower() for w in wellformed.TOKEN.findall(text)] for text in made]
        whole = wellformed.count([PROMPT + text for text in made], whole=False)
        entry = {f"distinct_{k}": round(distinct(words, k), 4) for k in (1, 2, 3)}
        entry |= {"shared_4": round(shared(words), 4), "loops": proportion(sum(map(repeats, words)), n)}
        broken = proportion(whole["broken"], whole["sentences"]) if whole["sentences"] else None
        found.append({"temperature": temperature, **entry, "broken": broken, "texts": n})
    return found
