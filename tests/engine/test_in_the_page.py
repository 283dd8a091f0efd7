"""The engine's pieces in a browser, from disk: attached only when asked for, with a Worker and without."""

from __future__ import annotations

import json

import pytest
import torch
from transformers import ModernBertForMaskedLM, T5ForConditionalGeneration, XLNetLMHeadModel

from builders import bert, page, t5, xlnet
from builders.tokenizer import wrap
from llmlib import families
from llmlib.widgets import assets, page_files
from tests.engine.pages import page_file, random_model, tokenizer_data
from tests.site.conftest import chromium, visit  # noqa: F401 (fixtures)

# A widget that only hands the page's `compute` to the test.
PROBE = (
    "globalThis.llmWidgets = {probe: `export default {render({host}) {globalThis.probe = host.compute}}`};"
)
BODY = """<div class="llm-widget" data-widget="probe" data-state="recorded" data-model="mini-base">
<script type="application/json" class="llm-state">{}</script><div class="llm-fallback">antes</div></div>"""
ASK = """async ([method, params]) => {
  const events = [], plain = (v) => ArrayBuffer.isView(v) ? Array.from(v) : Array.isArray(v) ? v.map(plain)
    : v && typeof v === "object" ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, plain(x)])) : v;
  const result = plain(await probe(method, params, {onEvent: (event) => events.push(event)}));
  return {...result, events};
}"""
FILES = (
    "[...document.scripts].map((s) => s.src.split('/llm/')[1]).filter((s) => s && !s.startsWith('models'))"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory, tokenizer):
    """A page from disk with small models of four families; and the Python side of three."""
    base = tmp_path_factory.mktemp("site")
    static = base / "_static" / "llm"
    for path, content in assets().items():
        if path in ("host.js", "engine.js") or path.startswith("engine/"):
            (static / path).parent.mkdir(parents=True, exist_ok=True)
            (static / path).write_text(content, "utf-8")
    (static / "models").mkdir()
    (base / "index.html").write_text(
        f'<!doctype html><meta charset="utf-8"><title>teste</title><link rel="icon" href="data:,">{BODY}'
        f'<script>{PROBE}</script><script src="_static/llm/host.js"></script>',
        "utf-8",
    )
    wrap(tokenizer).save_pretrained(base / "tokenizer")
    torch.manual_seed(3)
    models = {}
    for name, module, dress, kind in (
        ("mini-bert", bert, bert.with_mask, ModernBertForMaskedLM),
        ("mini-t5", t5, t5.with_sentinels, T5ForConditionalGeneration),
        ("mini-xlnet", xlnet, xlnet.opening, XLNetLMHeadModel),
    ):
        dressed = dress(base / "tokenizer")
        kind(module.shape(len(dressed), 0.2)).save_pretrained(base / name)
        dressed.save_pretrained(base / name)
        (static / "models" / f"{name}.js").write_text(page.render(base / name, name), "utf-8")
        models[name] = families.load(str(base / name), device="cpu")
        models[name].model.load_state_dict(page.quantized_state(base / name), strict=False)
        models[name].model.tie_weights()
    sizes = dict(hidden_size=24, intermediate_size=32, head_dim=12, max_position_embeddings=30)
    config = dict(vocab_size=420, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, **sizes)
    file = page_file(random_model(config, 1), tokenizer_data(tokenizer), name="mini-base")
    text = f'(globalThis.llmPageFiles ??= {{}})["mini-base"] = {json.dumps(file)};'
    (static / "models" / "mini-base.js").write_text(text, "utf-8")
    return (base / "index.html").as_uri(), models


@pytest.mark.parametrize("worker", [True, False], ids=["worker", "in the page"])
def test_pieces_come_when_they_are_asked_for(site, visit, worker):  # noqa: F811
    address, models = site
    shown = visit(address, before=None if worker else "delete globalThis.Worker").page
    shown.wait_for_function("Boolean(globalThis.probe)")
    ask = lambda method, **params: shown.evaluate(ASK, [method, params])  # noqa: E731
    pieces: list[str] = []

    def came() -> list[str]:
        """The files of the engine that came since the last time."""
        new = [file for file in shown.evaluate(FILES) if file not in pieces]
        pieces.extend(new)
        return sorted(new)

    assert came() == ["host.js"]

    ask("next", text="Era")
    assert came() == ["engine.js"]
    found = shown.evaluate(
        """() => Promise.all([1, 2].map(async (lens) => {
          return (await probe("trace", {text: "Era", lens})).lens_shape;
        }))"""
    )
    T = len(ask("encode", text="Era")["tokens"]) + 1
    assert found == [[3, T, 1], [3, T, 2]]
    assert ask("config")["config"]["hidden_size"] == 24
    assert came() == ["engine/trace.js", "engine/weights.js"]

    text = "O gato <|mask|> no<|mask|>."
    for name, piece in (("mini-bert", "encoder"), ("mini-xlnet", "permutation")):
        ours, theirs = (
            ask("fill", model=name, text=text, k=3),
            models[name].compute("fill", {"text": text, "k": 3}),
        )
        assert ours["masked"] == theirs["masked"]
        assert [[t["text"] for t in row] for row in ours["top"]] == [
            [t["text"] for t in row] for row in theirs["top"]
        ]
        assert came() == [f"engine/{piece}.js"]
    ours = ask("rewrite", model="mini-t5", text="corrigir: O gato", max_new_tokens=6)
    assert ours["text"] == models["mini-t5"].rewrite("corrigir: O gato", 6)
    assert [event["token"]["id"] for event in ours["events"]] == ours["ids"]
    maps = ask("trace", model="mini-t5", text="O gato", target=[5, 6], only="cross_attentions")
    assert maps["cross_attentions_shape"][2:] == [2, len(maps["tokens"])]
    assert came() == ["engine/seq2seq.js"]
    assert len(shown.evaluate(FILES)) == len(pieces)  # none came twice
    with pytest.raises(Exception, match=r"mini-t5 não sabe next; sabe encode, rewrite, trace\."):
        ask("next", model="mini-t5", text="O")


def test_no_page_lists_a_piece_in_its_head():
    html = (
        '<div class="llm-widget" data-widget="next-token" data-state="recorded" data-model="mini-base"></div>'
    )
    assert not [name for name in page_files(html) if name.startswith("engine")]
