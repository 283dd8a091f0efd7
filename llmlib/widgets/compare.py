"""Compare: a model that counts and a model that attends, on the same text, with a memory that shrinks.

The counting side travels whole: for each memory (0 to 3 tokens), its most frequent contexts, how often each
was seen and what it gives to the next token, so that it answers any text with no model at all. The other side
is the model that the host runs; a few prompts are recorded. This file counts and trains nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

ROWS = 6  # tokens kept a context
LIMITS = (1, 1300, 1800, 1800)  # contexts kept for memories of 0, 1, 2, 3 tokens: under 130 KB gzipped


def base36(number: int) -> str:
    """12 -> 'c', 36 -> '10': what JavaScript's parseInt(text, 36) reads."""
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
        if not number:
            return digits


def pack(ngram: object, memory: int, limit: int) -> str:
    """The `limit` most frequent contexts of `memory` tokens as text: 'context|seen|id p id p …' a line.

    Numbers are in base 36, p in thousandths. `ngram`: an `llmlib.scratch.ngram.NGram`.
    """
    often = sorted(((-after.total(), context) for context, after in ngram.followers[memory].items()))[:limit]
    lines = []
    for seen, context in often:
        p = ngram.probabilities(context)
        best = np.argsort(-p, kind="stable")[:ROWS].tolist()
        row = [(i, round(1000 * float(p[i]))) for i in best]
        kept = " ".join(f"{base36(i)} {base36(share)}" for i, share in row if share)
        lines.append(f"{' '.join(map(base36, context))}|{base36(-seen)}|{kept}")
    return "\n".join(lines)


def unpack(table: str) -> dict[tuple[int, ...], tuple[int, list[tuple[int, float]]]]:
    """What `pack` wrote: context -> (times seen, [(id, p)])."""
    found = {}
    for line in table.split("\n"):
        context, seen, row = line.split("|")
        numbers = [int(each, 36) for each in row.split()]
        found[tuple(int(each, 36) for each in context.split())] = (
            int(seen, 36),
            [(i, p / 1000) for i, p in zip(numbers[::2], numbers[1::2], strict=True)],
        )
    return found


class Compare(Widget):
    """Counting against attending.

    Args:
        lm: the model that attends: `next`, `compute`, `name`, as `LM`.
        ngram: the model that counts, an `NGram`; its order less one is the longest memory.
        vocabulary: the text of each id.
        prompts: texts to record; the first is shown.
        memory: how many tokens the counting side looks at when the figure opens.
        limits: how many contexts travel with the page, for each memory.
        start: the id that begins every document.
    """

    name = "compare"
    memory = traitlets.Int(2).tag(sync=True)
    start = traitlets.Int(0).tag(sync=True)
    vocabulary = traitlets.List(traitlets.Unicode()).tag(sync=True)
    tables = traitlets.List(traitlets.Unicode()).tag(sync=True)
    recordings = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(
        self,
        lm: object,
        ngram: object,
        vocabulary: Sequence[str],
        prompts: Sequence[str],
        memory: int = 2,
        limits: Sequence[int] = LIMITS,
        start: int = 0,
    ) -> None:
        if not 0 <= memory < ngram.order:
            raise ValueError(f"memory vai de 0 a {ngram.order - 1}; veio {memory}.")
        if not prompts:
            raise ValueError("Passe ao menos um texto em prompts.")
        if len(limits) < ngram.order:
            raise ValueError(
                f"limits precisa de {ngram.order} números, um por memória; vieram {len(limits)}."
            )
        super().__init__(
            compute=getattr(lm, "compute", None),
            model_name=getattr(lm, "name", ""),
            memory=memory,
            start=start,
            vocabulary=list(vocabulary),
            tables=[pack(ngram, size, limits[size]) for size in range(ngram.order)],
            recordings=[record(lm, text) for text in prompts],
        )

    def looked_up(self, ids: Sequence[int], memory: int) -> tuple[int, int, list[dict]]:
        """What the counting side answers after `ids`: (memory used, times seen, [{text, p}])."""
        if not hasattr(self, "_unpacked"):
            self._unpacked = [unpack(table) for table in self.tables]
        full = [self.start, *ids]
        for size in range(min(memory, len(full)), -1, -1):
            found = self._unpacked[size].get(tuple(full[len(full) - size :]))
            if found:
                return size, found[0], [{"text": self.vocabulary[i], "p": p} for i, p in found[1]]
        raise ValueError("A tabela de memória zero está vazia.")

    def _first(self) -> tuple[dict, int, int, list[dict]]:
        first = self.recordings[0]
        return first, *self.looked_up([token["id"] for token in first["tokens"]], self.memory)

    def summary(self) -> str:
        first, size, _, rows = self._first()
        best = first["top"][0]
        tokens = f"{size} token{'s' if size != 1 else ''}"
        return (
            f"Depois de “{first['text']}”, a contagem, olhando {tokens}, aposta em "
            f"{html.spoken(rows[0]['text'])} ({html.percent(rows[0]['p'])}); o transformer, em "
            f"{html.spoken(best['text'])} ({html.percent(best['p'])})."
        )

    def fallback(self) -> str:
        first, _, _, rows = self._first()
        top = first["top"][:ROWS]
        left = html.bars(rows, max(0.0, 1 - sum(row["p"] for row in rows)))
        right = html.bars(top, max(0.0, 1 - sum(row["p"] for row in top)))
        return (
            f"{html.strip(first['tokens'])}<p>{html.escape(self.summary())}</p>"
            f'<div class="cmp-sides"><div><p class="cmp-title">Contagem</p>{left}</div>'
            f'<div><p class="cmp-title">Transformer</p>{right}</div></div>'
        )


def record(lm: object, text: str) -> dict:
    """One prompt and what the model answers to it."""
    answer = lm.next(text, k=ROWS)
    return {
        "text": text,
        "tokens": [{"id": each["id"], "text": each["text"]} for each in answer["tokens"]],
        "cut": answer.get("cut", 0),
        "top": [{key: each[key] for key in ("id", "text", "p")} for each in answer["top"]],
    }
