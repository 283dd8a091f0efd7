"""Small parts of the book: formulas, the teacher's notes, folded titles, the server."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import urllib.request
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from book import folds, frontend, mathml, serve, teacher

NOTES = {
    "minutos": {"leitura": 20, "exercícios": 15},
    "antes": "Nada.",
    "perguntas": ["Por quê?", "Como?"],
    "ideia_errada": "O modelo *sabe*.",
    "figura": "A primeira.",
}


@pytest.fixture(scope="module", autouse=True)
def _front_end() -> None:
    frontend.prepare()


def test_formulas_translate_and_complain() -> None:
    good, aligned, name, bad = mathml.translate(
        [
            (r"\softmax(z)_i = \frac{e^{z_i}}{\sum_j e^{z_j}}", True),
            (mathml.displayed(r"a &= b \\ &= c"), True),
            (r"\operatorname{Atenção}(Q)", False),
            (r"\frac{a", False),
        ]
    )
    assert "<mfrac>" in good["mathml"]
    assert 'display="block"' in good["mathml"]
    assert aligned["mathml"].count("<mtr>") == 2
    assert "<mi>Atenção</mi>" in name["mathml"]
    assert "mathml" not in bad
    assert bad["error"]


def test_a_formula_is_text_in_the_page() -> None:
    (found,) = mathml.translate([(r"\text{<img src=x onerror=alert(1)>}", False)])
    assert "<img" not in found["mathml"]


def test_teachers_notes() -> None:
    notes = teacher.read(json.dumps(NOTES), "p")
    assert notes.total == 35
    assert dict(notes.html_rows())["A ideia errada de sempre"] == "O modelo <em>sabe</em>."
    assert teacher.read(None, "p") is None


@pytest.mark.parametrize("wrong", [{"figura": None}, {"extra": 1}])
def test_teachers_notes_are_whole_or_refused(wrong: dict) -> None:
    data = {key: value for key, value in (NOTES | wrong).items() if value is not None}
    with pytest.raises(ValueError, match=f"pagina: .*{next(iter(wrong))}"):
        teacher.read(data, "pagina")


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("# O laço da biblioteca.\nx = 1", "Código: o laço da biblioteca"),
        ("# LLM e GPT\nx", "Código: LLM e GPT"),
        ("x = 1  # Nada", "padrão"),
        ("#!magia", "padrão"),
    ],
)
def test_code_title(source: str, title: str) -> None:
    assert folds.code_title(source, "padrão") == title


def test_watching_sees_every_kind_of_change(tmp_path: Path) -> None:
    (tmp_path / "chapters").mkdir()
    page = tmp_path / "chapters" / "a.md"
    page.write_text("a")
    (tmp_path / "_toc.yml").write_text("x")
    (tmp_path / "fora.txt").write_text("x")
    before = serve.snapshot(tmp_path)
    assert {path.name for path in before} == {"a.md", "_toc.yml"}
    page.write_text("ab")
    (tmp_path / "chapters" / "b.md").write_text("b")
    (tmp_path / "_toc.yml").unlink()
    assert serve.changed(before, serve.snapshot(tmp_path)) == ["_toc.yml", "a.md", "b.md"]


def test_the_server_adds_reloading_and_touches_no_file(tmp_path: Path) -> None:
    page = "<html><body><h1>Oi é</h1></body></html>"
    (tmp_path / "index.html").write_text(page, "utf-8")
    (tmp_path / "a.js").write_text("1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(serve.Handler, directory=tmp_path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ask = lambda path: urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}", timeout=10)  # noqa: E731
    try:
        sent = ask("/").read().decode()
        assert "Oi é" in sent
        assert "/.version" in sent
        assert ask("/a.js").read() == b"1"
        assert ask("/.version").read() == b"0"
        assert ask("/").headers["Cache-Control"] == "no-store"
    finally:
        server.shutdown()
    assert (tmp_path / "index.html").read_text("utf-8") == page


def test_a_busy_port_is_one_sentence() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])
        run = subprocess.run(
            [sys.executable, "-m", "book.serve", "--port", port], capture_output=True, text=True
        )
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert f"Port {port} is not free" in run.stderr
