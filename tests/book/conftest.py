"""A small book, built in seconds with no cell run: one of each thing that theme and extension treat."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from book import frontend

ROOT = Path(__file__).parents[2]
FRONT = """---
file_format: mystnb
kernelspec: {name: python3, display_name: Python 3}
docente:
  minutos: {leitura: 20, laboratório: 10}
  antes: Ler um pouco de *Python*.
  perguntas: ["De onde vem a resposta?", "Quem escolhe a palavra?"]
  ideia_errada: O modelo procura a resposta <pronta>.
  figura: A primeira.
---
"""
PAGE = """# Primeira página

Um parágrafo comprido o bastante para ser a descrição da página nos resultados de uma busca, com
citação {cite}`vaswani2017`.

:::{admonition} O que você vai saber fazer
:class: dropdown
1. Ler uma distribuição.
:::

```{code-cell} ipython3
# O próximo token
print("oi")
```

```{code-cell} ipython3
:tags: [show-input]
mostrado = 1
```

## Uma conta

$$p_i = \\frac{e^{z_i/T}}{\\sum_j e^{z_j/T}}$$

Veja {term}`token` e {doc}`glossario`.

```{raw} html
<div class="llm-widget" data-widget="next-token" data-state="recorded" data-model="">
<script type="application/json" class="llm-state">{}</script><div class="llm-fallback">parado</div></div>
```

```{exercise} À mão
:label: ex-mao
Some $1 + 1$.
```

```{solution} ex-mao
Dois.
```

:::{warning}
Cuidado com o degrau.
:::
"""
PAGES = {
    "intro": FRONT + PAGE,
    "glossario": "# Glossário\n\n```{glossary}\ntoken\n  Pedaço de texto.\n```\n\n"
    "| a | b |\n|---|---|\n| 1 | 2 |\n",
    "referencias": "# Referências\n\n```{bibliography}\n```\n",
}
TOC = """format: jb-book
root: chapters/intro
parts:
  - caption: Para consultar
    chapters:
      - file: chapters/glossario
      - file: chapters/referencias
"""


@pytest.fixture(scope="session")
def small_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Source folder of the small book."""
    source = tmp_path_factory.mktemp("livro")
    (source / "chapters").mkdir()
    for name, text in PAGES.items():
        (source / "chapters" / f"{name}.md").write_text(text, "utf-8")
    (source / "_toc.yml").write_text(TOC, "utf-8")
    for name in ("_config.yml", "references.bib", "requirements.txt"):
        shutil.copy(ROOT / name, source / name)
    return source


@pytest.fixture(scope="session")
def small_site(small_book: Path) -> Path:
    """The small book's site, built with every warning an error."""
    from jupyter_book.sphinx import build_sphinx

    frontend.prepare()
    settings = {"nb_execution_mode": "off", "nitpicky": True, "latex_individualpages": False}
    status = build_sphinx(
        str(small_book),
        str(small_book / "site" / "html"),
        doctreedir=str(small_book / "site" / "doctrees"),
        path_config=str(small_book / "_config.yml"),
        noconfig=True,
        confoverrides=settings,
        quiet=True,
        warningiserror=True,
        keep_going=True,
    )
    assert status == 0
    return small_book / "site" / "html"
