"""Files of measures: as they were given, narrow enough to be read, whole or not there, and signed."""

import json

import pytest

from builders import files

RESULT = {
    "date": "2026-11-22",
    "places": list(range(300)),
    "shares": {"value": 0.5, "low": 0.4, "high": 0.6, "n": 88},
    "replies": [["q1", "seis reais. [1]", "certa"], ["q2", "O texto não diz.", None]] * 20,
    "empty": [{}, [], ""],
}


def test_a_file_says_what_it_was_given_in_lines_that_can_be_read(tmp_path):
    out = tmp_path / "new" / "medidas.json"
    files.write(out, RESULT)
    assert json.loads(out.read_text("utf-8")) == RESULT
    lines = out.read_text("utf-8").splitlines()
    assert sum(len(line) > files.WIDE + 2 for line in lines) == 1  # the row of numbers
    assert sum("q1" in line and "certa" in line for line in lines) == 20


def test_what_cannot_be_written_leaves_the_old_file(tmp_path):
    out = tmp_path / "medidas.json"
    files.write(out, RESULT)
    with pytest.raises(TypeError):
        files.write(out, {"date": object()})
    assert json.loads(out.read_text("utf-8")) == RESULT


def test_the_hash_goes_into_the_readme(tmp_path):
    out = tmp_path / "geracao.json"
    out.write_text("{}", "utf-8")
    (tmp_path / "README.md").write_text("antes\nSHA-256 de `geracao.json`: ainda não\ndepois\n", "utf-8")
    files.sign(out)
    text = (tmp_path / "README.md").read_text("utf-8")
    assert text.startswith("antes\nSHA-256 de `geracao.json`: `44136fa355b3678a")
    assert text.endswith("depois\n")
