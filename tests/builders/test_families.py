"""The builders of mini-bert, mini-t5 and mini-xlnet, with tiny models; and the pairs for rewriting."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import (
    AutoModelForMaskedLM,
    AutoModelForPreTraining,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    ModernBertForMaskedLM,
    T5ForConditionalGeneration,
    XLNetLMHeadModel,
    pipeline,
)

from builders import bert, families, t5, xlnet
from builders.corpus import agreement, rewriting
from builders.corpus.lexicon import LexiconError
from builders.corpus.templates import plots, tell

BASE = Path(__file__).resolve().parents[2] / "data" / "models" / "mini-base"
TEXTS = [
    "O gato dorme no sofá. A menina lê um livro na varanda.",
    "As crianças correram pelo quintal, e o cachorro latiu no portão.",
    "Pergunta: Qual é a capital do Brasil?",
    "Era uma vez um sapo chamado Tico, que morava perto da lagoa e cantava todas as noites.",
]


@pytest.fixture(scope="module")
def pairs() -> dict[str, list[rewriting.Pair]]:
    made = {}
    for split in ("train", "valid"):
        stream = rewriting.pairs(random.Random(3), split)
        made[split] = [next(stream) for _ in range(600)]
    return made


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus") / "texto"
    folder.mkdir()
    for name, count in (("train-000", 60), ("valid", 6)):
        rows = [
            {"kind": ("historia", "descricao")[i % 2], "text": TEXTS[i % 4] + f" {i}.", "answers": []}
            for i in range(count)
        ]
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder.parent


# --- pairs ---------------------------------------------------------------------------------------------


def test_pairs_are_repeatable_and_no_target_is_in_both_splits(pairs):
    again = rewriting.pairs(random.Random(3), "train")
    assert [next(again) for _ in range(50)] == pairs["train"][:50]
    assert not {t for _, _, t in pairs["train"]} & {t for _, _, t in pairs["valid"]}
    assert {task for task, _, _ in pairs["train"]} == set(rewriting.TASKS)


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match="'test'"):
        next(rewriting.pairs(random.Random(0), "test"))


def test_targets_agree_and_planted_errors_are_errors(pairs):
    right = [t for task, _, t in pairs["train"] if task == "corrigir"]
    assert sum(bool(agreement.check(t)) for t in right) == 0
    differ = [s != t for task, s, t in pairs["train"] if task == "corrigir"]
    assert 0.8 < sum(differ) / len(differ) < 1.0


def test_a_rewriting_undoes_its_opposite():
    """The plural of a clause and the singular of that are the clause."""
    rng = random.Random(5)
    for _ in range(50):
        clause = rewriting._clause(rng.random, "presente")
        plural = rewriting.replace(clause, plural=not clause.plural)
        assert plural.write() != clause.write()
        assert rewriting.replace(plural, plural=clause.plural).write() == clause.write()
        for wrong in ("number:det", "number:noun", "number:verb"):
            assert clause.write(wrong) != clause.write() or clause.noun.word == clause.noun.plural


def test_misspellings_are_no_words_of_the_tables():
    sentence = "O passarinho assustado chegou à praça e cantou uma canção enquanto a chuva caía."
    planted = [s for s in rewriting.slips(sentence) if s.kind in ("grafia", "acento")]
    assert len(planted) > 5
    assert not {s.text.lower() for s in planted} & rewriting._known()
    assert all(sentence[s.start : s.end] != s.text for s in planted)


def test_a_summary_names_only_who_is_in_the_story(pairs):
    for task, story, target in pairs["train"] + pairs["valid"]:
        if task == "resumir":
            names = [w.strip(",.") for w in target.split()[1:] if w[0].isupper()]
            assert all(name in story for name in names if name not in ("O", "As", "A", "Faltou")), target


def test_every_summary_is_of_a_story_that_can_be_told():
    """A wording that changes in a plot must not leave a row of the table without stories."""
    rng = random.Random(0)
    for plot in plots("historias"):
        rows = rewriting.summaries().get(plot.name, ())
        stories = [tell(plot, "train", rng) for _ in range(60 if rows else 0)]
        first = [next((r for r in rows if r.holds.search(story)), None) for story in stories]
        assert all(row in first for row in rows), plot.name


def test_a_bad_row_of_the_summaries_names_file_and_row(tmp_path, monkeypatch):
    monkeypatch.setattr(rewriting, "DATA", tmp_path)
    for line, complaint in (
        ("chuva | sem frase", "row 2: expected"),
        ("nenhum | | {h} foi.", "row 2: there is no plot 'nenhum'"),
        ("chuva | | Choveu.\nchuva | | Choveu muito.", "row 3: 'chuva' already"),
    ):
        (tmp_path / "resumos.txt").write_text("# cabeçalho\n" + line, encoding="utf-8")
        rewriting.summaries.cache_clear()
        with pytest.raises(LexiconError, match=complaint):
            rewriting.summaries()
    rewriting.summaries.cache_clear()


# --- mini-bert -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def masked() -> tuple[ModernBertForMaskedLM, object]:
    tokenizer = bert.with_mask(BASE)
    torch.manual_seed(0)
    return ModernBertForMaskedLM(bert.shape(len(tokenizer), 0.3)).eval(), tokenizer


def test_the_mask_follows_the_tokens_of_the_family(masked):
    _, tokenizer = masked
    assert tokenizer.mask_token_id == len(AutoTokenizer.from_pretrained(BASE)) == len(tokenizer) - 1
    ids = tokenizer(f"O gato {bert.MASK} no sofá.").input_ids
    assert ids[0] == families.END
    whole = tokenizer("O gato dorme no sofá.").input_ids
    assert ids[:3] == whole[:3]
    assert ids[-2:] == whole[-2:]


def test_words_are_whole(masked):
    _, tokenizer = masked
    text = 'Zorvamita disse: "Oi, Brasília!" — e saiu às 10h.'
    ids = torch.tensor([tokenizer(text, add_special_tokens=False).input_ids])
    numbers = bert.words_of(ids, bert.joins(tokenizer))[0]
    words = [tokenizer.decode(ids[0][numbers == n]).strip() for n in numbers.unique()]
    assert {"Zorvamita", "Brasília", "saiu", "às"} <= set(words)
    assert "".join(words) == text.replace(" ", "")


def test_hidden_words_are_eighty_ten_ten(masked):
    _, tokenizer = masked
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(4, tokenizer.mask_token_id, (40, 256), generator=generator)
    ids[:, 200:] = families.PAD
    shown, chosen = bert.hide(
        ids, (ids != families.PAD).float(), bert.joins(tokenizer), tokenizer.mask_token_id, generator
    )
    assert chosen[:, :200].float().mean().item() == pytest.approx(bert.RATE, abs=0.03)
    assert not chosen[:, 200:].any()
    assert (shown[~chosen] == ids[~chosen]).all()
    assert (shown[chosen] == tokenizer.mask_token_id).float().mean().item() == pytest.approx(0.8, abs=0.03)
    assert (shown[chosen] == ids[chosen]).float().mean().item() == pytest.approx(0.1, abs=0.03)


def test_documents_of_a_row_do_not_see_each_other(masked):
    model, tokenizer = masked
    parts = [torch.tensor([tokenizer(text).input_ids]) for text in TEXTS[:3]]
    row = torch.cat(parts, 1)
    apart = ~families.document_mask(row)[:, None]
    with torch.no_grad():
        model.set_attn_implementation("within_document")
        together = model(row, attention_mask={"full_attention": apart}).logits
        model.set_attn_implementation("eager")
        alone = torch.cat([model(part).logits for part in parts], 1)
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)


# --- mini-t5 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [4, 5, 20, 220])
def test_spans_and_what_is_left_make_the_text(length):
    rng, first = np.random.default_rng(length), 1000
    for _ in range(20):
        ids = rng.integers(4, 900, length).tolist()
        source, target = t5.corrupt(ids, first, rng)
        spans, number = {}, None
        for token in target:
            if token >= first:
                number = token
                spans[number] = []
            else:
                spans[number].append(token)
        assert [t for s in source for t in (spans[s] if s >= first else [s])] == ids
        assert [t for t in source if t >= first] == sorted(spans)


def test_the_loss_of_pairs_is_that_of_transformers():
    tokenizer = t5.with_sentinels(BASE)
    torch.manual_seed(0)
    model = T5ForConditionalGeneration(t5.shape(len(tokenizer), 0.3)).eval()
    made = [("corrigir: O gato dormem.", "O gato dorme."), (f"resumir: {TEXTS[3]}" * 3, "Um sapo cantava.")]
    coded = [[tokenizer(text).input_ids for text in pair] for pair in made]
    row = torch.tensor([[token for pair in coded for side in pair for token in side] + [families.PAD] * 3])
    assert t5.unpack(row) == [tuple(pair) for pair in coded]
    with torch.no_grad():
        total, count = t5.pair_loss(model, model.device)(model, row, torch.ones(1))
        sums = [
            model(input_ids=torch.tensor([s]), labels=torch.tensor([t])).loss.item() * len(t)
            for s, t in coded
        ]
    assert count == sum(len(t) for _, t in coded)
    assert total.item() == pytest.approx(sum(sums), rel=1e-4)


def test_queries_of_usual_size_change_no_output():
    torch.manual_seed(0)
    model = T5ForConditionalGeneration(t5.shape(300, 0.3)).eval()
    ids = torch.arange(4, 20)[None]
    with torch.no_grad():
        before = model(input_ids=ids, decoder_input_ids=ids).logits
        t5.shrink(model)
        torch.testing.assert_close(model(input_ids=ids, decoder_input_ids=ids).logits, before)
        assert sum("parametrizations" in name for name, _ in model.named_parameters()) == 9
        t5.restore(model)
        torch.testing.assert_close(model(input_ids=ids, decoder_input_ids=ids).logits, before)


def test_edits_are_counted_word_by_word():
    assert t5.edits("As menina correu.", "As meninas correram.") == {(1, 2, "meninas"), (2, 3, "correram.")}
    assert t5.edits("O gato", "O gato preto") == {(2, 2, "preto")}
    assert not t5.edits("Tudo certo.", "Tudo certo.")


# --- mini-xlnet ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def permuted() -> XLNetLMHeadModel:
    torch.manual_seed(0)
    return XLNetLMHeadModel(xlnet.shape(300, 0.3)).eval()


def test_a_target_sees_what_comes_before_it_in_the_order_and_nothing_else(permuted):
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(4, 300, (1, 12), generator=generator)
    ids[0, 0] = ids[0, 7] = families.END  # two documents
    targets = xlnet.eligible(ids)
    targets[0, 3] = False
    rank = torch.rand(ids.shape, generator=generator)
    places = targets[0].nonzero()[:, 0].tolist()
    with torch.no_grad():
        logits = xlnet.order_loss(permuted, ids, targets, rank)[1]
        for changed in range(1, 12):
            if changed == 7:
                continue
            other = ids.clone()
            other[0, changed] = 4 if ids[0, changed] != 4 else 5
            moved = (xlnet.order_loss(permuted, other, targets, rank)[1] - logits).abs().amax(-1) > 1e-6
            for place, differs in zip(places, moved.tolist(), strict=True):
                same = (place < 7) == (changed < 7)
                before = not targets[0, changed] or rank[0, changed] < rank[0, place]
                assert differs == (same and bool(before)), (place, changed)


def test_folding_changes_no_output_and_gives_muon_matrices(permuted):
    ids = torch.arange(4, 20)[None]
    with torch.no_grad():
        before = permuted(ids).logits
        xlnet.unfold(permuted)
        assert sum(p.ndim == 2 and "parametrizations" in n for n, p in permuted.named_parameters()) == 25
        torch.testing.assert_close(permuted(ids).logits, before)
        xlnet.fold(permuted)
        torch.testing.assert_close(permuted(ids).logits, before)
    assert permuted.transformer.layer[0].rel_attn.q.ndim == 3


# --- the commands --------------------------------------------------------------------------------------


def build(module, corpus: Path, folder: Path, monkeypatch, *more: str) -> Path:
    out = folder / "out"
    name = module.__name__.rpartition(".")[2]
    arguments = ["--corpus", corpus, "--tokenizer", BASE, "--work", folder / "work", "--out", out]
    arguments += ["--tokens", "2k", "--batch", "4", "--size", "0.2", "--cases", "4", *more]
    monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
    module.main()
    return out


MEASURES = {
    bert: {"masked", "masked_loss", "agreement"},
    t5: {"exact", "copy", "edits", "untouched", "summary", "span_loss"},
    xlnet: {"left_to_right", "random_order", "masked", "masked_loss", "masked_in_order"},
}


@pytest.mark.parametrize(
    ("module", "auto"),
    [(bert, AutoModelForMaskedLM), (t5, AutoModelForSeq2SeqLM), (xlnet, AutoModelForPreTraining)],
    ids=["bert", "t5", "xlnet"],
)
def test_a_folder_opens_with_its_standard_class(module, auto, corpus, tmp_path, monkeypatch):
    out = build(module, corpus, tmp_path, monkeypatch)
    model, information = auto.from_pretrained(out, output_loading_info=True)
    assert not information["missing_keys"]
    assert not information["unexpected_keys"]
    stored = load_file(out / "model.safetensors")
    assert {t.dtype for t in stored.values()} == {torch.float16}
    ids = torch.arange(4, 12)[None]
    more = {"decoder_input_ids": ids} if module is t5 else {}
    with torch.no_grad():
        assert model(input_ids=ids, **more).logits.isfinite().all()  # in the dtype it opens in
    training, result = (
        json.loads((out / f"{n}.json").read_text(encoding="utf-8")) for n in ("training", "evaluation")
    )
    assert training["tokens"] >= 2000
    assert training["curve"]
    assert training["command"].startswith("python -m")
    assert set(result["measures"]) == MEASURES[module]
    assert len(result["samples"]) == families.SAMPLES
    if module is bert:
        found = pipeline("fill-mask", model=str(out))("O gato <|mask|> no sofá.")
        assert len(found) == 5
    before = (out / "evaluation.json").read_text(encoding="utf-8")
    build(module, corpus, tmp_path, monkeypatch, "--measure")
    again = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))
    assert again["measures"] == json.loads(before)["measures"]


def test_a_missing_corpus_is_one_sentence(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        build(bert, tmp_path, tmp_path, monkeypatch)
    assert "no valid.jsonl in" in capsys.readouterr().err


def test_a_run_taken_up_again_ends_as_one_that_was_not_stopped(corpus, tmp_path, monkeypatch):
    whole = build(bert, corpus, tmp_path / "a", monkeypatch, "--precision", "float32")
    real = bert.train

    def stopped(model, stages, settings, *rest, **options):
        calls = iter(range(100))
        loss = options.pop("loss")

        def failing(*arguments):
            if next(calls) == 1:
                raise KeyboardInterrupt
            return loss(*arguments)

        changed = families.Settings(**{**vars(settings), "save_every": 1})
        return real(model, stages, changed, *rest, loss=failing, **options)

    monkeypatch.setattr(bert, "train", stopped)
    with pytest.raises(KeyboardInterrupt):
        build(bert, corpus, tmp_path / "b", monkeypatch, "--precision", "float32")
    monkeypatch.setattr(bert, "train", real)
    resumed = build(bert, corpus, tmp_path / "b", monkeypatch, "--precision", "float32", "--resume")
    one, other = (AutoModelForMaskedLM.from_pretrained(out).state_dict() for out in (whole, resumed))
    for name in one:
        torch.testing.assert_close(one[name], other[name], msg=name)
