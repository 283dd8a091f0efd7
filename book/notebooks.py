"""One clean notebook per page: a cell that prepares the machine, then the page, its prose as plain Markdown.

No outputs, no widget state, and cell ids that do not change from build to build. The address of the
repository is read from `_config.yml`, here and nowhere else. Does not run anything.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml

from book import execute, myst, teacher

ROOT = Path(__file__).parents[1]
# Needed to build the book, not to run a page.
ONLY_FOR_THE_BOOK = {"jupyter-book"}

SETUP = """# Prepara o notebook: instala a biblioteca do curso, se ela não estiver aqui. Leva um minuto.
import importlib.util
import subprocess
import sys

COURSE = "llmlib @ git+{url}@{branch}"
NEEDED = {needed}

on_colab = "google.colab" in sys.modules
if importlib.util.find_spec("llmlib") is None:
    # No Colab, o torch e o numpy que já estão lá ficam como estão: só vem o que falta.
    missing = [name for name in NEEDED if importlib.util.find_spec(name.replace("-", "_")) is None]
    wanted = [["--no-deps", COURSE], missing] if on_colab else [[COURSE]]
    for packages in filter(None, wanted):
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *packages], check=True)
if on_colab:
    from google.colab import output

    output.enable_custom_widget_manager()  # deixa as figuras interativas aparecerem no Colab
"""


@dataclass(frozen=True)
class Repository:
    url: str
    branch: str
    notebooks_branch: str

    @property
    def site(self) -> str:
        """Address at which GitHub Pages serves the course."""
        owner, name = self.url.rstrip("/").split("/")[-2:]
        return f"https://{owner}.github.io/{name}/"

    def colab(self, slug: str) -> str:
        """Address that opens a page's notebook in Colab."""
        owner, name = self.url.rstrip("/").split("/")[-2:]
        return f"https://colab.research.google.com/github/{owner}/{name}/blob/{self.notebooks_branch}/{slug}.ipynb"


def repository(root: Path = ROOT) -> Repository:
    given = yaml.safe_load((root / "_config.yml").read_text("utf-8"))["repository"]
    return Repository(given["url"].rstrip("/"), given["branch"], given["notebooks_branch"])


def setup_code(root: Path = ROOT) -> str:
    lines = (root / "requirements.txt").read_text("utf-8").splitlines()
    names = [re.split(r"[<>=!~\[; ]", line)[0] for line in lines if line.strip() and not line.startswith("#")]
    where = repository(root)
    needed = [name for name in names if name not in ONLY_FOR_THE_BOOK]
    return SETUP.format(url=where.url, branch=where.branch, needed=needed).replace("'", '"').strip()


@functools.cache
def _entries(root: Path = ROOT) -> dict[str, object]:
    from pybtex.database import parse_file

    bib = root / "references.bib"
    return {entry.key: entry for entry in parse_file(str(bib)).entries.values()} if bib.exists() else {}


def cited(role: str, keys: str, entries: dict[str, object]) -> str:
    """(Vaswani et al., 2017) for {cite} and {cite:p}; Vaswani et al. (2017) for {cite:t}."""
    found = []
    for key in (each.strip() for each in keys.split(",")):
        if key not in entries:
            raise myst.UnknownMarkup(f"no reference {key!r} in references.bib")
        entry = entries[key]
        people = [
            _plain(" ".join(person.prelast_names + person.last_names))
            for person in entry.persons.get("author", [])
        ]
        who = people[0] if people else _plain(entry.fields.get("title", key))
        who += f" e {people[1]}" if len(people) == 2 else " et al." if len(people) > 2 else ""
        found.append((who, entry.fields.get("year", "s.d.")))
    if role.endswith(":t"):
        return "; ".join(f"{who} ({year})" for who, year in found)
    return f"({'; '.join(f'{who}, {year}' for who, year in found)})"


def _plain(latex: str) -> str:
    from pybtex.richtext import Text

    return str(Text.from_latex(latex))


def reference_list(keys: list[str], entries: dict[str, object]) -> str:
    """The references, in order of author, as a Markdown list."""
    from pybtex.backends.markdown import Backend

    from book.bibliography import Portuguese

    style = Portuguese()
    chosen = style.sort([entries[key] for key in keys])
    lines = [f"- {each.text.render(Backend('utf-8'))}" for each in style.format_entries(chosen)]
    return "\n".join(lines)


def title(text: str) -> str:
    found = re.search(r"(?m)^# (.+)$", text)
    return found[1].strip() if found else ""


def convert(
    path: Path, titles: dict[str, str], entries: dict[str, object], values: dict[str, str] | None = None
):
    """The notebook of one page. Raises UnknownMarkup, naming the page, for MyST that has no plain form."""
    from myst_nb.core.read import read_myst_markdown_notebook

    source = read_myst_markdown_notebook(path.read_text("utf-8"))
    used: list[str] = []

    def cite(role: str, keys: str) -> str:
        used.extend(key.strip() for key in keys.split(","))
        return cited(role, keys, entries)

    page = myst.Page(cite, lambda: reference_list(list(entries), entries), titles, values or {})
    slug = path.stem
    cells = [nbformat.v4.new_code_cell(setup_code())]
    for cell in source.cells:
        if cell.cell_type == "code":
            cells.append(nbformat.v4.new_code_cell(_code(cell)))
            continue
        try:
            text = myst.markdown(cell.source, page)
        except myst.UnknownMarkup as error:
            raise myst.UnknownMarkup(f"{path.name}: {error}") from error
        if text.strip():
            cells.append(nbformat.v4.new_markdown_cell(text))
    notes = teacher.read(source.metadata.get("docente"), path.name)
    if notes:
        rows = "\n".join(f"- **{label}:** {text}" for label, text in notes.rows())
        cells.append(nbformat.v4.new_markdown_cell(myst.details("Para quem ensina", rows).strip()))
    if used:
        listed = reference_list(sorted(set(used)), entries)
        cells.append(nbformat.v4.new_markdown_cell(f"## Referências citadas\n\n{listed}"))
    for number, cell in enumerate(cells):
        cell["id"] = f"{re.sub(r'[^a-z0-9]+', '-', slug)[:48]}-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}}
    )
    nbformat.validate(notebook)
    return notebook


def _code(cell: nbformat.NotebookNode) -> str:
    """A cell's code, under the title by which the page shows it folded."""
    prompt = cell.metadata.get("mystnb", {}).get("code_prompt_show", "")
    shown = prompt.removeprefix("Código:").strip()
    if not shown or cell.source.lstrip().startswith("#"):
        return cell.source
    return f"# {shown[0].upper()}{shown[1:]}\n{cell.source}"


def write_all(folder: Path) -> int:
    """Write the notebook of every page of `_toc.yml` into `folder`, and nothing else; how many."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = execute.pages()
    titles = {page.stem: title(page.read_text("utf-8")) for page in pages}
    wanted = {f"{page.stem}.ipynb" for page in pages}
    for old in folder.glob("*.ipynb"):
        if old.name not in wanted:
            old.unlink()
    for page in pages:
        nbformat.write(convert(page, titles, _entries()), folder / f"{page.stem}.ipynb")
    return len(pages)
