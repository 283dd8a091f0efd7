"""BertViz in the page: its own script over the same numbers, with local libraries, only when asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from llmlib.widgets import AttentionView
from llmlib.widgets.bertviz import MARKER, BertViz, bertviz_view, template, whole
from llmlib.widgets.packed import unpack
from tests.widgets.attended import TOKENS, Traced, maps


@pytest.mark.parametrize("kind", ["head", "model"])
def test_the_template_is_bertviz_without_the_numbers(kind: str) -> None:
    markup, script, params = template(kind, 3, 5)
    assert script.count(MARKER) == 1
    assert "<script" not in markup + script
    page = whole(Traced(), kind)
    real = json.loads(re.search(r"const params = (\{.*?\}); //", page)[1])
    assert set(real) == set(params)
    for key in set(params) - {"attention", "root_div_id"}:
        assert params[key] == real[key], key
    before, after = script.split(MARKER)
    assert before.strip() in page
    assert after.lstrip(";").strip() in page


def test_the_numbers_are_those_that_bertviz_would_have() -> None:
    page = whole(Traced(), "head", digits=3)
    real = json.loads(re.search(r"const params = (\{.*?\}); //", page)[1])["attention"][0]
    widget = bertviz_view(Traced(), "head", layer=2)
    assert np.abs(np.array(real["attn"]) - unpack(widget.maps)).max() < 0.001
    assert widget.tokens[1:] == TOKENS[1:]
    assert widget.tokens[0] == "início"
    assert widget.params["layer"] == 2


def test_the_page_does_not_carry_the_script_and_a_notebook_does() -> None:
    widget = BertViz(Traced(), "model")
    assert widget.state()["parts"] == []
    assert MARKER in widget.parts[1]
    assert "</script>" not in widget.html().split('class="llm-state">')[1].split("</script>")[0]


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="head e model; veio neuron"):
        BertViz(Traced(), "neuron")
    with pytest.raises(ValueError, match="layer vai de 0 a 2"):
        BertViz(Traced(), "head", 3)
    with pytest.raises(ValueError, match="BertViz: attentions tem 8 posições"):
        BertViz(Traced(maps(), TOKENS[:4]))


def test_ours_is_smaller_than_its_own_pages() -> None:
    theirs = sum(len(whole(Traced(), kind)) for kind in ("head", "model"))
    assert len(AttentionView(Traced()).html()) < theirs / 3


@pytest.mark.parametrize("host", ["http", "disco"])
def test_both_views_open_without_another_host(host: str, opened: Callable[..., Locator]) -> None:
    from book import bertviz

    def put(static: Path) -> None:
        (static / "bertviz.js").write_text(bertviz.script(), "utf-8")

    for kind in ("head", "model"):
        root = opened(BertViz(Traced(), kind), host, spoil=put)
        assert root.locator("iframe").count() == 0  # nothing is read before it is asked for
        root.get_by_role("button", name="Abrir o BertViz").click()
        frame = root.frame_locator("iframe")
        if kind == "head":
            expect(frame.get_by_text("שלום").first).to_be_visible()
            expect(frame.get_by_text("</script>").first).to_be_visible()
            assert frame.locator("#attention line").count() == 5 * len(TOKENS) ** 2
        else:
            expect(frame.get_by_text("Layers")).to_be_visible()
            assert frame.locator(".attn_line_group, .thumbnail, line").count() > 15
        root.get_by_role("button", name="Fechar o BertViz").click()
        expect(root.locator("iframe")).to_have_count(0)


def test_a_broken_file_is_said_in_a_sentence(opened: Callable[..., Locator]) -> None:
    root = opened(BertViz(Traced(), "head"), spoil=lambda static: (static / "bertviz.js").write_text("1"))
    root.get_by_role("button", name="Abrir o BertViz").click()
    expect(root.locator(".bv-note")).to_contain_text("bertviz.js está incompleto")
