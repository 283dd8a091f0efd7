"""MyST as plain Markdown: each directive and role that chapters use, nested; the others are refused."""

from __future__ import annotations

import pytest

from book import myst


@pytest.fixture
def page() -> myst.Page:
    return myst.Page(
        cite=lambda role, keys: f"({keys}, {role})",
        bibliography=lambda: "- Lista",
        titles={"glossario": "Glossário"},
        values={"erro": "23 %"},
    )


@pytest.mark.parametrize(
    ("myst_text", "expected"),
    [
        ("Veja {term}`parâmetros <parâmetro>`.", "Veja parâmetros."),
        ("Dito {cite}`a,b` e {cite:t}`c`.", "Dito (a,b, cite) e (c, cite:t)."),
        ("Erro de {eval}`erro`.", "Erro de 23 %."),
        ("No {doc}`glossario`.", "No [Glossário](glossario.ipynb)."),
        ("No [glossário](glossario.md#token).", "No [glossário](glossario.ipynb)."),
        ("{math}`x^2` e $y$", "$x^2$ e $y$"),
        ("(conta)=\n## A conta", "## A conta"),
        ("[aqui](https://example.org)", "[aqui](https://example.org)"),
        ("Um `{nome}` fica.", "Um `{nome}` fica."),
        (":::{note}\nOlhe $x$.\n:::", "> **Nota**\n>\n> Olhe $x$."),
        ("```{admonition} Mito ou verdade?\n:class: mito\nSerá?\n```", "> **Mito ou verdade?**\n>\n> Será?"),
        ("```{math}\n:label: eq\na = b\n```", "$$\na = b\n$$"),
        ("```python\n{term}`fica`\n```", "```python\n{term}`fica`\n```"),
        ("```{glossary}\ntoken\nficha\n  Pedaço de\n  texto.\n```", "**token, ficha**: Pedaço de texto."),
        (
            "```{list-table} T\n* - nome\n  - ano\n* - GPT\n  - 2018\n```",
            "| nome | ano |\n|---|---|\n| GPT | 2018 |\n\n*T*",
        ),
        ("```{bibliography}\n:all:\n```", "- Lista"),
        ("```{figure} a.png\n:alt: gato\nUm *gato*.\n```", "![gato](a.png)\n\n*Um *gato*.*"),
    ],
)  # fmt: skip
def test_plain_form(myst_text: str, expected: str, page: myst.Page) -> None:
    assert myst.markdown(myst_text, page) == expected


def test_nested_directives(page: myst.Page) -> None:
    text = "::::{admonition} Fora\n:class: dropdown\nAntes.\n\n:::{tip}\nDentro, {term}`token`.\n:::\n::::"
    assert myst.markdown(text, page) == (
        "<details>\n<summary><b>Fora</b></summary>\n\nAntes.\n\n> **Dica**\n>\n> Dentro, token.\n\n</details>"
    )


def test_exercises_are_numbered_and_their_solutions_follow(page: myst.Page) -> None:
    first = myst.markdown("```{exercise} Somar\n:label: somar\nSome.\n```", page)
    second = myst.markdown("```{exercise}\n:label: dividir\nDivida. Veja {ref}`somar`.\n```", page)
    solution = myst.markdown("````{solution} dividir\n:class: dropdown\n```python\n1 / 2\n```\n````", page)
    assert first == "**Exercício 1: Somar**\n\nSome."
    assert second == "**Exercício 2**\n\nDivida. Veja Exercício 1."
    assert solution == (
        "<details>\n<summary><b>Solução do exercício 2</b></summary>\n\n```python\n1 / 2\n```\n\n</details>"
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [("```{inventado}\nx\n```", "{inventado}"), ("{outro}`x`", "{outro}"), (":::{note}\nx", "never closed")],
)
def test_what_has_no_plain_form_is_refused_by_name(text: str, named: str, page: myst.Page) -> None:
    with pytest.raises(myst.UnknownMarkup, match=named):
        myst.markdown(text, page)
