"""Every page says what a page must: parts in order, exercises, questions, citations that exist.

The pattern for a number of ours: the cell that computes it ends with `say(f"… {number(x)} …")` (`prose`),
which is the same in the page, in Jupyter and on Colab. Prose outside cells may hold numbers of others (with a
citation) and sums worked by hand, and nothing that we measured. Pages are read as text: nothing runs here.
"""

from __future__ import annotations

import ast
import csv
import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from pybtex.database import parse_file

ROOT = Path(__file__).parents[2]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
CITATIONS = parse_file(str(ROOT / "references.bib")).entries
FIRST, BACK = "intro", ("glossario", "referencias")
CODE = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TABLES = ROOT / "data" / "linha-do-tempo"
# What a chapter has, in this order: each pattern must be found after the one before it.
PARTS = [
    ("objetivos", r"^:::\{admonition\} O que você vai saber fazer$"),
    ("figura viva", r"^```\{code-cell\}"),
    ("mito ou verdade", r"^## Mito ou verdade\?$"),
    ("modelo real", r"^## Com um modelo real$"),
    ("exercícios", r"^## Exercícios$"),
    ("perguntas", r"^## Perguntas$"),
    ("resumo", r"^## Resumo$"),
    ("termos", r"^\*\*Termos novos:\*\*"),
    ("referências", r"^## Referências$"),
]
FORBIDDEN = [
    "simplesmente", "basicamente", "revolucionári", "fascinante", "mergulhar no mundo", "vamos explorar",
    "como podemos ver", "isto é feito através", "isso é feito através", "a fim de que", "é importante notar",
    "vale ressaltar", "no mundo de hoje", "poderos", "incríve", "cérebro", "entende que", "pensa que",
]  # fmt: skip


def pages() -> list[str]:
    entries = [TOC["root"], *(c["file"] for part in TOC["parts"] for c in part["chapters"])]
    return [Path(entry).name for entry in entries]


CHAPTERS = [page for page in pages() if page not in (FIRST, *BACK)]


@cache
def text(page: str) -> str:
    return (ROOT / "chapters" / f"{page}.md").read_text("utf-8")


def cells(page: str) -> list[str]:
    """The code of the page's cells, without their options."""
    return [re.sub(r"\A(:[^\n]*\n)+", "", code).strip() for code in CODE.findall(text(page))]


def prose(page: str) -> str:
    """What is read with every cell folded: no front matter, code, formulas, citations or addresses."""
    body = re.sub(r"\A---\n.*?\n---\n", "", text(page), flags=re.DOTALL)
    body = re.sub(r"^```.*?^```$", "", body, flags=re.MULTILINE | re.DOTALL)
    body = re.sub(
        r"\$\$.*?\$\$|\$[^$]*\$|\{cite[^}]*\}`[^`]*`|\]\([^)]*\)|`[^`]*`", " ", body, flags=re.DOTALL
    )
    return body


def test_every_page_is_in_the_table_of_contents_and_the_reverse() -> None:
    assert sorted(pages()) == sorted(path.stem for path in (ROOT / "chapters").glob("*.md"))


@pytest.mark.parametrize("page", CHAPTERS)
def test_the_first_page_leads_to_every_chapter(page: str) -> None:
    assert f"]({page}.md)" in text(FIRST)


@pytest.mark.parametrize("page", CHAPTERS)
def test_parts_come_in_order(page: str) -> None:
    at = 0
    for name, pattern in PARTS:
        found = re.compile(pattern, re.MULTILINE).search(text(page), at)
        assert found, f"{page}: “{name}” falta, ou vem antes da parte anterior"
        at = found.start()


@pytest.mark.parametrize("page", CHAPTERS)
def test_objectives_are_three_to_five_and_come_before_any_paragraph(page: str) -> None:
    block = re.search(r"^:::\{admonition\} O que você vai saber fazer\n(.*?)^:::$", text(page), re.M | re.S)
    assert 3 <= len(re.findall(r"^\d\. ", block[1], re.M)) <= 5
    between = text(page)[block.end() : text(page).index("```{code-cell}", block.end())].strip()
    assert len(between) < 120, "a primeira figura vem antes da explicação"


@pytest.mark.parametrize("page", CHAPTERS)
def test_figures_exercises_and_questions(page: str) -> None:
    from llmlib.widgets import WIDGETS

    code = "\n".join(cells(page))
    live = [name for name in WIDGETS if re.search(rf"\b{name}\(", code)]
    assert len(live) >= 3, live
    exercises = re.findall(r"^```\{exercise-start\}.*\n:label: ([\w-]+)$", text(page), re.M)
    solutions = re.findall(r"^```\{solution-start\} ([\w-]+)$", text(page), re.M)
    assert len(exercises) >= 3
    assert exercises == solutions, "cada exercício tem a sua solução, na mesma ordem"
    checked = re.findall(r'check\("(\w+)", exercise\.\w+\)', code)
    assert checked, "ao menos um exercício de código, com a solução conferida na página"
    assert set(re.findall(r'check\("(\w+)"', code)) == set(checked)
    questions = code.count('"pergunta":')
    assert questions >= 4
    assert code.count('"retorno":') >= 2 * questions
    assert code.count('"certa": True') == questions


