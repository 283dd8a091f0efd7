"""The corpus report against a corpus small enough to count by hand."""

import json
import re

import pytest

from builders.corpus.report import __main__ as command
from builders.corpus.report import measure, page
from builders.corpus.report.syllables import flesch, syllables

LONG = "A menina levou o gato preto até a feira da praça antes da chuva de janeiro"
TRAIN = [
    ("historia", "O gato dorme. Os gatos dormiam no sofá."),
    ("historia", "O gato dorme. Os gatos dormiam no sofá."),  # repeated
    ("descricao", LONG + "."),
    ("descricao", LONG + " e voltou."),  # nearly the same
    ("autoral", "Zuvelo viu três casas azuis."),
    ("copia", "tra tra tra tra"),
]
VALID = [("historia", "Uma menina cantava."), ("descricao", LONG + ".")]


def build(folder, train=TRAIN, valid=VALID):
    folder.mkdir()
    for name, rows in (
        ("train-000.jsonl", train[:3]),
        ("train-001.jsonl", train[3:]),
        ("valid.jsonl", valid),
    ):
        lines = [json.dumps({"kind": k, "text": t, "answers": []}, ensure_ascii=False) for k, t in rows]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def found(tmp_path):
    return measure.count(build(tmp_path / "c"), count_tokens=lambda texts: sum(map(len, texts)))


def test_sizes(found):
    train = found.total("train")
    assert train.documents == 6
    assert train.characters == train.tokens == sum(len(text) for _, text in TRAIN)
    assert found.total("train", "historia").words == 16
    assert found.total("valid").words == 3 + 16
    assert found.kinds == ["autoral", "copia", "descricao", "historia"]


def test_repeats_and_overlap(found):
    assert found.repeated == 1
    assert found.shared == 1
    assert found.overlap == 1.0  # the only text of validation with 8 words stands in training


def test_overlap_is_none_where_nothing_is_shared(tmp_path):
    valid = [("historia", "Num dia frio de junho o velho barqueiro cantou para os peixes do lago.")]
    found = measure.count(build(tmp_path / "c", valid=valid))
    assert (found.shared, found.overlap) == (0, 0.0)


def test_partial_overlap(tmp_path):
    words = LONG.split()
    half = " ".join(words[:8]) + " um dois três quatro cinco seis sete oito"
    found = measure.count(build(tmp_path / "c", valid=[("historia", half)]))
    assert found.overlap == pytest.approx(1 / 9)  # the first of nine runs


def test_lemmas(found):
    vocabulary = measure.all_words(found)
    assert "tra" not in vocabulary  # no lexicon of `copia`
    only = measure.Counter(
        {"gato": 1, "gatos": 2, "dorme": 2, "dormiam": 1, "zuvelo": 9, "Maria": 9, "casa": 2}
    )
    assert measure.lemmas(only) == 2  # gato, dormir; casa is seen too seldom
    assert measure.lemmas(only, at_least=1) == 3
    assert measure.table_lemmas(measure.Counter({"gatos": 1, "Azuis": 1, "dormiam": 1})) == {
        "substantivos": 1,
        "adjetivos": 1,
        "verbos": 1,
    }


def test_ngrams():
    found = measure.Counts(chunks=[[["a", "b", "a", "b"], ["B", "a"]]])
    # distinct pairs: ab, ba; six words
    assert measure.distinct_ngrams(found, 2) == pytest.approx(2 * 100_000 / 6)
    assert measure.distinct_ngrams(found, 4) == pytest.approx(1 * 100_000 / 6)


def test_near_duplicates():
    long = [f"palavra{i}" for i in range(60)]
    near, far = [*long[:-1], "outra"], [f"coisa{i}" for i in range(60)]
    assert measure.near_duplicates([long, near, far]) == pytest.approx(2 / 3)
    assert measure.near_duplicates([long, far]) == 0


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("água", 2), ("saúde", 3), ("alegria", 4), ("história", 3), ("dia", 2), ("rua", 2), ("coração", 3),
        ("mãe", 1), ("quando", 2), ("guerra", 2), ("muito", 2), ("criança", 3), ("país", 2), ("pai", 1),
        ("leite", 2), ("lua", 2), ("eu", 1), ("ciência", 3), ("baú", 2), ("poesia", 4), ("rainha", 3),
        ("ainda", 3), ("juiz", 2), ("caiu", 2), ("aeroporto", 5), ("iguais", 2), ("cachorro", 3),
    ],
)  # fmt: skip
def test_syllables(word, count):
    assert syllables(word) == count


def test_flesch():
    assert flesch(10, 2, 20) == pytest.approx(248.835 - 1.015 * 5 - 84.6 * 2)


def test_readability_is_only_for_sentences(found):
    # "O gato dorme. Os gatos dormiam no sofá." twice (14 syllables), "Uma menina cantava." (8)
    assert measure.readability(found, "historia") == pytest.approx(flesch(19, 5, 2 * 14 + 8))
    assert measure.readability(found, "copia") is None


def test_the_page_is_rewritten_between_its_markers(tmp_path, capsys):
    readme = tmp_path / "README.md"
    readme.write_text(f"# Corpus\n\n{page.START}\nvelho\n{page.END}\n\nFim.\n", encoding="utf-8")
    folder = build(tmp_path / "c", valid=VALID[:1])
    command.main(["--corpus", str(folder), "--readme", str(readme)])
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("# Corpus\n")
    assert text.endswith(f"{page.END}\n\nFim.\n")
    assert "velho" not in text
    assert "| textos repetidos no treino | 1 |" in text
    assert re.search(r"\| `historia` \| 2 \| ", text)
    assert "M tokens" not in text
    command.main(["--corpus", str(folder), "--readme", str(readme)])
    assert readme.read_text(encoding="utf-8") == text  # the same corpus, the same page


def test_numbers_are_portuguese():
    assert page.number(1234567.891, 1) == "1.234.567,9"
    assert page.percent(0.0312) == "3,1 %"
    assert page.percent(0.00001) == "< 0,1 %"
    assert page.percent(0) == "0,0 %"


def test_complaints(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("sem marcas\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="gere o corpus com"):
        command.main(["--corpus", str(tmp_path), "--readme", str(readme)])
    shared = build(tmp_path / "c")
    with pytest.raises(SystemExit, match="1 textos da validação estão também no treino"):
        command.main(["--corpus", str(shared), "--readme", str(readme)])
    clean = build(tmp_path / "d", valid=VALID[:1])
    with pytest.raises(SystemExit, match="precisa das linhas"):
        command.main(["--corpus", str(clean), "--readme", str(readme)])
    with pytest.raises(SystemExit, match="espera um arquivo"):
        command.main(["--corpus", str(clean), "--tokenizer", str(tmp_path / "nada.json")])
    (clean / "train-000.jsonl").write_text('{"kind": "historia"}\n', encoding="utf-8")
    with pytest.raises(SystemExit, match=r"train-000\.jsonl, linha 1"):
        command.main(["--corpus", str(clean), "--readme", str(readme)])
    assert readme.read_text(encoding="utf-8") == "sem marcas\n"
