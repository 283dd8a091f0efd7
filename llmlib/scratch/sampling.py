"""From logits to the next token: every rule between the model's scores and the text.

A language model gives one score (logit) to each of the V tokens of its vocabulary. The functions here turn
those V numbers into one choice, in this order:

    repetition penalty -> frequency and presence penalties -> temperature -> top-k -> top-p -> min-p -> draw

The order matters. This one is that of transformers 5 (which has no frequency and presence penalties) and, but
for min-p before top-k, of vLLM. llama.cpp cuts first and applies the temperature last, unless told otherwise.
What is counted matters too: the repetition penalty looks at prompt and generated text (as transformers and
vLLM do), the frequency and presence penalties at generated tokens only (as OpenAI's formula and vLLM do);
llama.cpp applies all three to the last 64 tokens, prompt included.

They are pure functions on arrays of shape (V,): no model, no torch, no hidden state. A token that a rule
forbids gets the logit -inf, hence probability 0; the favourite is never forbidden. `generate` is the loop
around them: it asks `next_logits` for scores, chooses a token, appends it, and asks again. The engine in the
page follows the same rules and the same counter-based draw: the same seed gives the same text.

Not here: beam search, batches, and the model itself (see `transformer.py` and `kv_cache.py`).

Legend: V vocabulary size. Arrays are float64.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sampling:
    """The reader's knobs. The defaults change nothing: a plain draw from the model's own distribution."""

    temperature: float = 1.0  # 0 = always the most probable token (greedy)
    top_k: int = 0  # 0 = off
    top_p: float = 1.0  # 1 = off
    min_p: float = 0.0  # 0 = off
    repetition_penalty: float = 1.0  # 1 = off
    frequency_penalty: float = 0.0  # 0 = off
    presence_penalty: float = 0.0  # 0 = off
    seed: int = 0

    def __post_init__(self) -> None:
        for right, sentence in (
            (self.temperature >= 0, f"A temperatura não pode ser negativa; veio {self.temperature}."),
            (
                self.top_k >= 0 and self.top_k == int(self.top_k),
                f"top_k deve ser 0 (desligado) ou um inteiro positivo; veio {self.top_k}.",
            ),
            (0 <= self.top_p <= 1, f"top_p deve ficar entre 0 e 1; veio {self.top_p}."),
            (0 <= self.min_p <= 1, f"min_p deve ficar entre 0 e 1; veio {self.min_p}."),
            (
                self.repetition_penalty > 0,
                f"repetition_penalty deve ser maior que 0; veio {self.repetition_penalty}.",
            ),
            (self.seed == int(self.seed), f"A semente é um número inteiro; veio {self.seed}."),
        ):
            if not right:
                raise ValueError(sentence)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of logits: exp, then divide by the sum. Subtracting the maximum avoids overflow."""
    weights = np.exp(logits - logits.max())  # (V,)
    return weights / weights.sum()  # (V,)


def repetition_penalty(logits: np.ndarray, ids: Sequence[int], penalty: float) -> np.ndarray:
    """Make every token already in `ids` (prompt and generated) less likely. CTRL, arXiv:1909.05858.

    A positive logit is divided by the penalty and a negative one multiplied: both move towards less likely.
    """
    out = logits.copy()  # (V,)
    seen = np.unique(np.asarray(ids, dtype=np.int64))  # (tokens seen,)
    out[seen] = np.where(out[seen] < 0, out[seen] * penalty, out[seen] / penalty)
    return out


def frequency_presence_penalty(
    logits: np.ndarray, generated: Sequence[int], frequency: float, presence: float
) -> np.ndarray:
    """OpenAI's pair: subtract `frequency` per occurrence in the generated text, and `presence` once."""
    counts = np.bincount(np.asarray(generated, dtype=np.int64), minlength=len(logits))  # (V,)
    return logits - frequency * counts - presence * (counts > 0)  # (V,)


def temperature(logits: np.ndarray, value: float) -> np.ndarray:
    """Divide by T: below 1 the favourite gains, above 1 the others do. T = 0 keeps only the favourite."""
    if value < 1e-5:  # as vLLM: dividing by less would overflow, and the favourite has it all anyway
        out = np.full_like(logits, -np.inf)  # (V,)
        out[logits.argmax()] = 0.0  # argmax returns the first: a tie goes to the smaller id
        return out
    return logits / value  # (V,)


def top_k(logits: np.ndarray, k: int) -> np.ndarray:
    """Keep the k best tokens (and whoever ties with the last of them). k = 0 keeps all."""
    if k == 0 or k >= len(logits):
        return logits
    limit = np.sort(logits)[-int(k)]  # the k-th largest logit
    return np.where(logits < limit, -np.inf, logits)  # (V,)


def top_p(logits: np.ndarray, p: float) -> np.ndarray:
    """Nucleus sampling: keep the smallest set of best tokens whose mass reaches p. arXiv:1904.09751.

    p = 0 keeps the favourite alone; p = 1 keeps all.

    >>> top_p(np.log([0.5, 0.3, 0.2]), 0.6)      # 0.5 is not enough, 0.5 + 0.3 is
    array([-0.69314718, -1.2039728 ,        -inf])
    """
    if p >= 1:
        return logits
    order = np.argsort(-logits, kind="stable")  # (V,) best first, ties by smaller id
    probs = softmax(logits)[order]  # (V,)
    mass_before = np.concatenate([[0.0], np.cumsum(probs)[:-1]])  # (V,) mass of the tokens better than this
    out = logits.copy()  # (V,)
    mass_before[0] = -1.0  # the favourite always stays
    out[order[mass_before >= p]] = -np.inf
    return out


