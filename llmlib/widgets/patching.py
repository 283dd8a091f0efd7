"""Patching: a vector of one sentence put into another of as many tokens, at each layer and position.

The number of a cell is how much of the way from the second answer to the first this vector alone takes
(activation patching, Meng et al. 2022; Vig et al. 2020). Recorded is the residual stream of one pair; other
pairs, and what attention or the MLP wrote, are computed by `trace` with `keep` and `patch`. The score of a
run comes from `losses`, by adding each answer to the text: T numbers a pass, where logits would be T x V.

Legend: L layers, T positions with the document's mark.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.logit_lens import layer_name, words

LONGEST = 64  # tokens: every cell is two passes
TOP = 6
LEAST = 0.05  # nats: with less between the two sentences there is nothing to carry
PARTS = {  # what may be taken over: (label, name of the activation, does it have a row 0?)
    "resid": ("o fluxo residual", "resid", True),
    "attention": ("o que a atenção escreveu", "self_attn.o_proj", False),
    "mlp": ("o que a MLP escreveu", "mlp.down_proj", False),
}


class Patching(Widget):
    """Activation patching between two sentences that the reader may change.

    Args:
        lm: a model (anything with `compute` and `name`, as `LM`).
        source, target: the sentences; the vectors go from the first to the second.
        answers: what should follow each ("" for the model's own favourite); the first token of each counts.
        examples: further (source, target, answer, answer), to be tried with one click.

    Raises ValueError, in the sentence that the page would show, where the pair cannot be compared.
    """

    name = "patching"
    texts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    answers = traitlets.List(traitlets.Unicode()).tag(sync=True)
    examples = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    parts = traitlets.List(traitlets.Dict()).tag(sync=True)
    limits = traitlets.Dict().tag(sync=True)
    recording = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        lm: object,
        source: str,
        target: str,
        answers: Sequence[str] = ("", ""),
        examples: Sequence[Sequence[str]] = (),
    ) -> None:
        super().__init__(
            compute=lm.compute,
            model_name=getattr(lm, "name", ""),
            texts=[source, target],
            answers=list(answers),
            examples=[list(each) for each in examples],
            parts=[{"key": k, "label": label, "name": n, "first": f} for k, (label, n, f) in PARTS.items()],
            limits={"longest": LONGEST, "top": TOP, "least": LEAST},
            recording=record(lm.compute, [source, target], answers),
        )

    def strongest(self) -> tuple[int, int, float]:
        """(row, position, share of the way) of the cell that goes farthest, above the last row."""
        moved = self.recording["moved"]
        cells = [(m, r, t) for r, row in enumerate(moved[:-1]) for t, m in enumerate(row) if m is not None]
        m, r, t = max(cells)
        return r, t, m

    def summary(self) -> str:
        row, position, moved = self.strongest()
        one, other = (html.spoken(each["text"]) for each in self.recording["answers"])
        new, old = (html.spoken(each[position]["text"]) for each in self.recording["tokens"])
        return (
            f"De “{self.texts[0]}” para “{self.texts[1]}”: só o vetor de {new} no lugar do de {old} "
            f"({layer_name(row, len(self.recording['moved']))}) leva {html.percent(moved)} do caminho entre "
            f"as respostas {other} e {one}."
        )

    def fallback(self) -> str:
        tokens = self.recording["tokens"]
        head = "".join(
            "<tr><td></td>"
            + "".join(f'<th scope="col">{html.token(each["text"])}</th>' for each in row)
            + "</tr>"
            for row in tokens
        )
        rows = self.recording["moved"]
        body = "".join(
            f'<tr><th scope="row">{layer_name(r, len(rows))}</th>'
            + "".join(
                "<td></td>"
                if m is None
                else f'<td style="--p:{min(1, abs(m)):.3g}"{" class=pa-back" if m < -0.005 else ""}>'
                f"{whole(m)}</td>"
                for m in row
            )
            + "</tr>"
            for r, row in enumerate(rows)
        )
        return (
            f"<p>{html.escape(self.summary())}</p>"
            f'<div class="cg-scroll" tabindex="0"><table class="cg-table pa-table">'
            f"<thead>{head}</thead><tbody>{body}</tbody></table></div>"
        )


def whole(moved: float) -> str:
    """0.834 -> '83': a share of the way in hundredths, as the cells write it."""
    return str(math.floor(100 * moved + 0.5)).replace("-", "−")


def first_token(compute: Callable, word: str) -> dict:
    """The first token of an answer as it would follow a text: a word gets the space that comes before it."""
    text = word if not word.strip() or not word.strip()[0].isalnum() else f" {word.strip()}"
    return compute("encode", {"text": text})["tokens"][0]


def problem(tokens: Sequence[Sequence[dict]], answers: Sequence[dict]) -> str:
    """The sentence that says why a pair cannot be compared, or "". The twin of `patchProblem` in the page."""
    (n, m), (a, b) = (len(each) for each in tokens), answers
    if n != m:
        return f"As duas frases precisam ter o mesmo número de tokens: a primeira tem {n} e a segunda, {m}."
    if n == 0:
        return "As frases estão vazias: escreva duas."
    if n > LONGEST:
        return (
            f"Cada casa da figura são duas passagens pelo modelo: use frases de até {LONGEST} tokens; "
            f"estas têm {n}."
        )
    if [t["id"] for t in tokens[0]] == [t["id"] for t in tokens[1]]:
        return "As duas frases são iguais: mude uma palavra em uma delas."
    if a["id"] == b["id"]:
        said = html.spoken(a["text"])
        return f"Depois das duas o modelo diz o mesmo, {said}: escreva em “respostas” o que cada uma pede."
    return ""


def record(compute: Callable, texts: Sequence[str], answers: Sequence[str]) -> dict:
    """All the patches of the residual stream for one pair.

    Returns {tokens: two lists with the mark, answers, scores: [first, second] in nats, moved: (L+1, T) shares
    of the way, or None where both runs are the same, tops: {"row,position": [[id, p], …]} after each patch,
    before: the same for the second sentence alone, words}.
    """
    starts = [compute("next", {"text": text, "k": 30}) for text in texts]
    chosen = [
        first_token(compute, word) if word.strip() else {key: start["top"][0][key] for key in ("id", "text")}
        for word, start in zip(answers, starts, strict=True)
    ]
    if said := problem([start["tokens"] for start in starts], chosen):
        raise ValueError(said)
    ids = [[token["id"] for token in start["tokens"]] for start in starts]
    layers = compute("trace", {"ids": ids[0], "only": [], "lens": 1})["lens_shape"][0] - 1
    names = ["embed_tokens", *(f"layers.{layer}.resid" for layer in range(layers))]
    kept = [compute("trace", {"ids": each, "only": [], "keep": names}) for each in ids]
    T = len(kept[0]["tokens"])

    def score(which: int, patch: list) -> float:
        losses = [
            compute("trace", {"ids": [*ids[which], answer["id"]], "only": "losses", "patch": patch})[
                "losses"
            ][-1]
            for answer in chosen
        ]
        return losses[1] - losses[0]  # log p(first answer) - log p(second)

    scores = [score(0, []), score(1, [])]
    if abs(scores[0] - scores[1]) < LEAST:
        raise ValueError(too_close(chosen))
    moved, tops, seen = [], {}, set()
    for row, name in enumerate(names):
        given, found = ([float(x) for x in each["activations"][name]] for each in kept)
        size = len(given) // T
        shares: list[float | None] = []
        for t in range(T):
            values = given[t * size : (t + 1) * size]
            if values == found[t * size : (t + 1) * size]:
                shares.append(None)
                continue
            patch = [{"name": name, "position": t, "values": values}]
            shares.append((score(1, patch) - scores[1]) / (scores[0] - scores[1]))
            lens = compute("trace", {"ids": ids[1], "only": [], "lens": TOP, "patch": patch})["lens"]
            top = [
                [int(i), float(f"{p:.3g}")] for i, p in zip(lens["ids"][-TOP:], lens["p"][-TOP:], strict=True)
            ]
            tops[f"{row},{t}"] = top
            seen |= {i for i, _ in top}
        moved.append(shares)
    before = [[each["id"], float(f"{each['p']:.3g}")] for each in starts[1]["top"]]
    known = {t["id"]: t["text"] for start in starts for t in start["top"]} | {
        t["id"]: t["text"] for t in chosen
    }
    said = words(compute, seen, known)
    return {
        "tokens": [[{"id": t["id"], "text": t["text"]} for t in each["tokens"]] for each in kept],
        "answers": [{"id": t["id"], "text": t["text"]} for t in chosen],
        "scores": scores,
        "moved": moved,
        "tops": tops,
        "before": before,
        "words": {str(i): said[i] for i in sorted(seen | {i for i, _ in before})},
    }


def too_close(answers: Sequence[dict]) -> str:
    """The sentence for two runs that score alike."""
    one, other = (html.spoken(each["text"]) for each in answers)
    return (
        f"As duas frases dão a mesma vantagem a {one} sobre {other}: "
        "não há diferença para levar de uma à outra."
    )
