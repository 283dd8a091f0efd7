"""PaperSearch: one search over all abstracts, answered by several ways side by side, and how it was read.

The texts travel with the figure, so Boolean searches and BM25 are answered as they are typed, with no model;
what was measured of the examples is recorded. Only ways with models, on the reader's own words, ask the host.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import traitlets

from llmlib.scratch.boolean import BooleanIndex
from llmlib.scratch.ranking_metrics import ndcg
from llmlib.scratch.vocabulary import Vocabulary
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

WAYS = {  # key: (name, what the host is asked besides the query, what it does in one line)
    "booleana": ("booleana", None, "guarda ou descarta; os mais novos primeiro"),
    "bm25": ("BM25", {"by": "bm25"}, "palavras em comum, as raras valem mais"),
    "vetores": ("vetores", {"by": "dense"}, "o vetor mais parecido, mini-embed"),
    "hibrida": ("híbrida", {"by": "hybrid"}, "as duas listas, fundidas por postos"),
    "upr": (
        "reordenada por LLM", {"by": "hybrid", "judge": "mini-instruct"},
        "as 20 primeiras da híbrida: a busca viria deste texto?",
    ),
    "rerank": (
        "reordenada", {"by": "hybrid", "rerank": 20},
        "as 20 primeiras da híbrida, relidas pelo mini-rerank",
    ),
}  # fmt: skip
SHOWN = 10  # places of a list that are kept
USUAL = ("booleana", "bm25", "vetores", "hibrida", "upr")


class PaperSearch(Widget):
    """Boolean, BM25, vectors, both and rerank on the same search.

    Args:
        documents: dicts of the collection "ciencia" (`llmlib.data.documents`).
        vocabulary: {"descriptors", "studies"}, as in data/vocabulario.
        examples: {"label", "text", "grades": {id: 1 to 3}, "ways": {way: [ids, the best first]}}; the first
            is shown. A way that an example has no list of is asked of the host.
        compute: who answers "search" and "rerank" (`llmlib.retrieval`), or None: then examples only.
        ways: keys of WAYS, in order.
        lay: may a layman's wording lead to a descriptor, at first?
    """

    name = "paper-search"
    documents = traitlets.List().tag(sync=True)
    descriptors = traitlets.List(traitlets.Unicode()).tag(sync=True)
    vocabulary = traitlets.Dict().tag(sync=True)
    examples = traitlets.List(traitlets.Dict()).tag(sync=True)
    ways = traitlets.List(traitlets.Dict()).tag(sync=True)
    lay = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        documents: Sequence[dict],
        vocabulary: Mapping[str, list],
        examples: Sequence[Mapping[str, object]],
        compute: Callable[[str, dict], object] | None = None,
        ways: Sequence[str] = USUAL,
        lay: bool = False,
    ) -> None:
        if not examples:
            raise ValueError("A busca precisa de ao menos um exemplo para abrir.")
        if unknown := [way for way in ways if way not in WAYS]:
            raise ValueError(f"Não conheço a busca “{unknown[0]}”; conheço {', '.join(WAYS)}.")
        at = {each["id"]: i for i, each in enumerate(documents)}
        names = [row["name"] for row in vocabulary["descriptors"]]
        studies = [row["name"] for row in vocabulary["studies"]]
        super().__init__(
            compute=compute,
            model_name="mini-embed",
            documents=[
                [
                    each["id"],
                    each["titulo"],
                    each["texto"],
                    each["ano"],
                    studies.index(each["estudo"]),
                    each["palavras_chave"],
                    [names.index(name) for name in each["descritores"]],
                ]
                for each in documents
            ],
            descriptors=names,
            vocabulary=dict(vocabulary),
            examples=[
                {
                    "label": each["label"],
                    "text": each["text"],
                    "grades": {str(at[k]): g for k, g in each.get("grades", {}).items()},
                    "ways": {k: [at[i] for i in v[:SHOWN]] for k, v in each["ways"].items() if k in ways},
                }
                for each in examples
            ],
            ways=[
                {"key": k, "label": WAYS[k][0], "ask": WAYS[k][1] or {}, "what": WAYS[k][2]} for k in ways
            ],
            lay=lay,
        )  # fmt: skip
        first = self.examples[0]
        try:
            found = BooleanIndex(documents, Vocabulary(vocabulary, lay)).search(first["text"])
        except ValueError as error:
            raise ValueError(f"O exemplo “{first['text']}” não é uma busca: {error}") from None
        self._lists = first["ways"] | {"booleana": found[:SHOWN]}
        self._found = len(found)

    def summary(self) -> str:
        first = self.examples[0]
        graded = {int(k): g for k, g in first["grades"].items()}
        scores = [
            f"{way['label']}, {html.decimal(ndcg(self._lists[way['key']], graded, 10), 2)}"
            for way in self.ways
            if way["key"] in self._lists and graded
        ]
        return (
            f"Busca “{first['text']}”: a booleana guarda {self._found} de {len(self.documents)} resumos."
            + (f" nDCG@10: {'; '.join(scores)}." if scores else "")
        )

    def fallback(self) -> str:
        lists = "".join(
            f"<h4>{html.escape(way['label'])}</h4><ol>"
            + "".join(f"<li>{html.escape(self.documents[i][1])}</li>" for i in self._lists[way["key"]][:5])
            + "</ol>"
            for way in self.ways
            if way["key"] in self._lists
        )
        return f"{html.line(self.examples[0]['text'])}<p>{html.escape(self.summary())}</p>{lists}"


def examples(
    measured: Mapping, grades: Mapping[str, Mapping[str, int]], ids: Sequence[str], picks: Mapping
) -> list:
    """Examples out of data/medidas/busca-cientifica.json.

    ids: of the abstracts, in the order of the collection. picks: label -> (form, id of the need); a Boolean
    form is "booleana", asked as it stands in `picks` with the text as third.
    """
    made = []
    for label, (form, need, *text) in picks.items():
        block = measured["forms"][form]
        place = block["ids"].index(need)
        ways = {
            way: [ids[i] for i in row["rankings"][form][place]]
            for way, row in measured["ways"].items()
            if way in WAYS and not text
        }
        made.append(
            {
                "label": label,
                "text": text[0] if text else block["asked"][place],
                "grades": grades.get(need, {}),
                "ways": ways,
            }
        )
    return made
