"""A table stands in a box of its own, which scrolls sideways where the screen is narrower than the table.

The table keeps the width that its words want; without the box a phone would press each column to one word.
Says nothing of how a table looks (`style/content.css`).
"""

from __future__ import annotations

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform


class WrapTables(SphinxPostTransform):
    """Put every table of a page, written or made by a cell, into `<div class="table-wrap">`."""

    default_priority = 202  # after MyST-NB has chosen among the forms of an output
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for table in list(self.document.findall(nodes.table)):
            box = nodes.container(classes=["table-wrap"])
            table.replace_self(box)
            box += table


def setup(app) -> None:
    """Register with Sphinx."""
    app.add_post_transform(WrapTables)