@pytest.mark.parametrize("page", CHAPTERS)
def test_teacher_finds_what_a_lesson_needs(page: str) -> None:
    from book import teacher

    front = yaml.safe_load(re.match(r"\A---\n(.*?)\n---\n", text(page), re.S)[1])
    notes = teacher.read(front["docente"], page)
    assert {what for what, _ in notes.minutes} == {"leitura", "laboratório", "exercícios"}
    assert len(notes.questions) == 2
    assert all(len(each) > 30 for each in (notes.before, notes.wrong_idea, notes.figure))


@pytest.mark.parametrize("page", pages())
def test_every_citation_exists(page: str) -> None:
    keys = [
        k.strip() for group in re.findall(r"\{cite[:\w]*\}`([^`]+)`", text(page)) for k in group.split(",")
    ]
    assert [key for key in keys if key not in CITATIONS] == []
    if page in CHAPTERS:
        assert keys


@pytest.mark.parametrize("page", pages())
def test_every_term_is_in_the_glossary(page: str) -> None:
    entries = re.search(r"^```\{glossary\}\n(.*?)^```$", text("glossario"), re.M | re.S)[1]
    known = {line.strip().lower() for line in entries.split("\n") if line and not line.startswith(" ")}
    used = re.findall(r"\{term\}`(?:[^`<]*<)?([^`>]+)>?`", text(page))
    assert [term for term in used if term.lower() not in known] == []


def test_the_glossary_is_in_alphabetical_order() -> None:
    import unicodedata

    entries = re.search(r"^```\{glossary\}\n(.*?)^```$", text("glossario"), re.M | re.S)[1]
    terms = [line for line in entries.split("\n") if line and not line.startswith(" ")]
    plain = [unicodedata.normalize("NFD", t.lower()).encode("ascii", "ignore").decode() for t in terms]
    assert plain == sorted(plain)


@pytest.mark.parametrize("page", pages())
def test_no_phrase_that_the_course_does_not_use(page: str) -> None:
    found = [phrase for phrase in FORBIDDEN if phrase in " ".join(prose(page).lower().split())]
    assert found == []


@pytest.mark.parametrize("page", [FIRST, *CHAPTERS])
def test_no_measured_number_is_typed(page: str) -> None:
    """A percentage or a decimal outside a cell must stand beside a citation or a sum worked by hand."""
    for paragraph in re.split(r"\n\s*\n", prose(page)):
        flat = " ".join(paragraph.split())
        for number in re.findall(r"\d+,\d+|\d+ %", flat):
            whole = next(p for p in re.split(r"\n\s*\n", text(page)) if all(w in p for w in flat.split()[:6]))
            given = "{cite" in whole or re.search(r"à mão|Suponha|soma|dariam?|dão sempre|temperatura", flat)
            assert given, f"{page}: “{number}” em “{flat[:90]}…”: calcule numa célula (`say`) ou cite a fonte"


@pytest.mark.parametrize("page", [FIRST, *CHAPTERS])
def test_cells_have_a_title_and_sentences_are_computed(page: str) -> None:
    for code in cells(page):
        first = code.split("\n", 1)[0]
        if ":tags: [show-input]" not in text(page).split(code)[0][-60:]:
            assert re.match(r"# [A-ZÀ-Ý].{3,79}$", first), f"{page}: a célula “{first}” precisa de um título"
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
                names = [
                    n for n in ast.walk(node) if isinstance(n, ast.FormattedValue | ast.Name | ast.Attribute)
                ]
                assert len(names) > 1, f"{page}: uma frase sem nada calculado não precisa de célula ({first})"


# ---- the dated tables


def rows(name: str) -> list[dict]:
    with (TABLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def address(key: str) -> str:
    fields = CITATIONS[key].fields
    arxiv = f"https://arxiv.org/abs/{fields['eprint']}" if "eprint" in fields else ""
    return fields.get("url") or arxiv or f"https://doi.org/{fields['doi']}"


def test_models_are_dated_sourced_and_in_order() -> None:
    models = rows("modelos.csv")
    dates = [row["data"] for row in models]
    assert dates == sorted(dates)
    assert dates[0][:4] == "2017"
    assert dates[-1][:4] == "2026"
    for row in models:
        assert re.fullmatch(r"20[12]\d-[01]\d-[0-3]\d", row["data"]), row
        assert row["link"] == address(row["citacao"]), row["nome"]
        assert row["nota"].strip().endswith("."), row["nome"]
        assert row["pesos"] == "abertos" or row["arquitetura"] != "não divulgada" or not row["parametros_bi"]
    assert len({row["nome"] for row in models}) == len(models)


def test_adoption_is_sourced_and_says_what_was_counted() -> None:
    for row in rows("adocao.csv"):
        assert row["ressalva"]
        for mark in ("1m", "100m"):
            if row[f"data_{mark}"] or row[f"dias_{mark}"]:
                assert row[f"conta_{mark}"] in {
                    "contas",
                    "downloads",
                    "usuários ativos",
                    "usuários somados",
                }, row
                assert row[f"link_{mark}"] == address(row[f"fonte_{mark}"]), row["nome"]


def test_no_reference_is_orphan() -> None:
    used = {
        key
        for page in pages()
        for group in re.findall(r"\{cite[:\w]*\}`([^`]+)`", text(page))
        for key in group.split(",")
    }
    used |= {row["citacao"] for row in rows("modelos.csv")}
    used |= {row[f"fonte_{mark}"] for row in rows("adocao.csv") for mark in ("1m", "100m")}
    assert sorted(set(CITATIONS) - used) == []
