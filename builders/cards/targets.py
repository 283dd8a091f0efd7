"""The aims that the course set for its models, beside what was reached.

An aim is a path into the measures and a bound. It is reached when the measured value is on the right side of
the bound; the interval tells how sure that is. Nothing is left out because it was missed.
"""

from __future__ import annotations

from dataclasses import dataclass

from builders.cards.words import number, percent, table


@dataclass(frozen=True)
class Aim:
    """What is measured, where it lies in the measures, and the bound: "at least" unless `most`."""

    what: str
    path: str
    bound: float
    most: bool = False
    plain: bool = False  # a number, not a share
    sure: bool = False  # the whole interval must be on the right side

    def found(self, measures: dict) -> dict | float | None:
        """The measure at the path, None where it was not taken."""
        here: object = measures
        for key in self.path.split("."):
            here = here.get(key) if isinstance(here, dict) else None
        return here

    def reached(self, measures: dict) -> bool | None:
        """Whether the value is on the right side, None where it was not measured."""
        found = self.found(measures)
        if found is None:
            return None
        value = found["low" if self.sure else "value"] if isinstance(found, dict) else found
        return value <= self.bound if self.most else value >= self.bound


_READING = (
    Aim(
        "lê um valor de um contexto: relações e frases nunca treinadas",
        "reading.cells.held_out/held_out",
        0.85,
    ),
    Aim("lê um valor de um contexto: relações e frases treinadas", "reading.cells.trained/trained", 0.97),
    Aim("copia uma frase inteira", "reading.copying_sentences", 0.95),
    Aim("aponta a passagem certa entre 4", "reading.sources", 0.90),
    Aim("diz que o contexto não traz a resposta", "reading.unanswerable", 0.90),
)
BASE = (
    Aim("frases livres sem erro de concordância", "stories.agreement", 0.98),
    Aim("prefere a forma certa, com distrator: frases do corpus", "agreement.corpus", 0.98),
    Aim("prefere a forma certa, com distrator: gênero, construções novas", "agreement.gênero", 0.98),
    Aim("prefere a forma certa, com distrator: número, construções novas", "agreement.número", 0.98),
    Aim("prefere a forma certa, com distrator: pessoa, construções novas", "agreement.pessoa", 0.98),
    Aim("histórias coerentes", "stories.consistent", 0.85),
    Aim("frases quebradas ou sem fim", "stories.broken", 0.03, most=True),
    Aim("fatos perguntados no treino", "facts.seen", 0.95),
    Aim("fatos que o treino só afirmou", "facts.stated", 0.75),
    *_READING,
    Aim("melhor cabeça de indução", "induction.best.score", 0.9, plain=True),
    Aim("tarefas em que 4 exemplos vencem nenhum, além do intervalo", "fewshot.gains", 3, plain=True),
    Aim("continua uma pergunta solta com perguntas", "questions", 0.90),
)
CHAT = (
    Aim("responde em vez de continuar perguntando", "answers", 0.95),
    Aim("fatos perguntados no ajuste", "following.right.fato", 0.95),
    Aim("fatos que só o pré-treino perguntou", "following.right.fato_guardado", 0.75),
    Aim("fatos que só o pré-treino afirmou", "following.right.fato_afirmado", 0.75),
    Aim("recusa o que ninguém poderia saber", "following.right.recusa", 0.90),
    Aim("recusa o que sabe", "following.refuses.fato", 0.05, most=True),
    *_READING,
)
DPO = (*CHAT, Aim("vence o mini-instruct nas respostas decididas", "duel.rate", 0.5, sure=True))
AIMS: dict[str, tuple[Aim, ...]] = {"base": BASE, "chat": CHAT, "dpo": DPO}


def _shown(found: dict | float | None) -> str:
    if isinstance(found, dict):
        return percent(found)
    if found is None:
        return "–"
    return number(found, 0 if isinstance(found, int) else 2)


def _bound(aim: Aim) -> str:
    sign = "no máximo" if aim.most else "intervalo acima de" if aim.sure else "pelo menos"
    if aim.plain:
        return f"{sign} {number(aim.bound, 0 if aim.bound >= 1 else 1)}"
    return f"{sign} {number(100 * aim.bound)} %"


def rows(kind: str, measures: dict) -> list[tuple[str, str, str, bool | None]]:
    """The aims of a decoder beside its measures."""
    return [(a.what, _bound(a), _shown(a.found(measures)), a.reached(measures)) for a in AIMS.get(kind, ())]


def retrieval(measures: dict) -> list[tuple[str, str, str, bool | None]]:
    """The aim of mini-embed: its paired gain in recall@1 over BM25 and TF-IDF is above zero for sure."""
    found = []
    for name in ("BM25", "TF-IDF"):
        if gain := measures.get("gain", {}).get(name):
            value, low, high = (number(100 * v, 1) for v in gain)
            shown = f"{value} pontos ({low} a {high})"
            found.append((f"recall@1 acima de {name}", "intervalo acima de zero", shown, gain[1] > 0))
    return found


def every(kind: str, result: dict) -> list[tuple[str, str, str, bool | None]]:
    """(what, aim, value, whether it was reached) of every aim of a model; `result`: evaluation.json."""
    return retrieval(result) if kind == "embed" else rows(kind, result.get("measures", {}))


def section(kind: str, result: dict) -> str:
    """The table of aims, "" for a model without any."""
    found = every(kind, result)
    if not found:
        return ""
    words = {True: "sim", False: "**não**", None: "não medido"}
    lines = [[what, aim, shown, words[reached]] for what, aim, shown, reached in found]
    met = sum(reached is True for *_, reached in found)
    return (
        f"## Alvos do curso\n\n{met} de {len(found)} alcançados (entre parênteses, intervalo de 95 %).\n\n"
        + table(["o que se mede", "alvo", "medido", "alcançado"], lines)
    )
