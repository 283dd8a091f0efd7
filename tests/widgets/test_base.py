"""The base class, the escapes, the twins in Python and JavaScript, the page's assets, the kernel's side."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import traitlets

from book import frontend
from llmlib import widgets
from llmlib.engine import PIECES
from llmlib.widgets import NextToken, fallback
from llmlib.widgets.base import Widget, body, rounded, script_json
from tests.widgets.fake import FakeLM

HERE = Path(widgets.__file__).parent
HOSTILE = "</script><!-- <img src=x onerror=alert(1)> \u2028 & \ud800 avó"


def test_rounded_cuts_floats_and_takes_arrays() -> None:
    data = {"a": np.array([[1 / 3, 2.0], [3e-9, 4.0]]), 5: (float("nan"), float("inf"), True, "x", 7)}
    assert rounded(data) == {"a": [[0.33333, 2.0], [3e-9, 4.0]], "5": [None, None, True, "x", 7]}


def test_state_cannot_leave_its_script_tag() -> None:
    text = script_json({"text": HOSTILE})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"text": HOSTILE}


def test_html_escapes_text_and_state() -> None:
    html = NextToken(FakeLM(), HOSTILE).html()
    assert html.count("<script") == 1
    assert html.count("</script>") == 1
    assert "<img" not in html
    assert "<!--" not in html


def test_every_host_finds_its_form() -> None:
    data, _ = NextToken(FakeLM(), "O gato")._repr_mimebundle_()
    assert set(data) >= {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert data["text/plain"].startswith("Mais provável depois de “O gato”")


def test_a_hub_model_asks_for_no_page_file() -> None:
    lm = FakeLM()
    lm.name = "alguem/modelo-160m"
    assert 'data-model=""' in NextToken(lm, "O gato").html()


def test_instances_read_no_files_and_subclasses_do(monkeypatch: pytest.MonkeyPatch) -> None:
    first = NextToken(FakeLM(), "a")
    reads: list[Path] = []
    monkeypatch.setattr(Path, "read_text", lambda path, *_: reads.append(path) or "export default {};")
    second = NextToken(FakeLM(), "b")  # traitlets makes a subclass here
    assert reads == []
    assert first._esm == second._esm

    class Other(Widget):
        name = "next-token"

    assert {"kit.js", "next_token.js"} <= {path.name for path in reads}


def test_a_module_has_one_default_export() -> None:
    assert body("moeda", "export default { render() {} };").endswith('asWidget("moeda", widget);\n')
    with pytest.raises(ValueError, match="export default"):
        body("moeda", "const widget = {};")


def test_dark_colours_are_the_same_in_both_places() -> None:
    css = (HERE / "tokens.css").read_text("utf-8")
    light, *dark = [
        dict(re.findall(r"(--llm-[a-z]+): (#[0-9a-f]{6})", block)) for block in css.split("@media")
    ]
    assert len(dark) == 2
    assert dark[0] == dark[1]
    assert dark[0].keys() == light.keys()


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_every_colour_can_carry_text() -> None:
    css = (HERE / "tokens.css").read_text("utf-8")
    for block in css.split("@media")[:2]:
        colours = dict(re.findall(r"--llm-([a-z]+): (#[0-9a-f]{6})", block))
        paper = luminance(colours.pop("paper"))
        colours.pop("rule")  # a hairline, never the only sign
        for name, colour in colours.items():
            high, low = max(paper, luminance(colour)), min(paper, luminance(colour))
            assert (high + 0.05) / (low + 0.05) >= 4.5, name


PROBABILITIES = [
    0,
    1e-9,
    4.9e-5,
    5e-5,
    0.0031,
    0.0099,
    0.00996,
    0.01,
    0.042,
    0.0994,
    0.0996,
    0.1,
    0.225,
    0.31,
]
PROBABILITIES += [0.5, 0.725, 0.994, 0.9951, 0.9994, 0.99951, 1.0]


def in_node(expression: str) -> object:
    kit = (HERE / "kit.js").read_text("utf-8")
    script = f"{kit}\nprocess.stdout.write(JSON.stringify({expression}));"
    done = subprocess.run([frontend.node()[0], "-e", script], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_percentages_are_the_same_in_python_and_in_the_page() -> None:
    assert in_node(f"{PROBABILITIES}.map(fmtPercent)") == [fallback.percent(p) for p in PROBABILITIES]
    assert fallback.percent(0.042) == "4,2\u00a0%"
    assert fallback.percent(0.00003) == "< 0,01\u00a0%"
    assert fallback.percent(0.99951) == "> 99,9\u00a0%"


@pytest.mark.parametrize("text", [" gato", "\n", " ", "", "<|endoftext|>", "ção", "  "])
def test_tokens_are_said_the_same_in_python_and_in_the_page(text: str) -> None:
    assert in_node(f"spoken({json.dumps(text)})") == fallback.spoken(text)


def test_scales_are_the_same_in_python_and_in_the_page() -> None:
    tops = [0.01, 0.1, 0.11, 0.25, 0.4, 0.6, 0.61, 1]
    assert in_node(f"{tops}.map(ceiling)") == [fallback.ceiling(top) for top in tops]


def test_counts_are_the_same_in_python_and_in_the_page() -> None:
    numbers = [0, 7, 950, 999, 1000, 37_960, 999_499, 999_600, 1_000_448, 1_949_999, 1_951_000, 2_500_000]
    numbers += [117_300_000, 999_600_000, 1.6e9, 7.3e9, 1.6e12]
    assert in_node(f'{numbers}.map((x) => fmtCount(x, "tokens"))') == [
        fallback.count(x, "tokens") for x in numbers
    ]
    assert fallback.count(1_000_448, "tokens") == "1 milhão de tokens"
    assert fallback.count(37_960) == "38 mil"


def test_assets_are_small_classic_scripts() -> None:
    files = widgets.assets(engine="")
    texts = {f"texts/{name}.js" for name in ("historias", "dialogos", "fatos", "descricoes", "prosa")}
    scripts = {f"widgets/{name.replace('_', '-')}.js" for name in widgets.WIDGETS.values()}
    assert {name for name in files if name.endswith(".js")} >= scripts
    rest = {name for name in files if not name.startswith("widgets/")}
    pieces = {f"engine/{name}.js" for name in PIECES}
    assert rest == {"host.js", "widgets.css", "engine.js", "train.js"} | texts | pieces
    for name, text in files.items():
        assert not re.search(r"^\s*(import|export)\s", text, re.MULTILINE), name
        assert not name.endswith(".css") or "https://" not in text, name
        if name.startswith("widgets/"):
            # eight views of the whole model; a search and all that stands between a question and its answer
            most = {"widgets/machine.js": 28_000, "widgets/rag-pipeline.js": 22_000}.get(name, 20_000)
            assert compressed(text) < most, name
    assert compressed(files["host.js"]) < 10_500
    assert compressed(files["widgets.css"]) < 4_500


def compressed(text: str) -> int:
    return len(gzip.compress(text.encode()))


def figure(kind: str) -> str:
    return f'<p>a</p><div class="llm-widget" data-widget="{kind}" data-state="recorded" data-model="">b</div>'


def test_a_page_loads_the_files_of_the_widgets_it_shows() -> None:
    assert widgets.page_files('<p data-widget="quiz">class="llm-widget"</p>') == []
    assert widgets.page_files(figure("quiz") + figure("quiz")) == [
        "widgets.css",
        "widgets/quiz.css",
        "widgets/quiz.js",
        "host.js",
    ]
    borrowed = widgets.page_files(figure("adoption") + figure("quiz"))
    assert [name for name in borrowed if name.endswith(".css")] == [
        "widgets.css",
        "widgets/adoption.css",
        "widgets/quiz.css",
        "widgets/timeline.css",
    ]
    assert "widgets/timeline.js" not in borrowed
    assert set(borrowed) <= set(widgets.assets(engine=""))
    with pytest.raises(KeyError, match="nada"):
        widgets.page_files(figure("nada"))


@pytest.mark.parametrize("stem", sorted(set(widgets.WIDGETS.values())))
def test_a_widget_wears_only_the_sheets_that_it_names(stem: str) -> None:
    """Alone in a notebook, or on a page without the others, it must look the same."""
    from llmlib.widgets.base import COMMON, sheets

    def classes(sheet: Path) -> set[str]:
        text = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL)
        return set(re.findall(r"\.([a-z][\w-]*)", text))

    own = set().union(*(classes(HERE / f"{name}.css") for name in [*COMMON, *sheets(stem)]))
    foreign = set().union(*map(classes, HERE.glob("*.css"))) - own
    sources = [HERE / f"{stem}.js", HERE / f"{stem}.py", *HERE.glob(f"{stem}.*.js")]
    words = {
        word
        for source in sources
        for string in re.findall(r"""["'`]([^"'`]*)["'`]""", source.read_text("utf-8"))
        for word in string.split()
    }
    assert words & foreign == set()


def test_the_text_is_never_set_as_html() -> None:
    for path in HERE.glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", path.read_text("utf-8")
        ), path


# ---- the kernel's side


class Echo(Widget):
    name = "next-token"
    words = traitlets.List().tag(sync=True)


def apart(call: Callable[[], object]) -> object:
    """Runs in a thread of its own: playwright's loop, if another test started it, is not the kernel's."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


def answers(widget: Widget, message: dict) -> list[dict]:
    sent: list[dict] = []
    widget.send = lambda content, buffers=None: sent.append(content)
    apart(lambda: widget._receive(widget, message, []))
    return sent


def test_a_question_to_the_kernel_is_answered() -> None:
    widget = NextToken(FakeLM(), "O gato")
    assert widget.live
    (answer,) = answers(widget, {"id": "7", "method": "next", "params": {"text": "Era", "k": 2}})
    assert answer["id"] == "7"
    assert [each["text"] for each in answer["result"]["tokens"]] == ["Era"]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ValueError("O texto está vazio.\nmais"), "O texto está vazio."),
        (KeyError("x"), "O cálculo falhou no Python (KeyError: 'x'). Execute a célula de novo."),
    ],
)
def test_an_error_becomes_one_sentence(error: Exception, sentence: str) -> None:
    def compute(method: str, params: dict) -> dict:
        raise error

    assert answers(Echo(compute), {"id": 1, "method": "next"}) == [{"id": 1, "error": sentence}]


def test_no_model_is_said() -> None:
    (answer,) = answers(Echo(), {"id": 1, "method": "next"})
    assert "não há modelo" in answer["error"]


def test_events_stream_and_the_result_comes_last() -> None:
    def compute(method: str, params: dict):
        yield {"token": 1}
        yield {"token": 2}
        return {"reason": "length"}

    sent = answers(Echo(compute), {"id": 1, "method": "generate"})
    assert sent == [
        {"id": 1, "event": {"token": 1}},
        {"id": 1, "event": {"token": 2}},
        {"id": 1, "result": {"reason": "length"}},
    ]


def test_a_cancellation_is_heard_between_tokens() -> None:
    closed = []

    def compute(method: str, params: dict):
        try:
            for token in range(10_000):
                yield {"token": token}
        finally:
            closed.append(True)

    async def session() -> list[dict]:
        widget, sent = Echo(compute), []
        widget.send = lambda content, buffers=None: sent.append(content)
        widget._receive(widget, {"id": 1, "method": "generate"}, [])
        while len(sent) < 3:
            await asyncio.sleep(0)
        widget._receive(widget, {"cancel": 1}, [])
        await asyncio.gather(*widget._tasks)
        return sent

    sent = apart(lambda: asyncio.run(session()))
    assert sent[-1] == {"id": 1, "result": {"reason": "cancelled"}}
    assert len(sent) < 10
    assert closed == [True]


def test_shares_are_the_same_in_python_and_in_the_page() -> None:
    from llmlib.measure import share

    cases = [(0, 20), (20, 20), (7, 12), (1, 3)]
    made = in_node(f"{[list(case) for case in cases]}.map(([hits, n]) => shareOf(hits, n))")
    for case, got in zip(cases, made, strict=True):
        assert [got["p"], got["low"], got["high"]] == pytest.approx(list(share(*case)))
