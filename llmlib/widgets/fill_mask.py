"""FillMask: words of a sentence hidden by the reader, and what each family puts in their place.

The same sentence goes to up to four models. An encoder fills all gaps at once; a decoder writes them one by
one from what stands to their left; a permutation model fills them in the order in which they were hidden; an
encoder-decoder writes each run of gaps as a span. A hidden word keeps its number of tokens: one mask each.
The first sentence is recorded by the very calls that the figure makes when it is live.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import traitlets

from llmlib.events import finished
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.several import several

MASK = "<|mask|>"
SPAN = re.compile(r"<extra_id_(\d+)>")
WORD = re.compile(r"(\s*)((?:[^\W\d_]|[\u0300-\u036f])+(?:-[^\W\d_]+)*|\d|\S)")
SHOWN, ASKED = 5, 20  # guesses drawn, guesses asked for (where the hidden word stands among them)
MOST = 40  # words; twin of FM_MOST in fill_mask.js
WAYS = {  # twin of FM_WAYS in fill_mask.js
    "both": ("Codificador", "vê os dois lados"),
    "left": ("Decodificador", "vê só a esquerda"),
    "order": ("Permutação", "na ordem em que você escondeu"),
    "spans": ("Codificador-decodificador", "lê com os buracos e escreve o que falta"),
}


class FillMask(Widget):
    """What each family writes in the place of hidden words.

    Args:
        text: the sentence. hidden: places of the hidden words in it, from 0, in the order they were hidden;
            words are runs of letters, single digits and single signs.
        both, left, order, spans: models (`compute` and `name`) of each kind: masked, causal, permutation,
            encoder-decoder. Those that are None are left out; one at least must be there.
        examples: other (text, hidden) that the reader may open.
    """

    name = "fill-mask"
    text = traitlets.Unicode("").tag(sync=True)
    hidden = traitlets.List(traitlets.Int()).tag(sync=True)
    sides = traitlets.List(traitlets.Dict()).tag(sync=True)  # {way, model}
    recording = traitlets.Dict().tag(sync=True)  # {truth: [tokens a gap], answers: [answer a side]}
    examples = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(
        self,
        text: str,
        hidden: Sequence[int],
        both: object = None,
        left: object = None,
        order: object = None,
        spans: object = None,
        examples: Sequence[tuple[str, Sequence[int]]] = (),
    ) -> None:
        given = {"both": both, "left": left, "order": order, "spans": spans}
        models = {way: model for way, model in given.items() if model is not None}
        if not models:
            raise ValueError("Passe ao menos um modelo: both, left, order ou spans.")
        for sentence, gaps in ((text, hidden), *examples):
            count = len(cut(sentence))
            if not 0 < count <= MOST:
                raise ValueError(
                    f"A frase precisa ter de 1 a {MOST} palavras; “{sentence[:40]}” tem {count}."
                )
            if any(not 0 <= gap < count for gap in gaps) or len(set(gaps)) < len(gaps):
                raise ValueError(f"hidden são lugares diferentes, de 0 a {count - 1}; veio {list(gaps)}.")
        if not hidden:
            raise ValueError("Esconda ao menos uma palavra da primeira frase: hidden=[2], por exemplo.")
        sides = [{"way": way, "model": model.name} for way, model in models.items()]
        compute = several(*models.values())
        super().__init__(
            compute=compute,
            model_name=next((side["model"] for side in sides if "/" not in side["model"]), sides[0]["model"]),
            text=text,
            hidden=list(hidden),
            sides=sides,
            recording=record(compute, sides, text, list(hidden)),
            examples=[{"text": sentence, "hidden": list(gaps)} for sentence, gaps in examples],
        )

    def filled(self, answer: dict) -> str:
        """The sentence with what a side wrote in the gaps."""
        gaps = dict(zip(sorted(self.hidden), answer["gaps"], strict=True))
        return "".join(
            f"{lead}{gap['text'].strip() or '…'}" if (gap := gaps.get(i)) else lead + word
            for i, (lead, word) in enumerate(cut(self.text))
        )

    def summary(self) -> str:
        words = ", ".join(f"“{cut(self.text)[gap][1]}”" for gap in sorted(self.hidden))
        said = "; ".join(
            f"{side['model']}: “{self.filled(answer)}”"
            for side, answer in zip(self.sides, self.recording["answers"], strict=True)
        )
        return f"De “{self.text}” escondemos {words}. {said}."

    def fallback(self) -> str:
        cells = []
        for side, answer in zip(self.sides, self.recording["answers"], strict=True):
            title, rule = WAYS[side["way"]]
            top = answer["gaps"][0]["top"][:SHOWN]
            bars = html.bars(top, max(0.0, 1 - sum(row["p"] for row in top))) if top else ""
            cells.append(
                f'<div class="fm-side"><p class="fm-title">{title}</p>'
                f'<p class="fm-rule">{html.escape(side["model"])}: {rule}</p>'
                f"<p>{html.escape(self.filled(answer))}</p>{bars}</div>"
            )
        return f'{html.line(self.text)}<div class="fm-sides">{"".join(cells)}</div>'


def cut(text: str) -> list[tuple[str, str]]:
    """[(what stands before it, word)]: runs of letters, single digits, single signs. Twin of fmCut."""
    return [(m[1], m[2]) for m in WORD.finditer(text)]


def record(compute: Callable, sides: list[dict], text: str, hidden: list[int]) -> dict:
    """What the figure shows of a sentence: the tokens of the hidden words, and the answer of every side."""
    words = cut(text)
    reader = next((side["model"] for side in sides if side["way"] == "left"), sides[0]["model"])

    def tokens(piece: str) -> list[dict]:
        return compute("encode", {"model": reader, "text": piece})["tokens"] if piece else []

    truth = {gap: tokens("".join(words[gap])) for gap in hidden}
    ask = {"both": ask_masked, "order": ask_masked, "left": ask_left, "spans": ask_spans}
    return {
        "truth": [truth[gap] for gap in sorted(hidden)],
        "answers": [ask[side["way"]](compute, side, words, hidden, truth, tokens) for side in sides],
    }


def gap_of(tokens: list[dict], top: list[dict]) -> dict:
    """One gap's answer: what was written, its tokens, and the guesses for the first of them."""
    kept = [{key: each[key] for key in ("id", "text", "p") if key in each} for each in tokens]
    return {
        "text": "".join(token["text"] for token in kept),
        "tokens": kept,
        "top": [{key: each[key] for key in ("id", "text", "p")} for each in top],
    }


