"""A controlled vocabulary for the scientific abstracts, in the manner of MeSH: data/vocabulario/ciencia.json.

    python -m builders.vocabulary

From the table of areas (`data/documents/ciencia/fontes/areas.txt`): each descriptor with its entry terms,
those of texts and those of laymen apart, and the kinds of study with theirs. The broader terms of `BROADER`
are written here. Reads neither queries nor relevance grades; the same table gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from builders.documents.science import KINDS, areas
from builders.documents.science_words import NAMES

OUT = Path(__file__).resolve().parents[1] / "data" / "vocabulario" / "ciencia.json"
ARTICLE = re.compile(r"^(?:o|a|os|as) ")
BROADER = {  # a broader term: the descriptors below it; a search for it finds those too ("explodes")
    "Faixas Etárias": ("Pré-Escolar", "Criança", "Adolescente", "Idoso"),
    "Trabalhadores": ("Trabalho em Turnos", "Trabalhadores ao Ar Livre"),
    "Sono": ("Latência do Sono", "Duração do Sono", "Sonolência Diurna", "Cochilo"),
    "Alimentação Escolar": (
        "Hortas Escolares",
        "Rotulagem de Alimentos",
        "Alimentos Ultraprocessados",
        "Consumo de Frutas",
        "Desperdício de Alimentos",
    ),
    "Aprendizagem": ("Prática Distribuída", "Escrita Manual", "Ensino por Pares", "Memória de Longo Prazo",
                     "Compreensão de Leitura"),
    "Controle de Mosquitos": ("Ovitrampas", "Controle Biológico", "Larva"),
    "Abelhas": ("Meliponicultura", "Apicultura", "Insetos Silvestres"),
    "Corpos de Água": ("Riachos", "Rios", "Lagos"),
    "Qualidade da Água": ("Oxigênio Dissolvido", "Turbidez", "Esgotos"),
    "Poluição do Ar": ("Material Particulado", "Queima de Lixo", "Incêndios"),
    "Exercício Físico": ("Caminhada", "Dança", "Ciclismo"),
    "Produtos Agrícolas": ("Mandioca", "Hortaliças", "Milho"),
    "Manejo do Solo": ("Compostagem", "Cobertura do Solo", "Irrigação por Gotejamento",
                       "Compactação do Solo"),
    "Animais Silvestres": ("Aves", "Mamíferos", "Anfíbios"),
}  # fmt: skip


def bare(phrase: str) -> str:
    """A wording without its article: "o cochilo breve à tarde" -> "cochilo breve à tarde"."""
    return ARTICLE.sub("", phrase)


def vocabulary() -> dict:
    """{descriptors: [{name, entries, lay, narrower}], studies: [{name, entries}]}, in alphabetical order.

    entries: how texts say it; lay: how laymen do, kept apart so that a search may go without them.
    """
    found: dict[str, dict] = {}
    for area in areas():
        for concept in (*area.populations, *area.exposures, *area.outcomes):
            row = found.setdefault(
                concept.descriptor, {"name": concept.descriptor, "entries": [], "lay": [], "narrower": []}
            )
            for key, phrases in (("entries", concept.wordings[:2]), ("lay", concept.wordings[2:])):
                row[key] += [bare(p) for p in phrases if bare(p) not in row[key]]
    for name, below in BROADER.items():
        if unknown := [each for each in below if each not in found]:
            raise ValueError(f"{name}: no descriptor {unknown[0]!r} in the table of areas")
        found[name] = {"name": name, "entries": [], "lay": [], "narrower": list(below)}
    studies = [{"name": name, "entries": list(NAMES[key])} for key, name in KINDS.items()]
    return {
        "descriptors": sorted(found.values(), key=lambda row: row["name"]),
        "studies": sorted(studies, key=lambda row: row["name"]),
    }


def text() -> str:
    """The file's text: one descriptor a line."""
    made = vocabulary()
    lines = [
        f' "{key}": [\n' + ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows) + "\n ]"
        for key, rows in made.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.vocabulary", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--out", type=Path, default=OUT, help="where to write (data/vocabulario/ciencia.json)"
    )
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(text(), encoding="utf-8")
    print(f"Wrote {args.out}")


if __name__ == "__main__":
    main()
