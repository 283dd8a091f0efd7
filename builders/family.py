"""Write the table of the whole family, data/models/README.md, from the folders' own records.

    python -m builders.family

One line a model: name, what it is for, class, parameters, what it read, minutes, its main measure with the
interval, and how many of the course's aims it reaches. No figure is typed by hand; a folder without records
is named, not guessed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from builders import card
from builders.cards import targets
from builders.cards.words import figure, number, table

ORDER = ("base", "chat", "dpo", "bert", "t5", "xlnet", "embed", "rerank")
_HARDEST = "lê um valor de um contexto, relações e frases nunca treinadas"
_ANY_ORDER = "palavras escondidas adivinhadas em ordem sorteada, em histórias"
MAIN: dict[str, tuple[str, tuple[str, ...]]] = {  # kind: (what is measured, where in evaluation.json)
    "base": (_HARDEST, ("measures", "reading", "cells", "held_out/held_out")),
    "chat": ("instruções de todos os tipos, certas", ("measures", "following", "right", "todos")),
    "dpo": ("vence o mini-instruct nas respostas decididas", ("measures", "duel", "rate")),
    "bert": ("palavras escondidas adivinhadas, em histórias", ("measures", "masked", "historia")),
    "t5": ("frases corrigidas, palavra por palavra", ("measures", "exact", "corrigir")),
    "xlnet": (_ANY_ORDER, ("measures", "masked_in_order", "right", "historia")),
    "embed": ("recall@1 em buscas novas", ("search", "mini-embed", "todos", "recall@1")),
    "rerank": ("recall@1, reordenados", ("search", "mini-embed + mini-rerank", "todos", "recall@1")),
}
READ = (("tokens", "M tokens", 1e6), ("pairs", "mil pares", 1e3))
_NAMES = "modelo|para quê|classe|parâmetros|leu|minutos|medida principal|valor|alvos"
FOR = {
    "base": "continuar textos; ver por dentro um modelo de linguagem",
    "chat": "conversar, responder, ler um contexto",
    "dpo": "o mesmo, ajustado por preferências",
    "bert": "adivinhar palavras; classificar",
    "t5": "corrigir, resumir, reescrever",
    "xlnet": "prever em qualquer ordem",
    "embed": "buscar por significado",
    "rerank": "pôr em ordem o que a busca achou",
}


def main_measure(kind: str, result: dict) -> str:
    """The value of a model's main measure, a dash where it was not taken."""
    here: object = result
    for key in MAIN[kind][1]:
        here = here.get(key) if isinstance(here, dict) else None
    return "–" if here is None else figure(here)


def effort(training: dict) -> tuple[str, str]:
    """(what was read, minutes) of a run."""
    for key, unit, size in READ:
        if key in training:
            return f"{number(training[key] / size, 1)} {unit}", number(training["seconds"] / 60, 1)
    return "–", number(training["seconds"] / 60, 1)


def line(folder: Path) -> tuple[str, list[str]]:
    """(kind, cells) of one model. Raises CardError where its records are missing."""
    training, result, config = card.read(folder)
    kind = card.kind_of(folder, config, result)
    read, minutes = effort(training)
    aims = targets.every(kind, result)
    met = f"{sum(reached is True for *_, reached in aims)} de {len(aims)}" if aims else "–"
    return kind, [
        f"[{folder.name}]({folder.name}/README.md)",
        FOR[kind],
        f"`{config['architectures'][0]}`",
        number(training["parameters"]),
        read,
        minutes,
        MAIN[kind][0],
        main_measure(kind, result),
        met,
    ]


def render(models: Path) -> str:
    """The text of data/models/README.md."""
    lines, missing = [], []
    for folder in sorted(path.parent for path in models.glob("*/config.json")):
        try:
            lines.append(line(folder))
        except card.CardError as error:
            missing.append(f"- {folder.name}: {str(error).split(' in ')[0]}")
    lines.sort(key=lambda each: ORDER.index(each[0]))
    parts = [
        "# A família de modelos do curso",
        "Todos feitos do zero, com textos que o próprio curso gera, pelo mesmo tokenizador. Cada pasta tem"
        " uma ficha com"
        " o comando, todas as medidas e 30 amostras sem escolha. Entre parênteses, intervalo de 95 %;"
        " “alvos” conta"
        " quantos alvos do curso o modelo alcança, e a ficha diz quais.",
        table(_NAMES.split("|"), [cells for _, cells in lines], left=3),
        "Para refazer todos: `make family`. Esta tabela: `python -m builders.family`.",
    ]
    if missing:
        parts.append("Sem registros completos:\n\n" + "\n".join(missing))
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.family", description=__doc__.split("\n")[0])
    parser.add_argument("models", type=Path, nargs="?", default=Path("data/models"))
    folder = parser.parse_args().models
    if not any(folder.glob("*/config.json")):
        parser.error(f"there is no model in {folder}")
    partial = folder / "README.md.partial"
    partial.write_text(render(folder), encoding="utf-8")
    partial.replace(folder / "README.md")
    print(f"Wrote {folder / 'README.md'}")


if __name__ == "__main__":
    main()
