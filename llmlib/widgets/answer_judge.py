"""AnswerJudge: an answer that the reader writes, judged at each letter against accepted forms and sources.

The rules are `llmlib.rag_judge`, which the page's script repeats; no model takes part. Ready answers show
what is hard: a value inside a sentence, an old value, a refusal, a source that does not say it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import traitlets

from llmlib import rag_judge
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

KINDS = {  # of rag_judge.attribution
    "sustenta": "o trecho afirma isto",
    "superada": "o trecho afirma isto, e um documento mais novo o corrige",
    "repete": "o trecho traz este valor, dito de outra coisa",
    "não diz": "o trecho não diz isto",
    "não existe": "não há fonte com este número",
}
ASKED = ("pergunta", "tipo", "respostas", "superadas", "apoios")
READ = ("document", "title", "start", "end", "text")


def asked(question: Mapping) -> dict:
    """Of a row of `llmlib.data.questions` what a judge needs."""
    return {key: question[key] for key in ASKED if key in question}


def read(source: Mapping) -> dict:
    """Of a source what a judge and a figure need."""
    return {key: source[key] for key in READ if key in source}


class AnswerJudge(Widget):
    """The judge, to be tried.

    Args:
        cases: each {"label", "question": a row of `llmlib.data.questions`, "sources": chunks {document,
            title, start, end, text}, "reply": what is judged at first, "note": what to see in it}.
    """

    name = "answer-judge"
    cases = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(self, cases: Sequence[Mapping[str, object]]) -> None:
        if not cases:
            raise ValueError("AnswerJudge precisa de ao menos uma resposta para julgar.")
        for each in cases:
            if missing := [key for key in ("label", "question", "sources", "reply") if key not in each]:
                raise ValueError(f"A uma resposta falta {', '.join(missing)}.")
        super().__init__(
            cases=[
                {
                    "label": each["label"],
                    "question": asked(each["question"]),
                    "sources": [read(source) for source in each["sources"]],
                    "reply": each["reply"],
                    "note": each.get("note", ""),
                }
                for each in cases
            ]
        )

    def judged(self) -> list[tuple[dict, str, list[dict]]]:
        """(case, verdict, citations) of each case as it opens."""
        return [
            (
                each,
                rag_judge.judge(each["reply"], each["question"], each["sources"]),
                rag_judge.attribution(each["reply"], each["question"], each["sources"]),
            )
            for each in self.cases
        ]

    def summary(self) -> str:
        each, verdict, _ = self.judged()[0]
        return (
            f"À pergunta “{each['question']['pergunta']}”, a resposta “{each['reply']}” é {verdict}: "
            f"{rag_judge.VERDICTS[verdict]}."
        )

    def fallback(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(each['question']['pergunta'])}</td><td>{html.escape(each['reply'])}</td>"
            f"<td>{verdict}</td><td>{html.escape(said(checks))}</td></tr>"
            for each, verdict, checks in self.judged()
        )
        head = "".join(
            f"<th scope='col'>{each}</th>" for each in ("Pergunta", "Resposta", "Veredito", "Fontes")
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return f"<p>{html.escape(self.summary())}</p>{table}"


def said(checks: Sequence[Mapping]) -> str:
    """Citations in words."""
    return "; ".join(f"[{each['number']}] {KINDS[each['kind']]}" for each in checks) or "nenhuma"
