"""Skip: leave a notebook cell with one sentence, and let the notebook go on.

Some cells need what this machine may lack (the network, a graphics card). Raising `Skip` inside such a cell
shows its sentence in place of the result, and counts the cell as done: "Run all" continues, and the book
builds. Outside IPython it is an ordinary exception. What follows in the same cell does not run, so a cell
that may be skipped must keep together what depends on it.
"""

import html
import sys


class Skip(Exception):
    """Raise it with one Portuguese sentence: what is missing, and what to do."""

    def __init__(self, sentence: str):
        super().__init__(sentence)
        if "IPython" in sys.modules:
            _install(sys.modules["IPython"].get_ipython())

    def _render_traceback_(self) -> list[str]:
        """What IPython shows if something else handles the exception: the sentence, no traceback."""
        return [str(self)]


def _install(shell: object) -> None:
    """Teach this IPython, once, to show a Skip as an output and to report the cell as done."""
    if shell is None or Skip in shell.custom_exceptions:
        return

    def show(shell, kind, error, traceback, tb_offset=None):
        from IPython.display import display

        sentence = str(error)
        page = f'<p class="llm-skip" role="note">{html.escape(sentence)}</p>'
        display({"text/plain": sentence, "text/html": page}, raw=True)

    def done(result):
        if isinstance(result.error_in_exec, Skip):
            result.error_in_exec = None

    shell.set_custom_exc((Skip,), show)
    shell.events.register("post_run_cell", done)
