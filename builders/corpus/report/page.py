"""The report in Portuguese: tables for `data/corpus/README.md`, between two markers."""

from __future__ import annotations

import json
import os
from pathlib import Path

from builders.corpus.report.measure import (
    AUTHORED,
    CODES,
    NEAR_THRESHOLD,
    NEAR_WORDS,
    SHINGLE,
    Counts,
    ReportError,
    Size,
    all_words,
    distinct_ngrams,
    lemmas,
    near_duplicates,
    readability,
    table_lemmas,
)

START, END = "<!-- relatorio:inicio -->", "<!-- relatorio:fim -->"


def number(value: float, decimals: int = 0) -> str:
    """1234567.8 is "1.234.568"; with decimals=1 "1.234.567,8"."""
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def percent(value: float, decimals: int = 1) -> str:
    """0.0312 is "3,1 %"; a share above 0 that would round to 0 is "< 0,1 %"."""
    least = 10.0**-decimals
    if 0 < value * 100 < least:
        return f"< {number(least, decimals)} %"
    return f"{number(value * 100, decimals)} %"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _size_cells(size: Size, tokens: bool) -> list[str]:
    cells = [number(size.documents), number(size.characters / 1e6, 2), number(size.words / 1e6, 2)]
    return [*cells, number(size.tokens / 1e6, 2)] if tokens else cells


def _sizes(found: Counts) -> str:
    tokens = found.total().tokens > 0
    head = ["tipo", "textos", "M caracteres", "M palavras", *(["M tokens"] if tokens else [])]
    text = _row(*head, "leitura (Flesch)", "na validação")
    text += "|---|" + "---:|" * (len(head) + 1) + "\n"
    order = sorted(found.kinds, key=lambda k: -found.total("train", k).characters)
    for kind in order:
        ease = readability(found, kind)
        text += _row(
            f"`{kind}`",
            *_size_cells(found.total("train", kind), tokens),
            "–" if ease is None else number(ease),
            number(found.total("valid", kind).documents),
        )
    text += _row(
        "**treino**",
        *_size_cells(found.total("train"), tokens),
        "",
        f"**{number(found.total('valid').documents)}**",
    )
    return text + _row("**validação**", *_size_cells(found.total("valid"), tokens), "", "")


def _settings(folder: Path) -> str:
    path = folder / "manifest.json"
    if not path.is_file():
        return ""
    settings = json.loads(path.read_text(encoding="utf-8"))["settings"]
    return f" `--mix {settings['mix']}`, semente {settings['seed']}, {settings['shards']} partes de treino."


def render(found: Counts, folder: Path) -> str:
    """All measured figures as Markdown."""
    vocabulary, train = all_words(found), found.total("train")
    by_tables = table_lemmas(vocabulary)
    authored = found.total("train", AUTHORED)
    codes = ", ".join(f"`{kind}`" for kind in sorted(CODES))
    sample = len(found.near_sample)
    text = f"Medido por `python -m builders.corpus.report`.{_settings(folder)}\n\n{_sizes(found)}\n"
    text += (
        "Flesch adaptado ao português (Martins et al., 1996): 248,835 − 1,015 × palavras por frase − 84,6 × "
        "sílabas por palavra. De 75 a 100, muito fácil; de 50 a 75, fácil; de 25 a 50, difícil.\n\n"
    )
    text += _row("medida", "valor") + "|---|---:|\n"
    text += _row("palavras diferentes", number(len({word.lower() for word in vocabulary})))
    text += _row(
        "— só as que aparecem em minúsculas (sem nomes)", number(sum(w.islower() for w in vocabulary))
    )
    text += _row("lemas diferentes, pelo dicionário do simplemma", number(lemmas(vocabulary)))
    kinds = ", ".join(f"{number(count)} {kind}" for kind, count in by_tables.items())
    text += _row(
        f"lemas das tabelas do léxico com alguma forma no texto ({kinds})", number(sum(by_tables.values()))
    )
    for size in (2, 3, 4):
        text += _row(f"{size}-gramas diferentes por 100 mil palavras", number(distinct_ngrams(found, size)))
    text += _row("textos repetidos no treino", number(found.repeated))
    text += _row(
        f"textos com um quase igual (Jaccard ≥ {number(NEAR_THRESHOLD, 1)} de {NEAR_WORDS}-gramas, MinHash) "
        f"entre {number(sample)} sorteados",
        percent(near_duplicates(found.near_sample)),
    )
    text += _row("textos inteiros da validação que estão no treino", number(found.shared))
    text += _row(f"{SHINGLE}-gramas da validação que estão no treino", percent(found.overlap))
    if authored.documents:
        text += _row(
            f"textos escritos à mão ({number(authored.documents)} no treino), dos caracteres",
            percent(authored.characters / train.characters, 2),
        )
    return text + (
        "\nPalavra é uma sequência de letras. O dicionário do simplemma reduz cada palavra ao lema; contam "
        "só palavras que ele conhece, escritas em minúsculas, com lema visto 3 vezes ou mais. Nas tabelas, "
        "contam as formas que elas e a conjugação produzem. Palavras, lemas, n-gramas, leitura e quase "
        f"iguais deixam de fora {codes}.\n"
    )


def insert(readme: Path, text: str) -> None:
    """Put the report between the markers of a page; the file is replaced whole or not at all."""
    page = readme.read_text(encoding="utf-8")
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ReportError(f"{readme} precisa das linhas {START} e {END}, entre as quais fica o relatório")
    temporary = readme.with_name(readme.name + ".tmp")
    temporary.write_text(f"{before}{START}\n{text.rstrip()}\n{END}{after}", encoding="utf-8")
    os.replace(temporary, readme)
