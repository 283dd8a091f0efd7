"""Transfer: draws are nested and balanced, intervals hold, updates rebuild, runs resume; on a tiny model."""

import json

import numpy as np
import pytest
import torch

from builders import transfer
from llmlib.scratch import classify


def test_draws_are_balanced_and_nested() -> None:
    labels = [0, 1] * 50
    small, large = (transfer.drawn(labels, n, seed=3) for n in (8, 32))
    assert large[:8] == small
    assert sum(labels[i] for i in large) == 16
    assert len(set(large)) == 32
    assert transfer.drawn(labels, 8, 4) != small


def decoded(coded: dict) -> np.ndarray:
    import base64

    whole = np.frombuffer(base64.b64decode(coded["data"]), dtype=np.int8).reshape(coded["shape"])
    return whole * coded["scale"] / 127


def test_an_update_is_rebuilt_from_its_directions() -> None:
    rng = np.random.default_rng(0)
    before = rng.normal(size=(40, 30))
    change = rng.normal(size=(40, 3)) @ rng.normal(size=(3, 30))
    made = transfer.update(before, before + change, 0.1 * change)
    block = decoded(made["block"])
    rebuilt = decoded(made["left"])[:, :3] @ decoded(made["right"])[:3]
    assert np.abs(block - rebuilt).max() < 0.05 * np.abs(block).max()
    assert (
        np.abs(decoded(made["left"])[:, :1] @ decoded(made["right"])[:1] - block).max()
        > 0.2 * np.abs(block).max()
    )
    assert made["full"]["values"][3] < 1e-6 * made["full"]["values"][0] + 1e-9
    assert made["full"]["norm"] == pytest.approx(np.linalg.norm(change), rel=1e-3)
    assert made["lora"]["norm"] == pytest.approx(0.1 * made["full"]["norm"], rel=1e-3)


@pytest.fixture
def small(monkeypatch, tiny_lm):
    """The whole measure in miniature, and the runs that were made."""
    made = []
    one = transfer.one
    reviews = {s: transfer.task("resenhas", s)[:40] for s in ("train", "valid", "test")}
    monkeypatch.setattr(transfer, "task", lambda name, split: reviews[split])
    monkeypatch.setattr(transfer, "SIZES", (4, 8))
    monkeypatch.setattr(transfer, "STEPS", {4: 2, 8: 2})
    monkeypatch.setattr(transfer, "LAYER", 1)
    monkeypatch.setattr(transfer, "TEXTS", 2)
    monkeypatch.setattr(transfer, "CUTS", (0, 2))
    monkeypatch.setattr(transfer, "MODULES", {"conta": "arithmetic", "historia": "stories"})
    monkeypatch.setattr(transfer, "one", lambda *args: made.append(args[1:4]) or one(*args))
    return made


def test_all_is_measured_once_and_taken_up_again(small, tiny_lm, tmp_path) -> None:
    out = tmp_path / "transfer.json"
    result = transfer.measure(1, out, base=tiny_lm)
    assert len(small) == len(transfer.WAYS) * 2
    curves = result["curves"]
    assert curves["sizes"] == [4, 8]
    for group in curves["groups"].values():
        for points in group["ways"].values():
            assert all(p["low"] <= p["value"] <= p["high"] for p in points)
    assert {run["way"]: run["learning"] for run in result["runs"]}[
        "congelado"
    ] == tiny_lm.model.config.hidden_size + 1
    assert set(result["forgetting"]) == {"lora", "inteiro"}
    assert len(result["updates"]) == len(transfer.TARGETS)  # one layer
    cut = next(run["cut"] for run in result["runs"] if "cut" in run)
    assert [c["rank"] for c in cut] == [0, 2, None]
    kept = json.loads(out.read_text("utf-8"))
    kept["runs"] = [run for run in kept["runs"] if run["way"] != "zero"]
    transfer.write(out, kept)
    small.clear()
    again = transfer.measure(1, out, base=tiny_lm)
    assert {way for way, *_ in small} == {"zero"}
    assert (
        again["curves"]["groups"]["todas"]["ways"]["inteiro"] == curves["groups"]["todas"]["ways"]["inteiro"]
    )
    small.clear()
    transfer.measure(1, out, base=tiny_lm)
    assert small == []


def test_a_frozen_body_is_not_changed_and_what_was_not_touched_forgets_nothing(small, tiny_lm) -> None:
    base = tiny_lm
    base.model.float()
    before = {n: p.clone() for n, p in base.model.named_parameters()}
    bench, texts = transfer.Bench(base), transfer.read_texts(base)
    bench.probabilities("inteiro", 8, 0)
    bench.probabilities("lora", 8, 0)
    assert all(torch.equal(p, before[n]) for n, p in base.model.named_parameters())
    same = transfer.text_losses(base, classify.first_layers(base.model.model, 1), texts)
    assert same == transfer.text_losses(base, None, texts)


def test_the_frozen_way_is_the_line_of_the_classifier(small, tiny_lm) -> None:
    tiny_lm.model.float()
    bench = transfer.Bench(tiny_lm)
    lab = bench.lab()
    head = lab["head"]
    ids = transfer.encoded(tiny_lm, lab["text"])
    state = classify.features(tiny_lm.model.model, [ids])[0, head["layer"]]
    point = transfer.standard(state, np.array(head["mean"]), np.array(head["spread"]))
    assert 1 / (1 + np.exp(-(point @ head["w"] + head["b"]))) == pytest.approx(
        lab["recorded"]["head"], abs=0.05
    )
