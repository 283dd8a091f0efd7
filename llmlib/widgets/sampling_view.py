"""SamplingView: the next-token distribution before and after every control of generation, and whole texts.

The recording holds the scores (logits) of the most probable tokens and, of the others, how many have which
score, so that every control answers at once with no model: the page applies the engine's own rules to them.
Texts with the controls of the start are recorded too; a model is asked when the reader changes something that
only it can answer. Draws are those of `llmlib.scratch.sampling`: seed and step decide them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import traitlets

from llmlib.events import finished
from llmlib.scratch.sampling import Sampling, probabilities, softmax
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.sampling_controls import CONTROLS, SYSTEMS, written

MOST = 4096  # tokens asked of the model: all of a vocabulary of the course
KEPT = 300  # tokens recorded with their text; the others only as a histogram of scores
BIN = 0.05  # width of its bins: the mass of the tail is kept to about a thousandth
NOT_RULES = ("max_new_tokens", "stop")


class SamplingView(Widget):
    """What the controls of generation do to the next token, and to whole texts.

    Args:
        source: a model: anything with `compute(method, params)` and `name`, as `LM`.
        text: the prompt; the reader may change it.
        controls: names of the controls offered, in order (default: all of `sampling_controls.CONTROLS`).
        written: tokens that the model has written (temperature 0) when the figure opens, 0 to 200.
        samples: texts generated side by side, 0 (none) to 10.
        k: bars, 5 to 40.
        examples: texts to try with one click.
        start: where the controls start: `temperature=0.8`, `stop=["."]`, `max_new_tokens=24` …
    """

    name = "sampling-view"
    text = traitlets.Unicode("").tag(sync=True)
    k = traitlets.Int(10).tag(sync=True)
    samples = traitlets.Int(0).tag(sync=True)
    examples = traitlets.List(traitlets.Unicode()).tag(sync=True)
    controls = traitlets.List(traitlets.Dict()).tag(sync=True)
    systems = traitlets.List(traitlets.Unicode(), list(SYSTEMS)).tag(sync=True)
    start = traitlets.Dict().tag(sync=True)
    context = traitlets.Int(0).tag(sync=True)  # tokens that the model can see; 0: not known
    vocabulary = traitlets.Int(0).tag(sync=True)
    mark = traitlets.Int(None, allow_none=True).tag(sync=True)  # id that begins every text
    recording = traitlets.Dict().tag(sync=True)  # {tokens, cut, entries, tail, written, texts}

    def __init__(
        self,
        source: object,
        text: str = "",
        controls: Sequence[str] | None = None,
        written: int = 0,
        samples: int = 0,
        k: int = 10,
        examples: Sequence[str] = (),
        **start: object,
    ) -> None:
        offered = list(CONTROLS) if controls is None else list(controls)
        checked(offered, start, {"written": (written, 0, 200), "samples": (samples, 0, 10), "k": (k, 5, 40)})
        stop = start.get("stop") or []
        usual = {each: CONTROLS[each]["off"] for each in CONTROLS if each != "stop"}
        start = {**usual, **start, "stop": [stop] if isinstance(stop, str) else [s for s in stop if s]}
        config = getattr(getattr(source, "model", None), "config", None)
        answer, made, vocabulary = ask(source, text, written, getattr(config, "vocab_size", 0))
        seen = {each["id"] for each in [*answer["tokens"], *made]}
        entries, tail = split(answer, vocabulary, seen)
        super().__init__(
            compute=source.compute,
            model_name=source.name,
            text=text,
            k=k,
            samples=samples,
            examples=list(examples),
            controls=[{"name": each, **CONTROLS[each]} for each in offered],
            context=getattr(source, "context", 0),
            vocabulary=vocabulary,
            mark=getattr(source, "bos", None),
            recording={
                "tokens": answer["tokens"][: len(answer["tokens"]) - len(made)],
                "cut": answer["cut"],
                "entries": entries,
                "tail": tail,
                "written": made,
                "texts": texts(source, text, made, samples, start),
            },
            start=start,
        )

    def distribution(self, **changes: object) -> dict[int, tuple[float, float]]:
        """id -> (probability before the controls, after them), of the tokens recorded with their text.

        `changes`: controls at other values than those of the start.
        """
        logits = [logit for *_, logit in self.recording["entries"]]
        for logit, count in self.recording["tail"]:
            logits += [logit] * count
        place = {entry[0]: i for i, entry in enumerate(self.recording["entries"])}
        prompt, made = ([each["id"] for each in self.recording[part]] for part in ("tokens", "written"))
        prompt = [i for i in [self.mark, *prompt] if i is not None]
        rules = {key: value for key, value in {**self.start, **changes}.items() if key not in NOT_RULES}
        known = ([place[i] for i in ids if i in place] for ids in (prompt, made))
        after = probabilities(np.array(logits), Sampling(**rules), *known)
        before = softmax(np.array(logits))
        return {i: (float(before[at]), float(after[at])) for i, at in place.items()}

    def summary(self) -> str:
        shares = self.distribution()
        kept, cut = [[b for b, a in shares.values() if (a > 0) == alive] for alive in (True, False)]
        best = max(shares, key=lambda i: shares[i][1])
        token = next(html.spoken(text) for i, text, _ in self.recording["entries"] if i == best)
        lost = f"; os controles cortam {html.percent(sum(cut))} da massa" if kept and cut else ""
        before, after = (html.percent(share) for share in shares[best])
        if before == after and not lost:
            return f"Depois de “{self.text}”, o mais provável é {token}, {before}; nada foi cortado."
        return f"Depois de “{self.text}”, {token} passa de {before} a {after}{lost}."

    def fallback(self) -> str:
        shares = self.distribution()
        best = sorted(self.recording["entries"], key=lambda entry: -shares[entry[0]][0])[: self.k]
        rows = [{"text": text, "p": shares[i][1]} for i, text, _ in best]
        tokens = [*self.recording["tokens"], *self.recording["written"]]
        settings = ", ".join(
            f"{each['label']} {written(each['name'], self.start[each['name']])}" for each in self.controls
        )
        cells = "".join(
            f"<tr><td>{html.token(text)}</td><td>{html.percent(shares[i][0])}</td>"
            f"<td>{html.percent(shares[i][1]) if shares[i][1] else 'cortado'}</td></tr>"
            for i, text, _ in best
        )
        lines = "".join(
            f"<li>{html.escape(self.text + each['text'])}</li>" for each in self.recording["texts"]
        )
        return (
            f"{html.line(self.text)}{html.strip(tokens)}"
            f'<p class="llm-best">{html.escape(self.summary())} Controles: {html.escape(settings)}.</p>'
            f"{html.bars(rows, max(0.0, 1 - sum(row['p'] for row in rows)))}"
            f"<table><thead><tr><th>Token</th><th>Antes</th><th>Depois</th></tr></thead><tbody>{cells}</tbody></table>"
            + (f"<p>Textos com estes controles:</p><ul>{lines}</ul>" if lines else "")
        )


def checked(offered: list[str], start: dict, numbers: dict[str, tuple]) -> None:
    """Raises ValueError, in one sentence, for what the figure cannot show."""
    for each in [*offered, *start]:
        if each not in CONTROLS:
            raise ValueError(f"Não há o controle “{each}”; há {', '.join(CONTROLS)}.")
    for label, (value, low, high) in numbers.items():
        if not low <= value <= high:
            raise ValueError(f"{label} vai de {low} a {high}; veio {value}.")
    Sampling(**{key: value for key, value in start.items() if key not in NOT_RULES})
    if start.get("max_new_tokens", 0) < 0:
        raise ValueError(f"max_new_tokens deve ser 0 ou mais; veio {start['max_new_tokens']}.")


def ask(source: object, text: str, written: int, vocabulary: int) -> tuple[dict, list[dict], int]:
    """(answer of `next` after the prompt and what was written, the tokens written, the vocabulary's size)."""
    made: list[dict] = []
    if written:
        params = {"text": text, "max_new_tokens": written, "sampling": {"temperature": 0}}
        made = [slim(event["token"]) for event in source.compute("generate", params)]
    answer = source.compute("next", {"text": text, "k": MOST})
    if made:
        ids = [each["id"] for each in [*answer["tokens"], *made]]
        answer = source.compute("next", {"ids": ids, "k": MOST, "generated": len(made)})
    tokens = [{"id": each["id"], "text": each["text"]} for each in answer["tokens"]]
    return {**answer, "tokens": tokens}, made, vocabulary or len(answer["top"])


def slim(token: dict) -> dict:
    return {key: token[key] for key in ("id", "text", "p", "q") if key in token}


def split(answer: dict, vocabulary: int, seen: set[int]) -> tuple[list[list], list[list]]:
    """([id, text, logit] of the best tokens and of those seen, [logit, how many] of the others)."""
    top = answer["top"]
    entries = [
        [each["id"], each["text"], round(each["logit"], 5)]
        for rank, each in enumerate(top)
        if rank < KEPT or each["id"] in seen
    ]
    bins: dict[int, list[float]] = {}
    for rank, each in enumerate(top):
        if rank >= KEPT and each["id"] not in seen:
            bins.setdefault(math.floor(each["logit"] / BIN), []).append(each["logit"])
    tail = [[_middle(logits), len(logits)] for _, logits in sorted(bins.items(), reverse=True)]
    others = vocabulary - len(top)
    if others > 0 and answer["rest"] > 0:  # a vocabulary larger than MOST: the rest, shared out evenly
        scale = top[0]["logit"] - math.log(top[0]["p"])
        tail.append([scale + math.log(answer["rest"] / others), others])
    return entries, tail


def _middle(logits: list[float]) -> float:
    """The score that, given to all, leaves their mass as it is."""
    return math.log(sum(math.exp(x - logits[0]) for x in logits) / len(logits)) + logits[0]


def texts(source: object, text: str, made: list[dict], count: int, start: dict) -> list[dict]:
    """`count` generations under the controls of the start: {text, reason, tokens}; seeds one by one."""
    found, before = [], len("".join(each["text"] for each in made))
    rules = {key: value for key, value in start.items() if key not in NOT_RULES}
    for number in range(count if start["max_new_tokens"] else 0):
        params = {"text": text, "max_new_tokens": start["max_new_tokens"], "stop": start["stop"]}
        params |= {"sampling": {**rules, "seed": start["seed"] + number}}
        if made:
            params["written"] = [each["id"] for each in made]
        events, result = finished(source.compute("generate", params))
        text_only = result["text"][before:]  # it begins with what was written before
        tokens = [slim(event["token"]) for event in events]
        found.append({"text": text_only, "reason": result["reason"], "tokens": tokens})
    return found
