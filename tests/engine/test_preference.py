"""The page's arithmetic of preferences against llmlib.scratch.preference, number by number."""

import subprocess

import numpy as np
import pytest

from builders import alignment_curves
from llmlib.engine import HERE
from llmlib.scratch import preference
from llmlib.scratch.sampling import uniform
from llmlib.widgets import RewardHacking
from llmlib.widgets.base import HERE as WIDGETS
from tests.widgets.ranked import BANK

SCRIPT = (HERE / "preference.js").read_text("utf-8")
# the harness has the engine as LLM, and the script adds to it
P = f"{SCRIPT}\nconst P = LLM.preference;\n"
TEXTS = [
    "Lima.",
    "A capital do Peru é Lima.",
    "Não sei. Nunca ouvi falar!",
    "",
    "É 1.821, em CAPITAL…",
    "ação ⟨C3⟩ 🙂",
]
RNG = np.random.default_rng(1)


def test_traits(node) -> None:
    question = "Qual é a capital do Peru, em 1821?"
    ours = node.run(P + "return args[1].map((t) => P.traits(args[0], t, -0.4))", question, TEXTS)
    np.testing.assert_allclose(ours, [preference.traits(question, t, -0.4) for t in TEXTS], atol=1e-12)


@pytest.mark.parametrize("votes", [0, 1, 30])
def test_fit_and_its_doubt(node, votes: int) -> None:
    d = RNG.standard_normal((votes, 5)) * [1, 1, 2, 0.5, 3]
    ours = node.run(P + "return P.fit(args[0], 5)", d.tolist())
    wanted = preference.fit(d, size=5)
    np.testing.assert_allclose(ours["weights"], wanted.weights, atol=1e-8)
    np.testing.assert_allclose(ours["covariance"], wanted.covariance, atol=1e-8)
    one, other = RNG.standard_normal((2, 5))
    told = node.run(P + "return P.margin(...args)", ours, one.tolist(), other.tolist())
    assert told["p"] == pytest.approx(wanted.preferred(one, other), abs=1e-8)
    assert [told["mean"], told["deviation"]] == pytest.approx(wanted.margin(one, other), abs=1e-8)


def test_best_of_n_distance_and_tilt(node) -> None:
    rewards, counts = [0.5, -1.0, 0.5, 2.0], [3, 4, 2, 1]
    for n in (1, 3, 20):
        spots = np.repeat(np.arange(4), counts)
        wanted = np.bincount(spots, preference.best_of_n(np.array(rewards)[spots], n), 4)
        ours = node.run(P + "return P.bestOfN(...args)", rewards, n, counts)
        np.testing.assert_allclose(ours, wanted, atol=1e-12)
        share = (np.array(counts) / 10).tolist()
        assert node.run(P + "return P.divergence(...args)", ours, share) == pytest.approx(
            preference.divergence(wanted, share)
        )
        assert node.run(P + "return P.bound(args[0])", n) == pytest.approx(preference.best_of_n_bound(n))
        tilt = node.run(P + "return P.tilted(...args)", share, rewards, 0.3)
        np.testing.assert_allclose(tilt, preference.tilted(share, rewards, 0.3), atol=1e-12)


def test_the_simulated_voter_is_the_builders(node) -> None:
    for hurry in (0, 0.4, 0.9, 1):
        for i in range(20):
            u, (one, other) = uniform(3, i), RNG.random((2, 2)).round(3).tolist()
            ours = node.run(P + "return P.vote(...args)", one, other, hurry, u)
            assert ours == alignment_curves.vote(one, other, hurry, u)


@pytest.mark.parametrize("hurry", [0.0, 0.55, 1.0])
def test_the_page_reaches_the_same_curves(node, hurry: float) -> None:
    widget = RewardHacking(BANK, votes=60)
    study = (WIDGETS / "reward_hacking.js").read_text("utf-8").split("export default")[0]
    code = f"{SCRIPT}\n{study}\nreturn study(...args).points"
    ours = node.run(code, widget.bank, widget.draws, hurry, 60)
    for mine, wanted in zip(ours, widget.points(hurry, 60), strict=True):
        assert mine == pytest.approx(wanted, abs=1e-7)


def test_the_same_voter_weighs_alike_in_both_places() -> None:
    from llmlib.widgets import reward_hacking

    assert (reward_hacking.RIGHT, reward_hacking.LENGTH) == (alignment_curves.RIGHT, alignment_curves.LENGTH)


def test_the_script_stands_alone() -> None:
    from book import frontend

    code = f'"use strict"; const LLM = {{}};\n{SCRIPT}\nconsole.log(typeof LLM.preference.fit)'
    told = subprocess.run([frontend.node()[0], "-e", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "function"
