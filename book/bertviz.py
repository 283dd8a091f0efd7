"""BertViz in the site: its two views, and local copies of the libraries that its pages fetch elsewhere.

The libraries come from npm by lock file (`book/bertviz_node`), as the book's other front-end files do, and
are not committed. One classic script holds all of it, and a page attaches it only when the reader opens a
view. d3 is of the version that BertViz names; jQuery and require.js are newer, with known holes mended.
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from book import frontend

SOURCE = Path(__file__).parent / "bertviz_node"
NODE = frontend.BUILD / "bertviz"
LIBRARIES = ("d3/dist/d3.min.js", "jquery/dist/jquery.min.js", "requirejs/require.js")
# BertViz asks require.js for both by name: here they are, so that nothing is fetched.
NAMED = 'define("jquery", [], () => window.jQuery); define("d3", [], () => window.d3);'


def script() -> str:
    """`_static/llm/bertviz.js`: llmBertViz = {libraries: texts in order, views: {kind: [markup, script]}}.

    Made once for a lock file and a version of bertviz: importing that takes seconds.
    """
    made = hashlib.sha256((SOURCE / "package-lock.json").read_bytes() + Path(__file__).read_bytes())
    made.update(version("bertviz").encode())
    kept = NODE / f"{made.hexdigest()[:16]}.js"
    if kept.exists():
        return kept.read_text("utf-8")
    from llmlib.widgets.bertviz import KINDS, template

    frontend.install(SOURCE, NODE)
    libraries = [(NODE / "node_modules" / name).read_text("utf-8") for name in LIBRARIES] + [NAMED]
    views = {kind: list(template(kind, 1, 1)[:2]) for kind in KINDS}
    text = f"globalThis.llmBertViz = {json.dumps({'libraries': libraries, 'views': views})};\n"
    kept.write_text(text, "utf-8")
    return text