def ask_masked(
    compute: Callable, side: dict, words: list, hidden: list[int], truth: dict, tokens: Callable
) -> dict:
    """An encoder, all gaps at once; or a permutation model, in the order of `hidden`."""
    masked = "".join(
        lead + (MASK * len(truth[i]) if i in truth else word) for i, (lead, word) in enumerate(words)
    )
    start, at = {}, 0  # first mask of each gap
    for gap in sorted(hidden):
        start[gap], at = at, at + len(truth[gap])
    params = {"model": side["model"], "text": masked, "k": ASKED}
    if side["way"] == "order":
        params["order"] = [start[gap] + i for gap in hidden for i in range(len(truth[gap]))]
    tops = compute("fill", params)["top"]
    if len(tops) != at:
        raise ValueError("A frase não cabe inteira no contexto deste modelo.")
    gaps = [
        gap_of([top[0] for top in tops[start[gap] : start[gap] + len(truth[gap])]], tops[start[gap]])
        for gap in sorted(hidden)
    ]
    return {"gaps": gaps, "passes": 1 if side["way"] == "both" else at}


def ask_left(
    compute: Callable, side: dict, words: list, hidden: list[int], truth: dict, tokens: Callable
) -> dict:
    """A decoder: each gap from what stands to its left, gaps before it as it filled them itself."""
    ids, text, gaps, passes = [], "", [], 0
    for i, (lead, word) in enumerate(words):
        if i not in truth:
            text += lead + word
            continue
        ids, text = ids + [token["id"] for token in tokens(text)], ""
        written, first = [], []
        for _ in truth[i]:
            top = compute("next", {"model": side["model"], "ids": ids, "k": ASKED})["top"]
            first, passes = first or top, passes + 1
            written.append(top[0])
            ids = [*ids, top[0]["id"]]
        gaps.append(gap_of(written, first))
    return {"gaps": gaps, "passes": passes}


def ask_spans(
    compute: Callable, side: dict, words: list, hidden: list[int], truth: dict, tokens: Callable
) -> dict:
    """An encoder-decoder: every run of neighbouring gaps is one span, written after its sentinel."""
    source, spans = "", []
    for i, (lead, word) in enumerate(words):
        if i not in truth:
            source += lead + word
        elif i - 1 in truth and spans:
            spans[-1].append(i)
        else:
            source += f"{lead}<extra_id_{len(spans)}>"
            spans.append([i])
    room = 2 * sum(map(len, truth.values())) + 2 * len(spans) + 4
    events, _ = finished(
        compute("rewrite", {"model": side["model"], "text": source, "max_new_tokens": min(96, room)})
    )
    said: dict[int, list[dict]] = {}
    at = -1
    for event in events:
        token = event["token"]
        if mark := SPAN.fullmatch(token["text"]):
            at = int(mark[1])
        elif token["text"] not in html.SPECIAL:
            said.setdefault(at, []).append(token)
    gaps = []
    for number, span in enumerate(spans):  # the whole span is shown in the place of its first word
        gaps += [gap_of(said.get(number, []) if i == span[0] else [], []) for i in span]
    return {"gaps": gaps, "passes": len(events) + 1}