def min_p(logits: np.ndarray, p: float) -> np.ndarray:
    """Keep tokens with at least p times the probability of the best one. arXiv:2407.01082."""
    probs = softmax(logits)  # (V,)
    return np.where(probs < p * probs.max(), -np.inf, logits)  # (V,)


def stages(
    logits: np.ndarray, sampling: Sampling, prompt: Sequence[int] = (), generated: Sequence[int] = ()
) -> Iterator[tuple[str, np.ndarray]]:
    """Every rule in order: its name and the scores (V,), float64, as they are after it.

    Args: logits (V,) of the last position; the ids of the prompt; the ids generated so far.
    """
    s, scores = sampling, np.asarray(logits, dtype=np.float64)  # (V,)
    rules = {
        "repetition_penalty": lambda x: repetition_penalty(x, [*prompt, *generated], s.repetition_penalty),
        "frequency_presence_penalty": lambda x: frequency_presence_penalty(
            x, generated, s.frequency_penalty, s.presence_penalty
        ),
        "temperature": lambda x: temperature(x, s.temperature),
        "top_k": lambda x: top_k(x, s.top_k),
        "top_p": lambda x: top_p(x, s.top_p),
        "min_p": lambda x: min_p(x, s.min_p),
    }
    for name, rule in rules.items():
        scores = rule(scores)  # (V,)
        yield name, scores


def probabilities(
    logits: np.ndarray, sampling: Sampling, prompt: Sequence[int] = (), generated: Sequence[int] = ()
) -> np.ndarray:
    """The distribution that the draw will use: all the stages, then softmax. (V,), float64, sum 1."""
    *_, (_, scores) = stages(logits, sampling, prompt, generated)  # the last one
    return softmax(scores)  # (V,)


def uniform(seed: int, step: int) -> float:
    """A number in [0, 1) that depends on (seed, step) only: the draw of step 7 needs no draws 0 to 6.

    A 32-bit integer hash (the "lowbias32" family of mixers), simple enough to be the same in every language.
    """
    mask = 0xFFFFFFFF
    x = (int(seed) + 0x9E3779B9 * (step + 1)) & mask
    x ^= x >> 16
    x = x * 0x21F0AAAD & mask
    x ^= x >> 15
    x = x * 0x735A2D97 & mask
    x ^= x >> 15
    return x / 2**32


def draw(probs: np.ndarray, u: float) -> int:
    """The token in whose slice u falls, when the slices lie side by side, the widest first."""
    order = np.argsort(-probs, kind="stable")  # (V,) ties by smaller id
    order = order[probs[order] > 0]  # (allowed tokens,)
    edges = np.cumsum(probs[order])  # (allowed tokens,) right edge of each slice
    place = np.searchsorted(edges, u, side="right")  # first slice whose edge is greater than u
    return int(order[min(place, len(order) - 1)])  # the last edge may be 0.999…9 instead of 1


def find_stop(text: str, stop: Iterable[str]) -> int | None:
    """Where the earliest stop sequence begins in `text`, or None. A match may cross token borders."""
    places = [text.find(sequence) for sequence in stop if sequence and sequence in text]
    return min(places, default=None)


@dataclass(frozen=True)
class Step:
    """One turn of the loop: the token chosen, and what it was chosen from."""

    id: int
    logits: np.ndarray  # (V,) as the model gave them
    probs: np.ndarray  # (V,) after the rules
    reason: str | None  # None while it goes on; else "stop", "eos", "length" or "context"


def generate(
    next_logits: Callable[[list[int]], np.ndarray],
    prompt: Sequence[int],
    sampling: Sampling = Sampling(),
    max_new_tokens: int = 40,
    *,
    written: Sequence[int] = (),
    context: int | None = None,
    eos: Iterable[int] = (),
    stop: Iterable[str] = (),
    decode: Callable[[list[int]], str] | None = None,
) -> Iterator[Step]:
    """The autoregressive loop: score, choose, append, repeat. Yields one `Step` a token.

    Args:
        next_logits: ids so far -> logits (V,) of the next token (any model, or an n-gram table).
        prompt: ids to start from, at least one.
        written: ids generated before, when a text is taken up again: they come after the prompt, count for
            the penalties and the stop sequences, and the draws are numbered after them.
        context: most ids that `next_logits` accepts; the loop ends ("context") when they do not fit any more.
        eos: ids that end the text; the id is yielded, and is the last one.
        stop: texts that end the generation; needs `decode`, and may begin and end inside tokens, but not
            in the prompt; an empty one is ignored. The last token is yielded whole: cut by `find_stop`.

    With max_new_tokens = 0 nothing is yielded. When one token meets several ends, the reason is the first of
    "eos", "stop", "length", "context".
    """
    stop, eos, generated = list(stop), set(eos), list(written)
    last = len(generated) + max_new_tokens
    for step in range(len(generated), last):
        logits = next_logits([*prompt, *generated])  # (V,)
        probs = probabilities(logits, sampling, prompt, generated)  # (V,)
        token = draw(probs, uniform(sampling.seed, step))
        generated.append(token)
        reason = None
        if token in eos:
            reason = "eos"
        elif stop and find_stop(decode(generated), stop) is not None:
            reason = "stop"
        elif step + 1 == last:
            reason = "length"
        elif context is not None and len(prompt) + len(generated) > context:
            reason = "context"
        yield Step(token, logits, probs, reason)
        if reason:
            return
