"""What is folded is `<details>`, made when the book is built, so that it opens with JavaScript off.

Three things fold: the code of a cell (unless tagged `show-input`), the solution of an exercise, and any
admonition of class `dropdown`. Does not decide what is hidden for good: `remove-*` tags stay MyST-NB's.
"""

from __future__ import annotations

import html
import re

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import solution_node

TITLE_COMMENT = re.compile(r"#\s*([A-ZÀ-Ý].{3,79})$")


class fold(nodes.General, nodes.Element):
    """`<details>`; the attribute `summary` is its title, as plain text."""


class FoldCode(SphinxPostTransform):
    """Mark every cell with code as folded before MyST-NB's own transform wraps the marked ones."""

    default_priority = 198
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for cell in self.document.findall(nodes.container):
            if cell.get("nb_element") != "cell_code" or not cell.children:
                continue
            source = cell.children[0]
            shown = "tag_show-input" in cell.get("classes", [])
            if cell.get("hide_mode") or shown or source.get("nb_element") != "cell_code_source":
                continue
            cell["hide_mode"] = "input"
            cell["prompt_show"] = code_title(source.astext(), self.config.nb_code_prompt_show)
            cell["prompt_hide"] = self.config.nb_code_prompt_hide


def code_title(source: str, default: str) -> str:
    """The one-line title of a folded cell: its first line where that is a comment, else the book's."""
    found = TITLE_COMMENT.match(source.strip().split("\n", 1)[0])
    if not found:
        return default
    title = found[1].rstrip(".")
    keeps_capital = len(title) > 1 and title[1].isupper()  # LLM, GPT
    return f"Código: {title if keeps_capital else title[0].lower() + title[1:]}"


class FigureFirst(SphinxPostTransform):
    """The folded code of a cell goes below what it shows, unless that is plain printed text."""

    default_priority = 201  # after MyST-NB has wrapped the code, and chosen among the forms of an output
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for cell in self.document.findall(nodes.container):
            if cell.get("nb_element") != "cell_code" or len(cell.children) != 2:
                continue
            code, output = cell.children
            rich = next(
                output.findall(lambda node: isinstance(node, (nodes.raw, nodes.image, nodes.paragraph))), None
            )
            if isinstance(code, HideCodeCellNode) and rich is not None:
                cell.children = [output, code]


class FoldAdmonitions(SphinxPostTransform):
    """Solutions, and admonitions of class `dropdown`, become `fold` nodes once their titles are settled."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for node in list(self.document.findall(nodes.Admonition)):
            if not isinstance(node, solution_node) and "dropdown" not in node.get("classes", []):
                continue
            title = next((child for child in node.children if isinstance(child, nodes.title)), None)
            rest = [child for child in node.children if child is not title]
            folded = fold("", *rest, ids=node["ids"], classes=["admonition", *node["classes"]])
            folded["summary"] = solution_title(title.astext()) if title else "Mais"
            node.replace_self(folded)


def solution_title(text: str) -> str:
    """sphinx-exercise's "Solução para Exercício 1", as one would say it."""
    return re.sub(r"^Solução para Exercício", "Solução do exercício", text)


def visit_fold(self, node: fold) -> None:
    self.body.append(self.starttag(node, "details"))
    self.body.append(f'<summary class="admonition-title">{html.escape(node["summary"])}</summary>\n')


def visit_code(self, node: HideCodeCellNode) -> None:
    classes = " ".join(["code-fold", *node["classes"]])
    shown, hidden = html.escape(node["prompt_show"]), html.escape(node["prompt_hide"])
    self.body.append(f'<details class="{classes}"><summary><span class="when-closed">{shown}</span>')
    self.body.append(f'<span class="when-open">{hidden}</span></summary>\n')


def depart_details(self, node: nodes.Node) -> None:
    self.body.append("</details>\n")


def setup(app) -> None:
    app.add_node(fold, html=(visit_fold, depart_details))
    app.add_node(HideCodeCellNode, override=True, html=(visit_code, depart_details))
    app.add_post_transform(FoldCode)
    app.add_post_transform(FigureFirst)
    app.add_post_transform(FoldAdmonitions)
