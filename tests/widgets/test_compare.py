"""Compare: the table that travels says what the n-gram says, here and in the page; the other side is live."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from llmlib.data import corpus, model_path
from llmlib.scratch.ngram import NGram
from llmlib.widgets import Compare
from llmlib.widgets.compare import base36, pack, unpack
from tests.widgets.fake import FakeLM, tokens

TEXTS = [
    "O gato subiu no telhado e dormiu no telhado",
    "O gato subiu no muro e o gato viu um rato",
    "A menina viu um muro no muro </script>",
]
V = 2100


def counted(texts: list[str] = TEXTS) -> tuple[NGram, list[str]]:
    """An n-gram over the fake's ids, and the text of each id."""
    vocabulary = [f"⟨{i}⟩" for i in range(V)]
    documents = [[0] + [token["id"] for token in tokens(text)] for text in texts]
    for text in texts:
        for token in tokens(text):
            vocabulary[token["id"]] = token["text"]
    return NGram(4, V).fit(documents), vocabulary


def figure(memory: int = 2, **options: object) -> Compare:
    ngram, vocabulary = counted()
    return Compare(FakeLM(), ngram, vocabulary, ["O gato", "A menina viu", "nunca vistos"], memory, **options)


@pytest.mark.parametrize("number", [0, 1, 9, 10, 35, 36, 1295, 1296, 99999])
def test_base36_is_what_javascript_reads(number: int) -> None:
    assert int(base36(number), 36) == number


def test_the_table_says_what_the_ngram_says() -> None:
    ngram, _ = counted()
    for memory in range(4):
        table = unpack(pack(ngram, memory, limit=1000))
        assert set(table) == set(ngram.followers[memory])
        for context, (seen, row) in table.items():
            p = ngram.probabilities(context)
            assert seen == ngram.followers[memory][context].total()
            assert [i for i, _ in row] == np.argsort(-p, kind="stable")[: len(row)].tolist()
            assert all(share == pytest.approx(p[i], abs=5e-4) for i, share in row)


def test_only_the_most_frequent_contexts_travel() -> None:
    ngram, _ = counted()
    kept = unpack(pack(ngram, 1, limit=3))
    assert len(kept) == 3
    least = min(seen for seen, _ in kept.values())
    assert all(after.total() <= least for context, after in ngram.followers[1].items() if context not in kept)


def test_what_was_never_seen_backs_off() -> None:
    widget = figure(memory=3)
    gato = [t["id"] for t in tokens("O gato")]
    size, seen, _ = widget.looked_up(gato, 3)
    assert (size, seen) == (3, 2)  # start, "O", " gato": two of the texts begin so
    assert widget.looked_up([7, 8, 9], 3)[0] == 0
    assert widget.looked_up([*gato, 9, gato[1]], 3)[0] == 1


@pytest.mark.parametrize("wrong", [{"memory": 4}, {"memory": -1}, {"limits": (1, 2)}])
def test_wrong_arguments_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        figure(**wrong)


def test_no_prompt_is_refused() -> None:
    ngram, vocabulary = counted()
    with pytest.raises(ValueError, match="prompts"):
        Compare(FakeLM(), ngram, vocabulary, [])


def test_the_real_table_is_under_150_kb() -> None:
    """Over the bundled corpus and tokenizer, as the chapter makes it."""
    tokenizer = pytest.importorskip("tokenizers").Tokenizer.from_file(
        str(model_path("mini-base") / "tokenizer.json")
    )
    size = tokenizer.get_vocab_size()
    vocabulary = [tokenizer.decode([i], skip_special_tokens=False) for i in range(size)]
    documents = [[0, *each.ids] for each in tokenizer.encode_batch(corpus("mini"), add_special_tokens=False)]
    widget = Compare(FakeLM(), NGram(4, size).fit(documents), vocabulary, ["O gato"])
    assert len(gzip.compress(widget.html().encode())) < 150_000


def bars(widget: Locator, side: int) -> list[tuple[str, str]]:
    rows = widget.locator(".cmp-sides > div").nth(side).locator(".llm-bar:not(.llm-rest)")
    return list(
        zip(
            rows.locator(".llm-bar-token").all_inner_texts(),
            rows.locator(".llm-number").all_inner_texts(),
            strict=True,
        )
    )


def visible(text: str) -> str:
    return text.replace(" ", "·")


@pytest.mark.parametrize("host", ["http", "disco"])
@pytest.mark.parametrize("size", ["celular", "mesa"])
def test_both_sides_answer_what_is_typed(opened: Callable[..., Locator], host: str, size: str) -> None:
    widget = opened(figure(), host, size=size)
    page = widget.visited.page
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    before = bars(widget, 1)
    widget.locator("textarea[name=text]").fill("A menina viu um muro")
    expect(widget).to_have_attribute("data-state", "live")
    expect(widget.locator(".cmp-seen")).to_have_count(2)
    assert bars(widget, 1) != before
    ids = [token["id"] for token in tokens("A menina viu um muro")]
    expected = figure().looked_up(ids, 2)[2]
    assert [text for text, _ in bars(widget, 0)] == [visible(row["text"]) for row in expected]


def test_the_page_looks_up_as_python_does(opened: Callable[..., Locator]) -> None:
    python, widget = figure(), opened(figure())
    rng, words = random.Random(5), " ".join(TEXTS).split()
    field, slider = widget.locator("textarea[name=text]"), widget.locator("input[name=memory]")
    for _ in range(12):
        text = " ".join(rng.choices(words, k=rng.randint(1, 6)))
        memory = rng.randint(0, 3)
        field.fill(text)
        slider.evaluate(
            "(node, v) => { node.value = v; node.dispatchEvent(new Event('input')); }", str(memory)
        )
        expect(widget.locator(".llm-token")).to_have_count(len(tokens(text)))
        size, seen, rows = python.looked_up([token["id"] for token in tokens(text)], memory)
        marked = min(size, len(tokens(text)))
        expect(widget.locator(".cmp-seen")).to_have_count(marked)
        first = widget.locator(".cmp-sides > div").first.locator(".llm-bar-token").first
        expect(first).to_have_text(visible(rows[0]["text"]))
        note = widget.locator(".cmp-sides > div").first.locator(".cmp-note").inner_text()
        assert ("Não olha o texto" in note) == (size == 0)
        assert size == 0 or f"{seen} vez" in note


def test_a_recorded_prompt_needs_no_model(opened: Callable[..., Locator]) -> None:
    widget = opened(figure(), spoil=lambda static: (static / "models" / "mini-base.js").unlink())
    assert bars(widget, 0)
    widget.get_by_role("button", name="A menina viu").click()
    answer = FakeLM().next("A menina viu", k=6)["top"]
    assert bars(widget, 1)[0][0] == visible(answer[0]["text"])
    expect(widget.locator(".llm-token")).to_have_count(3)
    widget.page.wait_for_timeout(300)  # longer than the pause after which a typed text asks the model
    expect(widget).to_have_attribute("data-state", "recorded")


def test_state_is_only_text() -> None:
    html = figure().html()
    assert html.count("</script>") == 1
    state = html.split('class="llm-state">')[1].split("</script>")[0]
    assert " </script>" in json.loads(state)["vocabulary"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(opened: Callable[..., Locator], axe: str, theme: str) -> None:
    widget = opened(figure(), theme=theme, bypass_csp=True)
    page = widget.visited.page
    page.evaluate(axe)
    found = page.evaluate("axe.run('.llm-widget', {resultTypes: ['violations']})")["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:120]) for each in found] == []
