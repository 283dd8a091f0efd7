"""The measures of the four families: their ways of answering are right, and the file is gone on with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import ModernBertForMaskedLM, T5ForConditionalGeneration, XLNetLMHeadModel

from builders import bert, families_task, t5, xlnet
from builders import families_ways as ways
from builders.measures import batch
from llmlib.data import model_path

BASE = Path(__file__).resolve().parents[2] / "data" / "models" / "mini-base"
SENTENCE = "O gato dorme no sofá da sala."


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> ways.Family:
    """The bundled decoders, and tiny others that were never trained."""
    folder = tmp_path_factory.mktemp("families")
    torch.manual_seed(0)
    masked, spans = bert.with_mask(BASE), t5.with_sentinels(BASE)
    made = {
        "mini-bert": (ModernBertForMaskedLM(bert.shape(len(masked), 0.17)), masked),
        "mini-t5": (T5ForConditionalGeneration(t5.shape(len(spans), 0.2)), spans),
        "mini-xlnet": (XLNetLMHeadModel(xlnet.shape(3072, 0.2)), xlnet.opening(BASE)),
    }
    for name, (model, tokenizer) in made.items():
        model.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    folders = {name: model_path(name) for name in ("mini-base", "mini-instruct")}
    return ways.opened(folders | {name: folder / name for name in made})


def test_the_decoder_answers_as_the_library_does(family: ways.Family) -> None:
    ids = family.ids(SENTENCE)
    place = 4
    top = family.base.next(family.text(ids[1:place]), k=1)["top"][0]
    log = ways.base_left(family, ids, [place])[0]
    assert log.argmax() == top["id"]
    assert log.max().exp().item() == pytest.approx(top["p"], abs=1e-4)
    scores = ways.base_whole(family, ids, place, [ids[place], 700])
    texts = [family.text(ids[1:]), family.text([*ids[1:place], 700, *ids[place + 1 :]])]
    assert scores == pytest.approx(batch.scores(family.base, texts), abs=1e-3)


def test_hidden_words_are_hidden(family: ways.Family) -> None:
    ids = family.ids(SENTENCE)
    other = [*ids[:3], 700, 701, *ids[5:]]
    for gaps in (ways.bert_gaps, ways.xlnet_gaps):
        assert torch.allclose(gaps(family, ids, [3, 4]), gaps(family, other, [3, 4]), atol=1e-5)
        assert not torch.allclose(gaps(family, ids, [3]), gaps(family, other, [3]), atol=1e-5)
    assert not torch.allclose(
        ways.bert_gaps(family, ids, [3, 4], seen=[4])[0], ways.bert_gaps(family, ids, [3, 4])[0], atol=1e-5
    )
    following = ways.nexts(family, ids[:5])
    assert set(following) == {"mini-base", "mini-bert", "mini-t5", "mini-xlnet"}
    assert all(log.exp().sum().item() == pytest.approx(1, abs=1e-3) for log in following.values())


def test_an_order_in_one_pass_is_that_order_step_by_step(family: ways.Family) -> None:
    ids, order = family.ids(SENTENCE), [5, 2, 3]
    once = ways.xlnet_gaps(family, ids, order, in_order=True)
    steps = [ways.xlnet_gaps(family, ids, order[i:])[0] for i in range(len(order))]
    assert torch.allclose(once, torch.stack(steps), atol=1e-4)
    alone = ways.xlnet_gaps(family, ids, order)
    assert torch.allclose(once[0], alone[0], atol=1e-4)  # the first sees what it sees when none helps
    assert not torch.allclose(once[2], alone[2], atol=1e-5)


def test_spans_come_back_without_their_marks(family: ways.Family) -> None:
    rows = [
        (family.ids(text), [2]) for text in (SENTENCE, "A casa é azul.", "O pão está na mesa da cozinha.")
    ]
    together = ways.t5_spans(family, rows)
    assert together == [ways.t5_spans(family, [row])[0] for row in rows]
    assert all(len(span) <= 8 and not set(span) & {0, 1, *family.sentinels[:2]} for span in together)


def test_articles_and_nouns_of_one_token_agree_as_in_portuguese(family: ways.Family) -> None:
    articles, nouns, agree = families_task.candidates(family)
    assert [family.text([i]) for i in articles] == list(families_task.ARTICLES)
    words = [family.text([i]).strip() for i in nouns]
    assert len(words) > 50
    for word, forms in {"gato": "1000", "casa": "0100", "menina": "0100"}.items():
        assert "".join(str(int(x)) for x in agree[:, words.index(word)]) == forms
    assert (agree.sum(0) >= 1).all()


def test_a_chance_of_agreement_is_exact(family: ways.Family, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half "O gato", half "A gata": at once they agree half of the time, in order always."""
    o, a, gato, gata = 10, 11, 20, 21
    table = ([o, a], [gato, gata], np.eye(2))
    monkeypatch.setattr(families_task, "candidates", lambda family: table)
    ids = family.ids("O gato dorme no sofá.")
    monkeypatch.setattr(families_task.ways.Family, "ids", lambda self, text: [ids[0], o, gato, *ids[3:]])
    monkeypatch.setattr(families_task, "some", lambda count, size: 1)

    def gaps(family: object, ids: list[int], places: list[int]) -> torch.Tensor:
        logs = torch.full((len(places), 3072), -50.0)
        if places == [1, 2]:
            logs[0, [o, a]] = logs[1, [gato, gata]] = 0.0
        else:
            logs[0, gato if ids[1] == o else gata] = 0.0
        return logs

    for name in ("bert_gaps", "xlnet_gaps", "base_left"):
        monkeypatch.setattr(families_task.ways, name, gaps)
    found = families_task._together(family, 1)["ways"]
    assert found["mini-bert, de uma vez"]["value"] == found["mini-xlnet, de uma vez"]["value"] == 0.5
    assert found["mini-bert, uma a uma"]["value"] == found["mini-base, esquerda"]["value"] == 1


