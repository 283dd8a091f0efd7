"""Votes, RewardHacking, PreferenceFrontier, Leash: what they check, and what a reader can do with them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from llmlib.scratch import preference
from llmlib.widgets import Leash, PreferenceFrontier, RewardHacking, Votes
from tests.widgets.ranked import BANK, START, point
from tests.widgets.samples import SAMPLES
from tests.widgets.talk import TalkLM

NAMES = ("votes", "reward-hacking", "preference-frontier", "leash")
BARE = [{"question": "Oi?", "answers": BANK[0]["answers"][:1]}]
SHORT = [{"question": "Oi?", "answers": [{"text": "a", "count": 1, "right": 1, "traits": [1.0]}]}]


def number(text: str) -> float:
    """The first number of a Portuguese sentence."""
    return float(re.search(r"[−-]?\d+(,\d+)?", text)[0].replace("−", "-").replace(",", "."))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Votes(TalkLM(), [], BANK), "ao menos uma pergunta"),
        (lambda: Votes(TalkLM(), BARE, BANK), "duas respostas"),
        (lambda: Votes(TalkLM(), SHORT, BANK), "5 traços"),
        (lambda: Votes(TalkLM(), BANK, BANK, n=33), "n vai de 1 a 32"),
        (lambda: RewardHacking(BANK[:3]), "ao menos 4"),
        (lambda: RewardHacking(BANK, hurry=1.1), "hurry"),
        (lambda: RewardHacking(BANK, votes=5), "votes"),
        (lambda: RewardHacking(BANK, n=5), "n é um de"),
        (lambda: Leash(BANK, beta=0), "beta"),
        (lambda: Leash(BANK, reward="sorte"), "reward"),
        (lambda: PreferenceFrontier({}, [], START), "ao menos uma curva"),
        (lambda: PreferenceFrontier({"alguém/dpo/0": [point(1, 0, 0, 0)]}, [], START), "não é uma curva"),
        (lambda: PreferenceFrontier({"atento/dpo/0": [point(1, -1, 0, 0)]}, [], START), "intervalo"),
    ],
)
def test_wrong_arguments_are_refused(make: Callable, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()


def test_hurry_turns_the_truth_down_while_the_learned_reward_rises() -> None:
    figure = RewardHacking(BANK)
    calm, rushed = figure.points(0, 150), figure.points(1, 150)
    for points in (calm, rushed):
        proxies = [p["proxy"] for p in points]
        assert proxies == sorted(proxies)
        assert proxies[-1] > proxies[0] + 0.5
        assert all(p["kl"] <= p["bound"] + 1e-9 for p in points)
    assert calm[-1]["true"] > calm[0]["true"]
    assert rushed[-1]["true"] < rushed[0]["true"]
    assert calm[0]["true"] == pytest.approx(rushed[0]["true"])  # n = 1 is the model itself


def test_the_leash_by_hand() -> None:
    answers = BANK[1]["answers"]
    rows = Leash([BANK[1]], beta=0.5).rows()
    weights = [a["count"] / 9 * math.exp(a["right"] / 0.5) for a in answers]
    assert [r["q"] for r in rows] == pytest.approx([w / sum(weights) for w in weights])


@pytest.mark.parametrize("name", NAMES)
def test_text_of_models_stays_text(name: str) -> None:
    page = SAMPLES[name]().html()
    assert "</script>" not in page.split('class="llm-state">')[1].split("</script><div")[0]
    assert SAMPLES[name]().summary()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", ["celular", "mesa"])
def test_it_fits_and_opens_from_disk(opened: Callable[..., Locator], name: str, size: str) -> None:
    root = opened(SAMPLES[name](), "disco", size=size)
    page = root.visited.page
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_a_vote_teaches_and_can_be_taken_back(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["votes"]())
    words = root.locator(".vot-word")
    before = words.all_inner_texts()
    assert all(number(w) == 0 for w in before)
    chosen = root.locator(".vot-said").nth(1).inner_text()
    root.locator(".vot-card").nth(1).click()
    expect(root.locator(".vot-count")).to_contain_text("1 voto")
    expect(root.locator(".vot-told")).to_contain_text("não tinha aposta")
    one, other = (
        next(a for a in BANK[0]["answers"] if (a["text"] == chosen) == same) for same in (True, False)
    )
    other = BANK[0]["answers"][0]
    weights = preference.fit([[a - b for a, b in zip(one["traits"], other["traits"], strict=True)]]).weights
    assert [number(w) for w in words.all_inner_texts()] == pytest.approx(weights.round(1), abs=0.051)
    root.get_by_role("button", name="Desfazer").click()
    expect(root.locator(".vot-count")).to_contain_text("0 votos")
    assert words.all_inner_texts() == before


def test_a_crowd_that_likes_length_teaches_length(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["votes"]())
    root.get_by_role("button", name="quem só olha o tamanho").click()
    expect(root.locator(".vot-word").first).to_contain_text("+")
    expect(root.locator(".vot-told")).to_have_text("Votaram sempre na mais comprida.")
    expect(root.locator(".vot-card").first).to_be_hidden()
    root.get_by_role("button", name="Recomeçar").click()
    expect(root.locator(".vot-card").first).to_be_visible()


def test_votes_by_keyboard_and_new_answers(opened: Callable[..., Locator]) -> None:
    root = opened(Votes(TalkLM(), BANK, BANK[:3], n=2))
    root.locator(".vot-card").first.focus()
    root.page.keyboard.press("Enter")
    expect(root.locator(".vot-count")).to_contain_text("1 voto")
    root.locator("textarea").fill("Que cor tem o céu?")
    root.get_by_role("button", name="Sortear respostas novas").click()
    expect(root).to_have_attribute("data-state", "live")
    expect(root.locator(".vot-question")).to_have_text("Que cor tem o céu?")
    expect(root.locator(".vot-told")).to_contain_text("novo")
    root.locator(".vot-card").first.click()
    expect(root.locator(".vot-count")).to_contain_text("2 votos")
    root.locator("textarea").fill("   ")
    root.get_by_role("button", name="Sortear respostas novas").click()
    expect(root.locator(".vot-choice")).to_contain_text("Escreva uma pergunta")


def test_a_missing_model_is_said(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["votes"](), spoil=lambda s: (s / "models" / "mini-base.js").write_text("1"))
    root.get_by_role("button", name="Sortear respostas novas").click()
    expect(root).to_have_attribute("data-state", "error")
    root.locator(".vot-card").first.click()  # the recorded pairs go on
    expect(root.locator(".vot-count")).to_contain_text("1 voto")


def test_the_hurry_is_moved_in_the_page(opened: Callable[..., Locator]) -> None:
    figure = RewardHacking(BANK, hurry=0, n=32)
    root = opened(figure)
    assert figure.points(0, 150)[-1]["true"] > 0.999
    expect(root.locator(".rh-said")).to_contain_text("> 99,9 % aqui")
    root.locator("input[name=hurry]").fill("1")
    expect(root.locator(".rh-said")).to_have_attribute("data-hacked", "true")
    expect(root.locator(".rh-said strong")).to_have_text("A recompensa subiu e o acerto caiu.")
    root.locator("input[name=n]").fill("0")
    expect(root.locator(".rh-said")).to_contain_text("Com n = 1 nada se escolhe")
    assert root.locator(".rh-row").count() == 2


def test_a_slider_answers_within_a_frame(opened: Callable[..., Locator]) -> None:
    root = opened(RewardHacking(BANK, votes=400))
    took, yardstick = root.evaluate(
        """(el) => { const s = el.querySelector('input[name=hurry]');
        const time = (work, i) => { const t = performance.now(); work(i); return performance.now() - t; };
        const best = (work) => Math.min(...Array.from({ length: 12 }, (_, i) => time(work, i)));
        let sum = 0;
        const yardstick = best(() => { for (let i = 0; i < 4e6; i++) sum += Math.sqrt(i); });
        const move = (i) => { s.value = String(i / 12); s.dispatchEvent(new Event('input')); };
        return [best(move), yardstick, sum]; }"""
    )[:2]
    # the yardstick takes about 5 ms here on an idle core: three of them are a frame, however busy the machine
    assert took < 3 * max(yardstick, 5)


def test_the_frontier_walks(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["preference-frontier"]())
    root.get_by_role("button", name="DPO").click()
    expect(root.locator(".pf-said")).to_contain_text("DPO, passo 36")
    expect(root.locator(".pf-answers")).to_contain_text("Não </script>")
    expect(root.locator(".pf-answers")).to_contain_text("antes: Lima.")
    root.locator("input[name=point]").fill("0")
    expect(root.locator(".pf-said")).to_contain_text("passo 6")
    root.get_by_label("recompensa aprendida").check()
    expect(root.locator("svg")).to_have_attribute("aria-label", re.compile("^recompensa aprendida"))
    root.get_by_label("olha se está certo").check()
    expect(root.locator(".pf-said")).to_contain_text("melhor de n, n = 8")
    expect(root.locator(".pf-said")).to_contain_text("a fórmula permite até 1,20")


def test_beta_pulls(opened: Callable[..., Locator]) -> None:
    root = opened(Leash(BANK[:3], reward="long", beta=10))
    loose = root.locator(".lsh-said")
    near = number(loose.inner_text().split("Distância:")[1])
    root.locator("input[name=beta]").fill("0")
    expect(root.locator(".lsh-beta output")).to_have_text("β = 0,10")
    assert number(loose.inner_text().split("Distância:")[1]) > near + 0.5
    root.get_by_label("acertar").check()
    expect(loose).to_contain_text("Certas: 69 % antes, > 99,9 % depois")
    root.get_by_role("button", name="Que som faz a ovelha?").click()
    expect(root.locator(".llm-bar")).to_have_count(4)
