"""QueryDuel: two ways of searching, search by search: who wins, by how much, and why.

Takes what `builders.paper_search` found, the texts and their grades; searches nothing. The reasons shown are
counted: which words of the search no relevant text has, what the search requires, how many texts there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import traitlets

from llmlib.scratch.retrieval import WORD, words
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.rank_fusion import FORM_NAMES, graded, packed, two

SHOWN = 10


class QueryDuel(Widget):
    """Two ways on the same searches.

    Args:
        measured: data/medidas/busca-cientifica.json.
        grades: {search: {text: 1 to 3}}.
        documents: dicts of the collection, with id, titulo, texto.
        queries: dicts of the searches, with id and criterios.
        pair: the two ways that the figure opens with.
        ways: which may be chosen, in order; those that were not measured are left out.
        form: in which words the searches are first asked.
    """

    name = "query-duel"
    titles = traitlets.List(traitlets.Unicode()).tag(sync=True)
    forms = traitlets.List(traitlets.Dict()).tag(sync=True)
    ways = traitlets.List(traitlets.Dict()).tag(sync=True)
    pair = traitlets.List(traitlets.Int()).tag(sync=True)
    form = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        measured: Mapping,
        grades: Mapping[str, Mapping[str, int]],
        documents: Sequence[Mapping],
        queries: Sequence[Mapping],
        pair: tuple[str, str] = ("bm25", "vetores"),
        ways: Sequence[str] | None = None,
        form: str = "leiga",
    ) -> None:
        ways = [way for way in (ways or measured["ways"]) if way in measured["ways"]]
        if missing := [way for way in pair if way not in ways]:
            raise ValueError(f"“{missing[0]}” não foi medida; há {', '.join(ways)}.")
        if form not in measured["forms"]:
            raise ValueError(f"Não há buscas do tipo “{form}”; há {', '.join(measured['forms'])}.")
        at = {each["id"]: i for i, each in enumerate(documents)}
        text = {each["id"]: set(words(f"{each['titulo']} {each['texto']}")) for each in documents}
        asks = {each["id"]: each["criterios"] for each in queries}
        forms = []
        for key, block in measured["forms"].items():
            marks = graded(measured, key, grades)
            rows = []
            for place, (asked, grade) in enumerate(zip(block["asked"], marks, strict=True)):
                there = {w for k, g in grade.items() if g >= 2 for w in text[k]}
                written = WORD.findall(asked.lower())  # with its accents, to be shown
                typed = {key: word for word in written for key in words(word)}
                wanted = asks.get(block["ids"][place], {})
                rows.append(
                    {
                        "text": asked,
                        "absent": [word for key, word in typed.items() if key not in there],
                        "words": len(typed),
                        "requires": [v for k in ("populacao", "estudo") if (v := wanted.get(k))],
                        "grades": "".join(two(at[k]) + str(g) for k, g in grade.items()),
                        "lists": [packed(measured["ways"][w]["rankings"][key][place], SHOWN) for w in ways],
                        "found": [len(measured["ways"][w]["rankings"][key][place]) for w in ways],
                    }
                )
            forms.append({"key": key, "label": FORM_NAMES[key], "rows": rows})
        super().__init__(
            titles=[each["titulo"] for each in documents],
            forms=forms,
            ways=[{"key": way, "label": measured["ways"][way]["name"]} for way in ways],
            pair=[ways.index(way) for way in pair],
            form=form,
        )
        one, other = (measured["ways"][way]["each"][form]["ndcg"] for way in pair)
        self._count = [
            sum(a > b + 1e-9 for a, b in zip(one, other, strict=True)),
            sum(b > a + 1e-9 for a, b in zip(one, other, strict=True)),
            len(one),
        ]

    def summary(self) -> str:
        a, b = (self.ways[i]["label"] for i in self.pair)
        wins, losses, n = self._count
        return (
            f"Em {n} buscas ({FORM_NAMES[self.form]}), {a} tem nDCG@10 maior que {b} em {wins}, menor em "
            f"{losses} e igual em {n - wins - losses}."
        )

    def fallback(self) -> str:
        return f"<p>{html.escape(self.summary())}</p>"