def test_intervals_hold_the_value_and_differences_are_paired() -> None:
    groups = [[1.0, 0.0], [1.0], [0.0, 0.0, 1.0], [1.0]] * 5
    found = families_task.estimate(groups)
    assert found["n"] == 35
    assert found["low"] < found["value"] < found["high"]
    none = families_task.estimate([[0.0]] * 35)
    assert (none["value"], none["low"]) == (0.0, 0.0)
    assert 0.05 < none["high"] < 0.15  # never seen in 35 is not never
    same = families_task.difference(groups, groups)
    assert same == {"value": 0.0, "low": 0.0, "high": 0.0, "n": 35}
    opposite = [[1 - x for x in group] for group in groups]
    assert families_task.difference(groups, opposite)["value"] == pytest.approx(
        2 * found["value"] - 1, abs=1e-3
    )


def test_gaps_are_whole_words_of_one_token_inside_a_sentence(family: ways.Family) -> None:
    documents = families_task.sentences()
    assert all(6 <= len(text.split()) <= 30 for texts in documents for text in texts)
    items = families_task.gap_items(family, documents[:20])
    for group in items:
        for ids, place in group:
            word = family.text([ids[place]])
            assert word.strip().isalpha()
            assert not family.text([ids[place + 1]])[0].isalpha()
            assert 1 < place < len(ids) - 2


def test_the_file_is_written_section_by_section_and_gone_on_with(
    family: ways.Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, size = tmp_path / "familias.json", 0.02
    result = families_task.measure(family, size, out)
    assert json.loads(out.read_text("utf-8")) == json.loads(json.dumps(result))
    assert set(result) == {"size", "weights", "date", "models", *families_task.SECTIONS}
    assert result["fill"]["passes"]["mini-base, frase inteira"] == families_task.CANDIDATES + 1
    assert set(result["rewrite"]) == set(families_task.REQUESTS)
    assert all(e["low"] <= e["value"] <= e["high"] for e in result["next"]["nats"]["ways"].values())
    again = families_task.several(family, size)
    assert again == result["several"]

    def refuse(*_: object) -> dict:
        raise AssertionError("measured again")

    asks = {name: asks for name, (_, asks) in families_task.SECTIONS.items()}
    kept = {name: (refuse, asks[name]) for name in asks} | {"cost": families_task.SECTIONS["cost"]}
    monkeypatch.setattr(families_task, "SECTIONS", kept)
    del result["cost"]
    out.write_text(json.dumps(result), "utf-8")
    assert families_task.measure(family, size, out)["fill"] == result["fill"]  # only what was missing
    result["weights"]["mini-t5"] = "other"
    out.write_text(json.dumps(result), "utf-8")
    with pytest.raises(AssertionError, match="measured again"):  # other weights
        families_task.measure(family, size, out)
    without = replace(family, folders={k: v for k, v in family.folders.items() if k != "mini-t5"}, t5=None)
    assert set(families_task.measure(without, size, out)) >= {"determiner", "several"}
    assert "fill" not in families_task.measure(without, size, out)
