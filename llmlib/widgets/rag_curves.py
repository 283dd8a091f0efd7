"""RagCurves: how answers were judged at each setting of a RAG, one setting at a time, with their intervals.

Takes what `builders.rag_curves` measured (data/medidas/rag.json); measures nothing. A bar is all answers of
one setting, parted by verdict; a mark says how often the evidence was among what the model read, which is as
far as a reader can get. Below, the same few questions at the chosen setting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import traitlets

from llmlib.prose import day, number
from llmlib.rag_judge import VERDICTS
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.rag_pipeline import WAYS as ONE_READING

WAYS = ONE_READING | {f"{way}+rerank": f"{label}, e reordenar" for way, label in ONE_READING.items()}
SWEEPS = {  # name: (label, how a value is written, what it is)
    "by": ("como buscar", None, "de que modo os trechos são achados"),
    "hops": ("quantas buscas", None, "se há uma segunda busca, com os nomes que o primeiro trecho traz"),
    "k": ("quantos trechos", "{}", "quantos trechos vão para o prompt"),
    "size": ("tamanho do trecho", "{} palavras", "de quantas palavras é cada trecho"),
    "titles": ("título", None, "se cada trecho vai com o título do seu documento"),
    "temperature": ("temperatura", "{}", "a do sorteio de cada token da resposta"),
}
KINDS = {"answerable": "com resposta nos documentos", "unanswerable": "sem resposta em nenhum"}


class RagCurves(Widget):
    """Measured verdicts by setting.

    Args:
        settings: as `builders.rag_curves` writes them: {"sweeps", "setting", "answerable", "unanswerable":
            {verdict: {"value", "low", "high", "n"}}, "found", "replies": [[id, text, verdict]]}.
        questions: id -> question, of those whose replies are shown.
        model, date: what was measured, and when ("2026-11-21"), for the caption.
    """

    name = "rag-curves"
    sweeps = traitlets.List(traitlets.Dict()).tag(sync=True)  # {name, label, what, points}
    questions = traitlets.List(traitlets.Dict()).tag(sync=True)  # {id, text, right}
    caption = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        settings: Sequence[Mapping],
        questions: Mapping[str, Mapping] | None = None,
        model: str = "",
        date: str = "",
    ) -> None:
        swept = [name for name in SWEEPS if any(name in each["sweeps"] for each in settings)]
        if not swept:
            raise ValueError("As medidas não têm nenhum ajuste: refaça-as com make data NAME=rag.")
        questions = questions or {}
        super().__init__(
            sweeps=[sweep(settings, name, list(questions)) for name in swept],
            questions=[
                {"id": key, "text": row["pergunta"], "right": next(iter(row["respostas"]), "")}
                for key, row in questions.items()
            ],
            caption=f"Medido no {model} em {day(date)}, na parte dev." if model else "",
        )

    def summary(self) -> str:
        first = self.sweeps[0]
        told = "; ".join(
            f"{point['label']}, {html.percent(point['answerable']['certa']['value'])} certas"
            for point in first["points"]
        )
        return f"Conforme {first['label']}, nas perguntas {KINDS['answerable']}: {told}."

    def fallback(self) -> str:
        tables = []
        for each in self.sweeps:
            head = "".join(f"<th scope='col'>{verdict}</th>" for verdict in VERDICTS)
            rows = "".join(
                f"<tr><th scope='row'>{html.escape(point['label'])}</th>"
                + "".join(
                    f"<td>{html.percent(point['answerable'][verdict]['value'])}</td>" for verdict in VERDICTS
                )
                + "</tr>"
                for point in each["points"]
            )
            top = f"<thead><tr><th scope='col'>{html.escape(each['label'])}</th>{head}</tr></thead>"
            tables.append(f"<table>{top}<tbody>{rows}</tbody></table>")
        return f"<p>{html.escape(self.summary())} {html.escape(self.caption)}</p>{''.join(tables)}"


def sweep(settings: Sequence[Mapping], name: str, shown: Sequence[str]) -> dict:
    """One control: {name, label, what, fixed, points: [{label, found, replies, and shares a kind}]}."""
    label, how, what = SWEEPS[name]
    found = sorted(  # from little to much, wherever the measures began; ways to search stay as measured
        (each for each in settings if name in each["sweeps"]),
        key=lambda each: 0 if name == "by" else each["setting"][name],
    )
    points = []
    for each in found:
        replies = {key: [text, verdict] for key, text, verdict in each["replies"]}
        points.append(
            {
                "label": written(name, each["setting"], how),
                "answerable": shares(each["answerable"]),
                "unanswerable": shares(each["unanswerable"]),
                "found": short(each["found"]),
                "replies": [replies.get(key, ["", ""]) for key in shown],
            }
        )
    others = found[0]["setting"]
    fixed = "; ".join(
        f"{SWEEPS[key][0]}, {written(key, others, SWEEPS[key][1])}" for key in SWEEPS if key != name
    )
    return {"name": name, "label": label, "what": what, "fixed": fixed, "points": points}


def written(name: str, setting: Mapping, how: str | None) -> str:
    """One value of a control, as the figure writes it."""
    if name == "titles":
        return "com" if setting[name] else "sem"
    if name == "hops":
        return "duas" if setting[name] > 1 else "uma"
    if name == "by":
        return WAYS[setting["by"] + ("+rerank" if setting["rerank"] else "")]
    value = setting[name]
    return (how or "{}").format(number(value, 1) if isinstance(value, float) and value else number(value))


def shares(measured: Mapping[str, Mapping] | None) -> dict | None:
    """{verdict: {value, low, high, n}} of those that the judge knows, rounded."""
    return {verdict: short(measured[verdict]) for verdict in VERDICTS} if measured else None


def short(estimate: Mapping) -> dict:
    kept = {key: round(estimate[key], 4) for key in ("value", "low", "high")}
    return {**kept, "n": estimate["n"]}
