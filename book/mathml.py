"""Formulas become MathML when the book is built: no script in the page, nothing to wait for, readable by all.

Temml translates TeX; one Node process serves all new formulas of a build, and what it answered is kept in
`build/cache/mathml.json`. Does not number equations across pages: Sphinx does.
"""

from __future__ import annotations

import contextlib
import hashlib
import html
import json
import re
import subprocess
from collections.abc import Iterable

from docutils import nodes
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from book import frontend

log = logging.getLogger(__name__)
CACHE = frontend.BUILD / "cache" / "mathml.json"
# `\argmax` and friends, with limits below; names in Portuguese where Portuguese has them.
MACROS = {"\\softmax": "\\operatorname{softmax}", "\\argmax": "\\operatorname*{arg\\,max}"}
ACCENTED_NAME = re.compile(r"(\\operatorname\*?)\{([^{}\\]*[^\x00-\x7f{}\\][^{}\\]*)\}")
SCRIPT = """
const temml = require(process.argv[1]);
const {formulas, macros} = JSON.parse(require('fs').readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(formulas.map(([tex, displayMode]) => {
  try { return {mathml: temml.renderToString(tex, {displayMode, macros: {...macros}, throwOnError: true})}; }
  catch (error) { return {error: error.message}; }
})));
"""


def translate(formulas: Iterable[tuple[str, bool]]) -> list[dict[str, str]]:
    """[(TeX, displayed?)] -> [{"mathml": …} or {"error": …}], by one Node process."""
    program, _ = frontend.node()
    temml = frontend.NODE / "node_modules" / "temml" / "dist" / "temml.cjs"
    # In a name such as Atenção the accents must come as text: math mode would pile them up.
    whole = [(ACCENTED_NAME.sub(r"\1{\\text{\2}}", tex), display) for tex, display in formulas]
    request = json.dumps({"formulas": whole, "macros": MACROS})
    run = subprocess.run([program, "-e", SCRIPT, str(temml)], input=request, capture_output=True, text=True)
    if run.returncode != 0:
        raise RuntimeError(f"temml failed: {run.stderr.strip()}")
    return json.loads(run.stdout)


class Formulas:
    """The formulas of the book, translated or about to be."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, str]] = {}
        with contextlib.suppress(OSError, ValueError):  # nothing kept yet, or half a file: translate again
            self.known = json.loads(CACHE.read_text("utf-8"))

    @staticmethod
    def key(tex: str, display: bool) -> str:
        stamp = frontend.FONTS / ".stamp"  # changes with the version of temml
        text = json.dumps(
            [tex, display, MACROS, ACCENTED_NAME.pattern, SCRIPT, stamp.read_text() if stamp.exists() else ""]
        )
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    def learn(self, formulas: Iterable[tuple[str, bool]]) -> None:
        new = {self.key(*each): each for each in formulas if self.key(*each) not in self.known}
        if not new:
            return
        self.known.update(zip(new, translate(new.values()), strict=True))
        CACHE.parent.mkdir(parents=True, exist_ok=True)
        draft = CACHE.with_suffix(".tmp")
        good = {key: each for key, each in self.known.items() if "error" not in each}
        draft.write_text(json.dumps(good, ensure_ascii=False), "utf-8")
        draft.replace(CACHE)

    def mathml(self, tex: str, display: bool, where: nodes.Node) -> str:
        self.learn([(tex, display)])
        found = self.known[self.key(tex, display)]
        if "error" in found:
            log.warning("formula not understood: %s: %s", tex, found["error"], location=where)
            return f"<code>{html.escape(tex)}</code>"
        return found["mathml"]


formulas = Formulas()


def is_aligned(tex: str) -> bool:
    return "\\begin{" not in tex and "\\\\" in tex


def displayed(tex: str) -> str:
    """What Sphinx's other renderers do: several lines at once are aligned."""
    return f"\\begin{{aligned}}{tex}\\end{{aligned}}" if is_aligned(tex) else tex


def learn_all(app) -> None:
    """Before pages are written: collect every formula of every page that was read, in one go."""
    found = []
    for docname in app.env.found_docs:
        doctree = app.env.get_doctree(docname)
        found += [(node.astext(), False) for node in doctree.findall(nodes.math)]
        found += [(displayed(node.astext()), True) for node in doctree.findall(nodes.math_block)]
    formulas.learn(found)


def visit_inline(self, node: nodes.math) -> None:
    self.body.append(f'<span class="math">{formulas.mathml(node.astext(), False, node)}</span>')
    raise nodes.SkipNode


def visit_block(self, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math-block", tabindex="0", role="group"))
    self.body.append(formulas.mathml(displayed(node.astext()), True, node))
    if node.get("number"):
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link para esta equação")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app) -> None:
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    app.connect("write-started", lambda app, builder: learn_all(app))
