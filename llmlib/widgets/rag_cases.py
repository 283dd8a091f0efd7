"""RagCases: one question after another, opened: what was found, read and answered, and what failed.

Each case comes with its truth, so each stage can be checked: is the evidence among the chunks, did they fit
the prompt, does the answer say an accepted form, do the cited sources say it. The recording opens with no
model; a change of the question or of a setting runs everything again through `compute` ("search", "encode",
"generate"). The prompt is that of `llmlib.rag`, the rules are those of `llmlib.rag_judge`; the page's script
repeats both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import traitlets

from llmlib import rag, rag_judge
from llmlib.events import finished
from llmlib.widgets import fallback as html
from llmlib.widgets.answer_judge import asked
from llmlib.widgets.answer_judge import said as checks_said
from llmlib.widgets.base import Widget
from llmlib.widgets.rag_pipeline import WAYS, Found

DEPTH = 20  # chunks searched, to tell where the evidence was when it did not come among the first k
MOST = 8  # chunks that the reader may put into a prompt


class RagCases(Widget):
    """Cases of a RAG whose truth is known.

    Args:
        source: a model that converses and whose `compute` also knows "search", as `LM`.
        cases: {"label", "question": a row of `llmlib.data.questions`, "note": what to look at}; the first
            is shown, all are recorded.
        collection: a bundled collection of documents.
        k, by, rerank, size, overlap, hops: of the search, as `llmlib.retrieval` names them.
        sizes: (size, overlap) pairs that the reader may choose.
        titles: whether the prompt says the title of each passage's document.
        orders: planted instructions, {documento, inicio, fim, texto}.
        reranks: how many chunks the reader may have ordered again; 0 where no reranker is bundled.
    """

    name = "rag-cases"
    collection = traitlets.Unicode("").tag(sync=True)
    settings = traitlets.Dict().tag(sync=True)  # the search's, and {titles, sizes, reranks, ways}
    context = traitlets.Int(512).tag(sync=True)
    cases = traitlets.List(traitlets.Dict()).tag(sync=True)  # {label, note, question, record}
    orders = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(
        self,
        source: object,
        cases: Sequence[Mapping[str, object]],
        collection: str = "caxinduba",
        k: int = 3,
        by: str = "hybrid",
        rerank: int = 0,
        size: int = 60,
        overlap: int = 15,
        sizes: Sequence[tuple[int, int]] = ((60, 15),),
        titles: bool = True,
        orders: Sequence[Mapping] = (),
        reranks: int = 0,
        hops: int = 1,
    ) -> None:
        if not cases:
            raise ValueError("RagCases precisa de ao menos um caso.")
        if by not in WAYS:
            raise ValueError(f"by é um de {', '.join(WAYS)}; veio {by}.")
        if not 1 <= k <= MOST:
            raise ValueError(f"k vai de 1 a {MOST}; veio {k}.")
        if hops not in (1, 2):
            raise ValueError(f"hops é o número de buscas, 1 ou 2; veio {hops}.")
        for each in cases:
            if missing := [key for key in ("label", "question") if key not in each]:
                raise ValueError(f"A um caso falta {', '.join(missing)}.")
        if (size, overlap) not in [tuple(pair) for pair in sizes]:
            sizes = [(size, overlap), *sizes]
        search = {"by": by, "rerank": rerank, "size": size, "overlap": overlap, "hops": hops}
        super().__init__(
            compute=source.compute,
            model_name=source.name,
            collection=collection,
            settings={
                **search,
                "k": k,
                "titles": titles,
                "sizes": [list(s) for s in sizes],
                "reranks": reranks,
                "ways": list(map(list, WAYS.items())),
            },
            context=source.context,
            cases=[
                {
                    "label": each["label"],
                    "note": each.get("note", ""),
                    "question": kept(each["question"]),
                    "record": record(source, each["question"]["pergunta"], collection, search, k, titles),
                }
                for each in cases
            ],
            orders=[{key: o[key] for key in ("documento", "inicio", "fim", "texto")} for o in orders],
        )

    def judged(self) -> list[tuple[dict, str, str]]:
        """(case, verdict, cause) of each recording."""
        found = []
        for each in self.cases:
            made, question = each["record"], each["question"]
            read = made["hits"][: made["used"]]
            verdict = rag_judge.judge(made["text"], question, read)
            found.append((each, verdict, rag_judge.cause(made["text"], question, read, self.orders)))
        return found

    def summary(self) -> str:
        each, verdict, cause = self.judged()[0]
        made, question = each["record"], each["question"]
        bare = rag_judge.judge(made["bare"], question)
        sources = rag_judge.attribution(made["text"], question, made["hits"][: made["used"]])
        return (
            f"Perguntado “{question['pergunta']}” sem documentos, o modelo disse “{made['bare']}” ({bare}); "
            f"com os trechos achados, “{made['text']}” ({verdict}). Fontes: {checks_said(sources)}."
            + (f" O que falhou: {rag_judge.CAUSES[cause]}." if cause else "")
        )

    def fallback(self) -> str:
        rows = "".join(
            f"<tr><th scope='row'>{html.escape(each['question']['pergunta'])}</th>"
            f"<td>{html.escape(each['record']['text'])}</td><td>{verdict}</td>"
            f"<td>{html.escape(rag_judge.CAUSES[cause])}</td></tr>"
            for each, verdict, cause in self.judged()
        )
        head = "".join(
            f"<th scope='col'>{each}</th>" for each in ("Pergunta", "Resposta", "Veredito", "O que falhou")
        )
        return (
            f"<p>{html.escape(self.summary())}</p><table><thead><tr>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )


def kept(question: Mapping) -> dict:
    """Of a question what the judge needs, and its wordings."""
    wordings = [each["texto"] for each in question.get("jeitos", [])]
    return {**asked(question), "jeitos": list(dict.fromkeys([question["pergunta"], *wordings]))}


def record(source: object, question: str, collection: str, search: Mapping, k: int, titles: bool) -> dict:
    """Every stage of one question: {hits (the first k), used, prompt, text, bare, places}.

    `used`: how many of the hits had room in the prompt. `places`: document, start and end of all DEPTH.
    """
    found = source.compute("search", {"collection": collection, "query": question, "k": DEPTH, **search})
    found = found if isinstance(found, dict) else finished(found)[1]
    keys = ("document", "title", "start", "end", "text", "bridge")
    hits = [{key: hit.get(key) for key in keys} for hit in found["hits"]]
    made = rag.prompt(source, question, [rag.sourced(Found(hit), titles) for hit in hits[:k]])
    return {
        "hits": hits[:k],
        "used": len(made.used),
        "prompt": made.text,
        "text": said(source, made.text),
        "bare": said(source, made.question),
        "places": [[hit["document"], hit["start"], hit["end"]] for hit in hits],
    }


def said(source: object, words: str) -> str:
    """What the model answers to one message, always the most probable token."""
    request = {"messages": [{"role": "user", "content": words}], "max_new_tokens": rag.ROOM}
    answer = source.compute("generate", {**request, "sampling": {"temperature": 0}})
    return finished(answer)[1]["text"].strip()
