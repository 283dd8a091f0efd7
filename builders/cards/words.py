"""Numbers, shares and tables as a Portuguese reader writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

KINDS = {
    "historia": "histórias",
    "descricao": "cenas e descrições",
    "dialogo": "diálogos",
    "fatos": "fatos",
    "perguntas": "listas de perguntas",
    "leitura": "leitura de contextos",
    "copia": "cópia",
    "exemplos": "tarefas por exemplos",
    "carta": "cartas",
    "receita": "receitas",
    "noticia": "notícias",
    "instrucoes": "instruções",
    "conta": "contas",
    "codigo": "pequenos programas",
    "dna": "sequências de DNA",
    "autoral": "textos escritos à mão",
    "todos": "todos juntos",
}


def number(value: float, digits: int = 0) -> str:
    """1234.5 -> "1.234,5": thousands with a point, decimals with a comma."""
    return f"{value:,.{digits}f}".translate(str.maketrans(",.-", ".,−"))


def several(count: int, one: str, more: str) -> str:
    """1 -> "1 erro", 2 -> "2 erros"."""
    return f"{number(count)} {one if count == 1 else more}"


def percent(share: Mapping | None) -> str:
    """A share and its interval: "87 % (82 a 91)"; a dash where nothing was measured.

    With a decimal when one of the three lies between 98 and 100 or between 0 and 2: there it matters.
    """
    if share is None:
        return "–"
    values = [100 * share[k] for k in ("value", "low", "high")]
    digits = 1 if any(0 < v < 2 or 98 < v < 100 for v in values) else 0
    value, low, high = (number(v, digits) for v in values)
    return f"{value} % ({low} a {high})"


def mean(measure: Mapping, digits: int = 3) -> str:
    """A mean, its interval and unit: "2,10 nats (2,05 a 2,15)"."""
    value, low, high = (number(measure[k], digits) for k in ("value", "low", "high"))
    return f"{value} {measure['unit']} ({low} a {high})"


def figure(measure: Mapping | Sequence[float] | float) -> str:
    """Any measure of the family as text: a share, a mean with a unit, [mean, low, high], or a number."""
    if isinstance(measure, Mapping):
        return mean(measure) if "unit" in measure else percent(measure)
    if isinstance(measure, Sequence):
        return percent(dict(zip(("value", "low", "high"), measure, strict=True)))
    return number(measure, 0 if isinstance(measure, int) else 3)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """A Markdown table; the first `left` columns are aligned to the left, the others to the right."""
    line = ["---"] * left + ["---:"] * (len(header) - left)
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in [header, line, *rows]
    )


def quoted(text: str) -> str:
    """Model output as an indented block: shown as it is, never read as Markdown."""
    return "    " + text.replace("\n", "\n    ")
