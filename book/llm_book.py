"""The book's Sphinx extension: assets of the widgets, what each page loads, and what the theme shows.

Formulas are in `mathml`, tables in `tables`, folding in `folds`, citations in `bibliography`, the teacher's
block in `teacher`.
Does not execute anything: `book.execute` does, before Sphinx starts.
"""

from __future__ import annotations

import hashlib
import html
import re
import shutil
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging

from book import bertviz, bibliography, folds, frontend, mathml, notebooks, states, tables, teacher
from builders import page as model_page
from builders import page_collections
from llmlib import widgets

log = logging.getLogger(__name__)
ROOT = Path(__file__).parents[1]
STYLE = Path(__file__).parent / "style"
THEME = Path(__file__).parent / "theme"
STYLES = ("fonts", "page", "content", "blocks", "code", "print")
SECTIONS = re.compile(r"</a>\s*(<ul>.*</ul>)\s*</li>\s*</ul>\s*$", re.S)
CURRENT = re.compile(r'<li class="toctree-l1 current">.*?</li>', re.S)
# A role that a computed sentence carried into the page: outputs are plain Markdown, here and in notebooks.
STRAY_ROLE = re.compile(r"\{(?:term|cite|ref|numref|doc|math)(?::[a-z]+)?\}<code")

REDIRECT = """<!DOCTYPE html>
<html lang="pt-BR"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="refresh" content="0; url={page}"><link rel="canonical" href="{page}"></head>
<body><main><h1>{title}</h1><p><a href="{page}">Abrir o curso</a></p></main></body></html>
"""

# Served for any address, however deep, so it leans on nothing beside it and its links are whole addresses.
NOT_FOUND = """<!DOCTYPE html>
<html lang="pt-BR"><head><meta charset="utf-8"><title>Página não encontrada · {title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>{colours}
body {{ margin: 0; background: var(--llm-paper); color: var(--llm-ink); font: 1.125rem/1.6 Georgia, serif }}
main {{ max-width: 40rem; margin: 0 auto; padding: 12vh 1.25rem }}
a {{ color: inherit }}</style></head>
<body><main><h1>Esta página não existe</h1>
<p>O endereço pode ter mudado, ou ter chegado aqui com uma letra a mais.</p>
<p><a href="{site}">Voltar ao início do curso</a>
ou <a href="{site}search.html">buscar o que você procurava</a>.</p>
</main></body></html>
"""


def colours() -> str:
    """The colours that widgets, figures and pages share."""
    return (ROOT / "llmlib" / "widgets" / "tokens.css").read_text("utf-8")


def stylesheet() -> str:
    """The colours that widgets and figures share, then the book's own style."""
    return "\n".join([colours(), *((STYLE / f"{name}.css").read_text("utf-8") for name in STYLES)])


def assets() -> dict[str, bytes]:
    """Everything of ours under `_static`: relative path -> content."""
    found = {f"llm/{name}": data for name, data in widgets.assets().items()}
    found |= {"book.css": stylesheet(), "book.js": (STYLE / "book.js").read_text("utf-8")}
    found["llm/bertviz.js"] = bertviz.script()  # attached when a reader opens one of its views
    found["icon.svg"] = (STYLE / "icon.svg").read_text("utf-8")
    return {name: data.encode() if isinstance(data, str) else data for name, data in found.items()}


def version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:10]


def start(app) -> None:
    app.llm_assets = assets()
    app.llm_parts = parts(yaml.safe_load((Path(app.srcdir) / "_toc.yml").read_text("utf-8")))
    app.llm_repository = notebooks.repository()


def parts(toc: dict) -> dict[str, str]:
    """Docname -> caption of its part."""
    return {c["file"]: part["caption"] for part in toc.get("parts", []) for c in part["chapters"]}


