"""A skipped cell, in a real kernel: its sentence is shown, it counts as done, and the notebook goes on."""

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from llmlib.skip import Skip

SENTENCE = "Sem <rede> agora; esta célula foi pulada."


def execute(*cells):
    """Outputs of each cell, run as a book or "Run all" would."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return [cell.outputs for cell in notebook.cells]


def test_the_notebook_goes_on():
    skipping = f"from llmlib.skip import Skip\nprint('antes')\nraise Skip({SENTENCE!r})\nprint('nunca')"
    first, second, third = execute(skipping, "print('depois')", skipping)
    assert [out.output_type for out in first] == ["stream", "display_data"]
    assert first[0].text == "antes\n"
    assert first[1].data["text/plain"] == SENTENCE
    assert "<rede>" not in first[1].data["text/html"]
    assert second[0].text == "depois\n"
    assert third[1].data["text/plain"] == SENTENCE


def test_other_errors_still_stop_it():
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        execute("from llmlib.skip import Skip\ntry:\n    raise Skip('x')\nexcept Skip:\n    pass\n1 / 0")


def test_a_hub_out_of_reach_skips_the_cell():
    code = "import os\nos.environ['HF_HUB_OFFLINE'] = '1'\nfrom llmlib import load\nload('dono/modelo')"
    first, second = execute(code, "print('depois')")
    assert "dono/modelo" in first[-1].data["text/plain"]
    assert second[0].text == "depois\n"


def test_outside_a_notebook_it_is_an_exception():
    with pytest.raises(Skip, match="pulada"):
        raise Skip(SENTENCE)
    assert Skip(SENTENCE)._render_traceback_() == [SENTENCE]
