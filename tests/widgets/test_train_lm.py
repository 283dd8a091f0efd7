"""TrainLM: the recorded run, and real training in a browser: start, pause, stop, bad input, divergence."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Route, expect

from llmlib.data import corpus
from llmlib.widgets import TrainLM, assets
from llmlib.widgets.train_lm import SLICES, slice_of
from tests.widgets.fake_trainer import compute
from tests.widgets.samples import SAMPLES

NOTICE = ".tlm-notice"


def real(folder: Path) -> None:
    """Puts the real engine where the fake one was."""
    (folder / "engine.js").write_text(assets()["engine.js"], "utf-8")


@pytest.fixture
def trained(opened: Callable[..., Locator]) -> Callable[..., Locator]:
    """trained(…) → the sample widget in a page that can really train."""

    def go(host: str = "http", widget: TrainLM | None = None, **options: object) -> Locator:
        return opened(widget or small(), host, spoil=real, **options)

    return go


def small(**changes: object) -> TrainLM:
    """A model so small that a busy machine trains it in a moment."""
    sizes = {"layers": 1, "hidden_size": 32, "batch": 4, "context": 16, "steps": 100, "live_steps": 100}
    return TrainLM("fatos", **{**sizes, "every": 20, "compute": compute, **changes})


def press(root: Locator, name: str) -> None:
    root.get_by_role("button", name=name, exact=True).click()


def step(root: Locator) -> int:
    """The step that the figure says it is at."""
    text = root.locator(".tlm-controls .tlm-progress").inner_text()
    found = re.match(r"passo ([\d.]+) de", text)
    return int(found[1].replace(".", "")) if found else -1


def wait_past(root: Locator, at: int) -> None:
    """Until the figure says a later step than `at`."""
    root.page.wait_for_function(
        """at => {
          const text = document.querySelector('.tlm-controls p').textContent;
          return +(/^passo ([0-9.]+)/.exec(text)?.[1] ?? '0').replaceAll('.', '') > at;
        }""",
        arg=at,
    )


# ---- Python's side


def test_the_recording_is_a_real_run() -> None:
    widget = TrainLM("fatos", layers=1, hidden_size=16, batch=2, context=8, steps=30, every=10)
    losses, start = widget.recording["losses"], widget.recording["start"]
    assert len(losses) == 30
    assert losses[0] == pytest.approx(start["uniform"], abs=0.2)
    assert sum(losses[-5:]) < sum(losses[:5])
    assert [at for at, _ in widget.recording["samples"]] == [0, 10, 20, 30]
    assert start["characters"] == pytest.approx(len(slice_of("fatos")), abs=20)
    assert widget.corpus == "fatos"
    assert widget.text == ""
    assert "nats por caractere" in widget.summary()


def test_a_text_of_the_author_travels_with_the_widget() -> None:
    text = "Quem não tem cão caça com gato. " * 40
    widget = TrainLM(text, compute=compute)
    assert (widget.corpus, widget.text) == ("", text)


def test_slices_are_small_and_come_from_the_training_part() -> None:
    held_out = set(corpus(split="valid"))
    for name, (kind, _) in SLICES.items():
        text = slice_of(name)
        assert 50_000 < len(text) <= 150_000
        assert corpus(kind=kind)[0] in text
        assert not any(each in text for each in held_out if len(each) > 200)
    with pytest.raises(ValueError, match="Existem: historias, dialogos, fatos, descricoes"):
        slice_of("poemas")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"steps": 0}, "steps vai de 1 a 20000; veio 0"),
        ({"layers": 9}, "O número de camadas vai de 1 a 6; veio 9"),
        ({"text": "curto"}, "O texto tem 5 caracteres"),
    ],
)
def test_it_refuses_what_it_cannot_train(wrong: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        TrainLM(**wrong)


def test_the_fallback_tells_the_run() -> None:
    html = small().html()
    assert 'data-model="" data-trains' in html
    assert "Texto do passo 100: &lt;b&gt;negrito" in html
    assert "<b>" not in html


# ---- in the page


@pytest.mark.parametrize("size", ["celular", "mesa"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_recording_is_drawn_with_nothing_loaded(
    size: str, theme: str, opened: Callable[..., Locator]
) -> None:
    root = opened(SAMPLES["train-lm"](), size=size, theme=theme)
    expect(root).to_have_attribute("data-state", "recorded")
    expect(root.locator(".tlm-sample")).to_contain_text("Texto do passo 400: <b>negrito</b>")
    expect(root.locator(".tlm-plot")).to_contain_text("às cegas 3,69")
    expect(root.locator(".tlm-plot")).to_have_attribute("aria-label", re.compile("na prova, 1,80"))
    root.locator(".tlm-time input").fill("0")
    expect(root.locator(".tlm-sample")).to_contain_text("Texto do passo 0:")
    expect(root.locator(".tlm-cursor")).to_have_count(1)
    assert not root.page.evaluate("'llmTrain' in globalThis || 'llmTexts' in globalThis")
    assert root.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("host", ["http", "disco"])
def test_it_trains_pauses_goes_on_and_stops(host: str, trained: Callable[..., Locator]) -> None:
    root = trained(host, small(live_steps=4000, every=20))
    press(root, "Treinar")
    expect(root).to_have_attribute("data-state", "live")
    expect(root.locator(".llm-under")).not_to_contain_text("1.200 caracteres")
    wait_past(root, 0)
    expect(root.locator("select[name=layers]")).to_be_disabled()
    press(root, "Pausar")
    expect(root.get_by_role("button", name="Continuar", exact=True)).to_be_enabled()
    at = step(root)
    root.page.wait_for_timeout(400)
    assert step(root) == at
    press(root, "Continuar")
    wait_past(root, at)
    press(root, "Parar")
    expect(root.get_by_role("button", name="Treinar", exact=True)).to_be_enabled()
    expect(root.locator("select[name=layers]")).to_be_enabled()
    assert not root.page.evaluate("'llmPageFiles' in globalThis")  # no model was loaded for it


def test_it_learns_and_samples_as_it_goes(trained: Callable[..., Locator]) -> None:
    root = trained()
    press(root, "Treinar")
    expect(root.get_by_role("button", name="Continuar", exact=True)).to_be_visible(timeout=60_000)
    assert step(root) == 100
    expect(root.locator(".tlm-caption")).to_contain_text("no passo 100")
    expect(root.locator(".tlm-sample")).not_to_contain_text("Texto do passo")
    lost = root.locator(".tlm-caption span").last.inner_text()
    assert float(lost.removeprefix("perda na prova ").replace(",", ".")) < 3.6
    root.locator("input[name=prompt]").fill("A capital")
    press(root, "Continuar o texto")
    expect(root.locator(".tlm-given")).to_have_text("A capital")
    press(root, "Continuar")
    expect(root.locator(".tlm-controls .tlm-progress")).to_have_text(
        re.compile("^passo 200 de 200"), timeout=60_000
    )


def test_the_learning_rate_moves_while_it_trains(trained: Callable[..., Locator]) -> None:
    root = trained(widget=small(live_steps=20_000))
    press(root, "Treinar")
    expect(root.get_by_role("button", name="Pausar")).to_be_visible()
    root.locator("input[name=learning_rate]").fill("0.5")  # 10 to the 0.5
    expect(root.locator(NOTICE)).to_contain_text("O treino divergiu no passo", timeout=60_000)
    expect(root.locator(NOTICE)).to_contain_text("Com taxa 3,2")
    root.locator(NOTICE).get_by_role("button", name=re.compile("Recomeçar com taxa 0,005")).click()
    expect(root.locator(NOTICE)).to_be_hidden()
    expect(root.get_by_role("button", name="Pausar")).to_be_visible()
    press(root, "Parar")


def test_a_rate_chosen_while_the_text_is_on_its_way_counts(trained: Callable[..., Locator]) -> None:
    root = trained(widget=small(live_steps=20_000))

    def late(route: Route) -> None:
        time.sleep(0.5)
        route.continue_()

    root.page.route("**/texts/*.js", late)
    press(root, "Treinar")
    root.locator("input[name=learning_rate]").fill("0.5")
    expect(root.locator(NOTICE)).to_contain_text("Com taxa 3,2", timeout=60_000)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "O texto tem 0 caracteres"),
        ("curto demais", "O texto tem 12 caracteres, e o treino precisa de pelo menos 500"),
        ("a" * 900, "O texto só tem 1 caracteres diferentes"),
        ("".join(map(chr, range(0x4E00, 0x4E00 + 900))), "O texto usa 900 caracteres diferentes"),
    ],
    ids=["nothing", "short", "one letter", "ideograms"],
)
def test_a_text_that_teaches_nothing_gets_a_sentence(
    text: str, sentence: str, trained: Callable[..., Locator]
) -> None:
    root = trained()
    root.locator("select[name=source]").select_option("seu")
    root.locator("textarea[name=own]").fill(text)
    press(root, "Treinar")
    expect(root.locator(NOTICE)).to_contain_text(sentence)
    expect(root.locator(".tlm-sample")).to_contain_text("Texto do passo 100")  # the recording is still there
    expect(root.get_by_role("button", name="Treinar", exact=True)).to_be_enabled()


def test_a_short_text_is_learned_by_heart(trained: Callable[..., Locator]) -> None:
    widget = small(hidden_size=64, context=32, batch=8, learning_rate=0.01, live_steps=300)
    root = trained(widget=widget)
    root.locator("select[name=source]").select_option("seu")
    letters = "".join(random.Random(0).choices("abcdefghijklmnopqrstuvwxyz ", k=560))  # nothing carries over
    root.locator("textarea[name=own]").fill(f"<b>{letters}</b>")
    press(root, "Treinar")
    expect(root.get_by_role("button", name="Continuar", exact=True)).to_be_visible(timeout=100_000)
    label = root.locator(".tlm-plot").get_attribute("aria-label")
    train, held = (float(x.replace(",", ".")) for x in re.findall(r"\d+,\d+", label))
    assert held > train + 0.5


def test_a_huge_text_is_cut_and_says_so(trained: Callable[..., Locator]) -> None:
    root = trained()
    root.locator("select[name=source]").select_option("seu")
    root.locator("textarea[name=own]").evaluate(
        """e => {
          e.value = 'Era uma vez um gato muito sabido. '.repeat(30000);
          e.dispatchEvent(new Event('input'));
        }"""
    )
    press(root, "Treinar")
    expect(root.locator(NOTICE)).to_contain_text("O texto é longo: o modelo lê os primeiros 300.000")
    press(root, "Parar")


def test_a_missing_file_says_which(opened: Callable[..., Locator]) -> None:
    root = opened(small(), spoil=lambda folder: (folder / "train.js").unlink())
    press(root, "Treinar")
    expect(root.locator(NOTICE)).to_contain_text("O arquivo train.js não foi encontrado")
    expect(root.locator(".tlm-sample")).to_contain_text("Texto do passo 100")
    root.visited.errors.clear()  # the browser itself reports the missing file


@pytest.mark.alone
def test_the_page_has_little_to_do_while_the_worker_trains(trained: Callable[..., Locator]) -> None:
    """Processor time of the page's own thread: under 50 ms for any one event, by far."""
    root = trained(widget=small(live_steps=20_000))
    client = root.page.context.new_cdp_session(root.page)
    client.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy() -> float:
        metrics = {m["name"]: m["value"] for m in client.send("Performance.getMetrics")["metrics"]}
        return metrics["TaskDuration"]

    press(root, "Treinar")
    expect(root.get_by_role("button", name="Pausar")).to_be_visible()
    root.page.evaluate(
        """() => {
          globalThis.drawn = 0;
          const count = new MutationObserver(() => { drawn++; });
          count.observe(document.querySelector('.tlm-plot'), {childList: true});
        }"""
    )
    before = busy()
    root.page.wait_for_function("drawn >= 10", timeout=60_000)
    assert (busy() - before) / root.page.evaluate("drawn") < 0.05
    press(root, "Parar")


def test_leaving_the_page_stops_the_training(trained: Callable[..., Locator]) -> None:
    root = trained(widget=small(live_steps=20_000))
    press(root, "Treinar")
    expect(root.get_by_role("button", name="Pausar")).to_be_visible()
    element = root.element_handle()
    element.evaluate("e => e.remove()")
    root.page.wait_for_timeout(600)
    said = "e => e.querySelector('.tlm-controls p').textContent"
    before = element.evaluate(said)
    root.page.wait_for_timeout(500)
    assert element.evaluate(said) == before