def page_context(
    app, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """What `theme/layout.html` needs to know about one page."""
    # docutils gives entries of a bibliography a role that ARIA has since withdrawn
    body = context["body"] = (context.get("body") or "").replace('role="doc-biblioentry"', 'role="listitem"')
    if stray := STRAY_ROLE.search(body):
        log.warning("a MyST role in the output of a cell is shown as it is: %s", stray[0], location=pagename)
    try:
        figures = [f"llm/{name}" for name in widgets.page_files(body)]
    except KeyError as error:
        raise ExtensionError(f"{pagename}: there is no widget {error}") from error
    context["body"] = states.apart(body, Path(app.outdir) / "_static" / "llm" / "states")
    context["static"] = {
        name: f"{context['pathto']('_static/' + name, 1)}?v={version(app.llm_assets[name])}"
        for name in ["book.css", "book.js", *figures]
    }
    context["uses_design"] = 'class="sd-' in body or " sd-" in body
    context["part"] = app.llm_parts.get(pagename, "")
    context["description"] = description(doctree) if doctree else ""
    context["repository"] = app.llm_repository.url
    toctree = context["toctree"](maxdepth=1, collapse=True, includehidden=True) or ""
    context["sections"] = contents(toctree, context.get("toc") or "")
    meta = app.env.metadata.get(pagename, {})
    try:
        context["teacher"] = teacher.read(meta.get("docente"), pagename)
    except ValueError as error:
        raise ExtensionError(str(error)) from error
    if "kernelspec" in meta and "cell_input" in body:
        slug = pagename.rsplit("/", 1)[-1]
        context["notebook"] = context["pathto"](f"notebooks/{slug}.ipynb", 1)
        context["colab"] = app.llm_repository.colab(slug)


def contents(toctree: str, page: str) -> str:
    """Sphinx's table of contents with the sections of the present page (its `toc`) below its own entry."""
    toctree = toctree.replace(' role="heading"', "")  # captions are paragraphs: a heading needs a level
    toctree = toctree.replace('href="#"', 'href="#" aria-current="page"')
    inner = SECTIONS.search(page)
    if not inner:
        return toctree
    return CURRENT.sub(lambda entry: entry[0].removesuffix("</li>") + inner[1] + "</li>", toctree, count=1)


def description(doctree: nodes.document) -> str:
    first = next((p.astext() for p in doctree.findall(nodes.paragraph) if len(p.astext()) > 60), "")
    text = " ".join(first.split())
    return text if len(text) <= 160 else text[:157].rsplit(" ", 1)[0] + "…"


def finish(app, exception: Exception | None) -> None:
    """Put our files beside Sphinx's, and leave out what no page loads."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    for name, data in app.llm_assets.items():
        target = static / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    (static / "fonts").mkdir(exist_ok=True)
    for font in sorted(frontend.FONTS.glob("*.woff*")):
        shutil.copy(font, static / "fonts" / font.name)
    for name, page_file in model_page.pages().items():
        target = static / "llm" / "models" / f"{name}.js"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(page_file, target)
    for name, page_file in page_collections.pages().items():
        target = static / "llm" / "collections" / f"{name}.js"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(page_file, target)
    for unused in ("basic.css", "pygments.css", "file.png", "minus.png", "plus.png", "exercise.css"):
        (static / unused).unlink(missing_ok=True)
    for unused in static.glob("mystnb.*.css"):
        unused.unlink()
    states.tidy(out, static / "llm" / "states")
    root = f"{app.config.root_doc}.html"
    title = html.escape(app.config.html_title)
    (out / "index.html").write_text(REDIRECT.format(title=title, page=root), "utf-8")
    lost = NOT_FOUND.format(title=title, colours=colours(), site=html.escape(app.llm_repository.site))
    (out / "404.html").write_text(lost, "utf-8")


def setup(app) -> dict[str, bool]:
    # Hashes that `book.build` passes: a page is read again when what it shows, or how, has changed.
    app.add_config_value("llm_results", "", "env")
    app.add_config_value("llm_book", "", "env")
    app.add_config_value(
        "comments_config", {}, ""
    )  # Jupyter Book passes it even where sphinx-comments is not used
    app.add_html_theme("llm", str(THEME))
    for module in (bibliography, folds, mathml, tables):
        module.setup(app)
    app.connect("builder-inited", start)
    app.connect("html-page-context", page_context, priority=900)
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
