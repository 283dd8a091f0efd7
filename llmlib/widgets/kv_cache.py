"""KVCacheCost: what one more token costs with the cache and without, measured, by length of the text.

Takes curves that `llmlib.scratch.kv_timing.per_token` measured when the page was made. A button measures
again where the reader is, by `next` on texts of growing length: one that goes on from the last call reuses
its keys and values, one that begins differently cannot. Milliseconds belong to a machine; compare ratios.
"""

from __future__ import annotations

from collections.abc import Sequence

import traitlets

from llmlib.scratch.counting import cache, sizes
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

WAYS = {"uncached": "sem cache", "cached": "com cache"}


class KVCacheCost(Widget):
    """Time for the next token by length of the text.

    Args:
        curves: [{"tokens", "cached", "uncached"}] in ms, lengths growing.
        config: sizes of the model, as `counting.sizes` takes them.
        source: a model to measure here and now (`compute`, `name`), or None.
        where: what measured the curves, for the caption.
    """

    name = "kv-cache"
    curves = traitlets.List(traitlets.Dict()).tag(sync=True)
    context = traitlets.Int(0).tag(sync=True)
    vocabulary = traitlets.Int(0).tag(sync=True)
    numbers = traitlets.Int(0).tag(sync=True)  # of keys and values that one token leaves in the cache
    sizes = traitlets.Dict().tag(sync=True)  # of which they are made: layers, heads, head
    where = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        curves: Sequence[dict],
        config: dict | object,
        source: object | None = None,
        where: str = "medido quando a página foi montada",
    ) -> None:
        lengths = [each["tokens"] for each in curves]
        if len(curves) < 2 or lengths != sorted(set(lengths)):
            raise ValueError(
                "As curvas precisam de ao menos dois comprimentos, cada um maior que o anterior."
            )
        for each in curves:
            if not all(each[way] > 0 for way in WAYS):
                raise ValueError(f"Com {each['tokens']} tokens há um tempo que não é maior que zero.")
        c = sizes(config)
        super().__init__(
            compute=getattr(source, "compute", None),
            model_name=getattr(source, "name", ""),
            curves=[{key: each[key] for key in ("tokens", *WAYS)} for each in curves],
            context=c.max_position_embeddings,
            vocabulary=c.vocab_size,
            numbers=cache(config, 1),
            sizes={
                "layers": c.num_hidden_layers,
                "heads": c.num_key_value_heads,
                "head": c.head_dim,
            },
            where=where,
        )

    def ratio(self) -> float:
        """How many times slower the longest text is without the cache."""
        return self.curves[-1]["uncached"] / self.curves[-1]["cached"]

    def summary(self) -> str:
        last = self.curves[-1]
        return (
            f"Com {last['tokens']} tokens lidos, o seguinte custa {milliseconds(last['uncached'])} sem cache "
            f"e {milliseconds(last['cached'])} com: {html.decimal(self.ratio(), 0)} vezes."
        )

    def fallback(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{each["tokens"]}</th><td>{milliseconds(each["uncached"])}</td>'
            f"<td>{milliseconds(each['cached'])}</td>"
            f"<td>{html.decimal(each['uncached'] / each['cached'], 1)}</td></tr>"
            for each in self.curves
        )
        head = "".join(
            f'<th scope="col">{name}</th>'
            for name in ("Tokens lidos", *map(str.capitalize, WAYS.values()), "Razão")
        )
        return (
            f"<p>{html.escape(self.summary())} {html.escape(self.where[:1].upper() + self.where[1:])}.</p>"
            f'<table class="kv-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        )


def milliseconds(ms: float) -> str:
    """0.31 -> '0,31 ms', 12.3 -> '12 ms'."""
    return f"{html.decimal(ms, 2 if ms < 1 else 1 if ms < 10 else 0)} ms"
