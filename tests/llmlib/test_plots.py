"""Figures: colours from the style sheet, text that is text, numbers in Portuguese, contrast on both pages."""

import re
import xml.dom.minidom

import numpy as np
import pytest

from llmlib import plots

HOSTILE = [" A", "</script>", "<img src=x onerror=alert(1)>", "$x$", "\n", "<|endoftext|>"]


def luminance(colour):
    values = np.array(list(bytes.fromhex(colour[1:]))) / 255
    linear = np.where(values <= 0.03928, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(a, b):
    high, low = sorted([luminance(a), luminance(b)], reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_are_read_by_name_light_then_dark():
    css = ":root {\n --llm-prob: #0069A8;\n--llm-only: #123456; }\nhtml { --llm-prob: #62b8ef; --x: #fff; }"
    assert plots.read_colours(css) == {"prob": ("#0069a8", "#62b8ef"), "only": ("#123456", "#123456")}


def test_every_tone_differs_and_shows_on_both_pages():
    light, dark = plots.read_colours(plots.TOKENS.read_text("utf-8"))["paper"]
    tones = plots.colours()
    assert len(set(tones.values())) == len(tones)
    for name, tone in tones.items():
        if name not in {"paper", "rule"}:  # the page itself, and hairlines that carry no message
            assert contrast(tone, light) >= 3, name
            assert contrast(tone, dark) >= 3, name


FIGURES = {
    "bars": lambda: plots.bars(HOSTILE, [0.5, 0.231, 0.1, 0.05, 0.0071, 0.00001], "Próximo token"),
    "lines": lambda: plots.lines([0, 1, 2.5], {"um": [1, 2, 3], "dois": [3, 2.9, 3.01]}, "x", "y"),
    "loss": lambda: plots.loss_curve([0, 1e6, 2e6], [7.1, 2.5, 1.25], [7.0, 2.6, float("nan")]),
    "attention": lambda: plots.attention_map(np.tril(np.ones((6, 6))) / np.arange(1, 7)[:, None], HOSTILE),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_one_safe_svg_in_the_colours_of_the_page(name):
    plot = FIGURES[name]()
    page = plot._repr_html_()
    root = xml.dom.minidom.parseString(plot.svg()).documentElement
    assert root.getAttribute("role") == "img"
    assert root.getAttribute("aria-label") == plot.summary
    assert "<img" not in page
    assert "<script" not in page
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", page)
    drawn = re.sub(r"var\([^)]*\)", "", page)
    stray = set(re.findall(r"#[0-9a-f]{6}\b", drawn)) - {"#ffffff"}
    assert not stray
    assert page.count("<text") == len(re.findall(r"<text[^>]*fill: var\(--llm-", page))
    assert "<style" not in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:url\(|href=")#([\w-]+)', page)) == set(ids)
    assert page == FIGURES[name]()._repr_html_()  # the same at every build
    assert repr(plot) == plot.summary


def texts(plot):
    svg = xml.dom.minidom.parseString(plot.svg())
    return [
        "".join(n.data for n in t.childNodes if n.nodeType == n.TEXT_NODE)
        for t in svg.getElementsByTagName("text")
    ]


def test_bars_show_tokens_as_they_are_and_exact_numbers():
    plot = FIGURES["bars"]()
    found = texts(plot)
    for word in ["·A", "</script>", "$x$", "↵", "fim do texto", "50\u00a0%", "23\u00a0%", "0,71\u00a0%"]:
        assert word in found
    assert plot.summary == "Próximo token. Mais provável: “·A”, 50\u00a0%."
    widths = [patch.get_width() for patch in plot.axes.patches]
    assert widths == [0.5, 0.231, 0.1, 0.05, 0.0071, 0.00001]


def test_lines_are_named_at_their_ends_without_a_legend_and_apart():
    plot = FIGURES["lines"]()
    assert plot.axes.get_legend() is None
    names = {t.get_text(): t.xy for t in plot.axes.texts}
    assert names["um"][0] == names["dois"][0] == 2.5
    assert abs(names["um"][1] - names["dois"][1]) > 0.1
    assert len({line.get_linestyle() for line in plot.axes.lines}) == 2
    assert plot.summary == "y. um: de 1,00 a 3,00; dois: de 3,00 a 3,01."
    assert "0,5" in texts(plot)


def test_ticks_say_as_little_as_they_need():
    said = [plots._tick(value) for value in (0, 2, 0.25, 0.1 + 0.2, 3e6, 2.5e6, 1500, -0.5)]
    assert said == ["0", "2", "0,25", "0,3", "3 milhões", "2,5 milhões", "1.500", "−0,5"]


def test_a_curve_skips_what_was_not_measured():
    plot = FIGURES["loss"]()
    assert plot.axes.lines[1].get_xdata().tolist() == [0, 1e6]
    assert plot.summary.endswith("treino: de 7,10 a 1,25; validação: de 7,00 a 2,60.")
    with pytest.raises(ValueError, match="nenhum número"):
        plots.lines([0, 1], {"a": [float("nan")] * 2})


def test_attention_cells_are_as_strong_as_the_weights():
    weights = np.array([[1, 0, 0], [0.25, 0.75, 0], [0.001, 0.9, 0.099]])
    plot = plots.attention_map(weights, ["a", "b", "c"])
    cells = {(round(p.get_y() + 0.5), round(p.get_x() + 0.5)): p.get_alpha() for p in plot.axes.patches}
    assert cells == {(0, 0): 1, (1, 0): 0.25, (1, 1): 0.75, (2, 1): 0.9, (2, 2): 0.099}
    assert "“c” olha para “b” com 90" in plot.summary


def test_wrong_sizes_are_named():
    with pytest.raises(ValueError, match="uma probabilidade por token"):
        plots.bars(["a"], [0.5, 0.5])
    with pytest.raises(ValueError, match="“b” tem 2 valores, mas x tem 3"):
        plots.lines([1, 2, 3], {"a": [1, 2, 3], "b": [1, 2]})
    with pytest.raises(ValueError, match=r"\(2, 2\)"):
        plots.attention_map(np.eye(3), ["a", "b"])
