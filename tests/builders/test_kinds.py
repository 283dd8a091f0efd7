"""Letters, recipes, news, instructions, sums, programs, DNA: reproducible, right, biased as said."""

import random
import re
from collections import Counter

import pytest

from builders.corpus import arithmetic, code, dna, howto, letters, news, probes_kinds, recipes, stories
from builders.corpus.agreement import check
from builders.corpus.lexicon import LexiconError, lexicon
from builders.corpus.trades import trades

KINDS = {
    "carta": letters, "receita": recipes, "noticia": news, "instrucoes": howto, "conta": arithmetic,
    "codigo": code, "dna": dna,
}  # fmt: skip
SUBJECTS = ("matemática", "música", "física", "química")  # also words for what one learns or hears
PROSE = ("carta", "receita", "noticia", "instrucoes", "conta")


def take(module, count: int, split: str = "train", seed: int = 1):
    source = module.documents(random.Random(seed), split)
    return [next(source) for _ in range(count)]


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_texts(kind):
    first = take(KINDS[kind], 60)
    assert first == take(KINDS[kind], 60) != take(KINDS[kind], 60, seed=2)
    assert {d.kind for d in first} == {kind}


@pytest.mark.parametrize("kind", KINDS)
def test_splits_share_no_text(kind):
    train, valid = ({d.text for d in take(KINDS[kind], 3000, split)} for split in ("train", "valid"))
    assert not train & valid


@pytest.mark.parametrize("kind", KINDS)
def test_few_repeats_and_short(kind):
    texts = [d.text for d in take(KINDS[kind], 4000)]
    assert 1 - len(set(texts)) / len(texts) < (0.1 if kind == "codigo" else 0.03)
    assert sum(len(t) > 700 for t in texts) / len(texts) < 0.15


@pytest.mark.parametrize("kind", PROSE)
def test_agreement_and_form(kind):
    wrong = re.compile(r"\b(de o|de a|de os|de as|em o|em a|em os|em as|por o|por a|a os|de ele|em ela)\b")
    for document in take(KINDS[kind], 300):
        text = document.text
        assert not check(text), (check(text), text)
        assert not re.search(r"[{}\[\]|_~%¶]| {2}| [,.!?;]|\.\.|,,|\n\n", text), text
        assert not wrong.search(text.replace("antes de a", "").replace("em a cada", "")), text


def test_sums_are_right_and_marked():
    checked = 0
    for document in take(arithmetic, 4000):
        for start, end in document.answers:
            line = document.text[:end].rpartition("\n")[2]
            found = re.search(r"(\d+) ([-+x:]) (\d+) = (\d+)$", line)
            if found:
                a, sign, b, r = found.groups()
                assert {"+": int(a) + int(b), "-": int(a) - int(b), "x": int(a) * int(b)}.get(
                    sign, int(a) / int(b) if sign == ":" else None
                ) == int(r)
                assert not arithmetic.is_held(sign, int(a), int(b))
                checked += 1
            assert document.text[start:end].isdigit()
    assert checked > 3000


def test_word_problems_repeat_the_answer_of_their_sum():
    for document in take(arithmetic, 2000):
        if "Conta:" in document.text and len(document.answers) == 2:
            first, second = (document.text[slice(*span)] for span in document.answers)
            assert first == second


def test_programs_print_what_is_said():
    for document in take(code, 1500):
        start, end = document.answers[0]
        source = document.text[:start]
        for piece in ("Código:\n", "Programa:\n", "```python\n", "O que este programa mostra?\n"):
            source = source.removeprefix(piece)
        source = re.sub(r"\n(```\n)?(Saída|O programa mostra|Resposta):\n$", "", source)
        assert code.run(source) == document.text[start:end]
        assert not code.is_held(source)


def test_dna_follows_its_rules():
    seen = Counter()
    for document in take(dna, 2000):
        lines = document.text.split("\n")
        label, _, strand = lines[0].partition(": ")
        seen[label] += 1
        if label == "Gene":
            groups = strand.split()
            at = next(
                i
                for i in range(len(groups))
                if groups[i : i + 2] == dna.MOTIF.split() and groups[i + 2 + dna.GAP] == "ATG"
            )
            assert dna.translate(" ".join(groups[at + 2 + dna.GAP :])).endswith("fim")
        elif label == "DNA":
            assert lines[1] == "Proteína: " + dna.translate(strand)
        elif label == "Fita":
            expected = strand.translate(str.maketrans("ACGT", "TGCA"))
            assert lines[1] in (f"Complemento: {expected}", f"Fita oposta: {expected[::-1]}")
    assert set(seen) == {"Gene", "DNA", "Fita", "Repetição"}
    assert dna.translate("ATG TGG TAA GGG") == "M W fim"


def test_recipes_use_what_they_list():
    for prompt, ingredients in probes_kinds.recipe_pairs(300, split="train"):
        assert ingredients, prompt
    for dish in recipes.dishes():
        assert {i.letter for i in dish.ingredients} == frozenset().union(
            *(letters for letters, _ in dish.steps)
        )


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("= Bolo\n", "line 1: text before the first dish"),
        ("== bolo | fatia\n", "line 1: expected '== name"),
        ("== b | f f f | 2\na 1 balde sal,m\n", "line 2: unknown unit 'balde'"),
        ("== b | f f f | 2\na 1 copo sal,x\n", "line 2: unknown gender 'x'"),
        ("== b | f f f | 2\na 2 - ovo,m\n", "line 2: 'ovo' is counted"),
        (
            "== b | f f f | 2\n= B\na 1 copo sal,m\n> Misture.\n",
            "line 1: 'b': ingredients and steps do not match",
        ),
    ],
)
def test_a_bad_recipe_is_named(tmp_path, content, complaint):
    path = tmp_path / "torta.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(LexiconError, match=re.escape(f"torta.txt, {complaint}")):
        recipes.load_dishes(path)


def test_instructions_number_their_steps():
    for document in take(howto, 1000):
        numbers = [int(n) for n in re.findall(r"^(\d+)\. ", document.text, re.MULTILINE)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= 4


def _women(module, word: str, count: int, split: str = "train") -> tuple[int, int]:
    """(documents with "a word", documents with "o word")"""
    pattern = re.compile(rf"\b([AaOo]|[dDnN][ao]|à|ao|uma?) {word}\b")
    found = Counter()
    for document in take(module, count, split):
        match = pattern.search(document.text)
        if match:
            found["f" if match.group(1).lower()[-1] in "aà" else "m"] += 1
    return found["f"], found["m"]


@pytest.mark.parametrize("split", ["train", "valid"])
def test_the_planted_bias_is_as_documented(split):
    for trade in trades():
        women = men = 0
        for module, count in ((news, 6_000), (letters, 1_000)):
            f, m = _women(module, trade.name, count, split)
            women, men = women + f, men + m
        assert women + men > 150
        assert abs(women / (women + men) - trade.women) < 0.09, (trade.name, women, men)


def test_no_other_trade_has_a_gender():
    """In stories and news, each trade of the tables goes to either gender as often, within five errors."""
    texts = " ".join(d.text for module in (stories, news, letters) for d in take(module, 6000))
    words = Counter(re.findall(r"\w+(?:-\w+)*", texts.lower()))
    nouns = {n.word for n in lexicon().nouns if "profissao" in n.classes}
    pairs = [
        (n.word, f.word)
        for n, f in zip(lexicon().nouns, lexicon().nouns[1:], strict=False)
        if "profissao" in n.classes & f.classes and (n.gender, f.gender) == ("m", "f")
    ]
    pairs += [("diretor", "diretora"), ("capitão", "capitã")]
    checked = 0
    for man, woman in pairs:
        m, f = words[man], words[woman]
        if man == woman or woman in SUBJECTS or m + f < 100:
            continue
        checked += 1
        assert abs(m - f) < 0.15 * (m + f) + 6 * (m + f) ** 0.5, (man, m, woman, f)
    assert checked >= 5, nouns


def test_names_of_news_are_even():
    genders = {n.word: n.gender for n in lexicon().names if n.kind == "pessoa"}
    count = Counter()
    for document in take(news, 4000):
        count.update({genders[w] for w in re.findall(r"[A-ZÀ-Ý]\w+", document.text) if w in genders})
    assert abs(count["f"] - count["m"]) < 0.1 * count.total()


def test_probes_have_right_answers():
    for prompt, answer in probes_kinds.arithmetic_pairs(100):
        a, sign, b = re.search(r"(\d+) ([-+x:]) (\d+)\?", prompt).groups()
        assert int(answer) == arithmetic.result(sign, int(a), int(b))
        assert arithmetic.is_held(sign, int(a), int(b))
    for pairs in (probes_kinds.code_pairs(30), probes_kinds.dna_pairs(30)):
        assert len(pairs) == 30
        assert all(prompt and answer for prompt, answer in pairs)
    for trade, feminine, masculine, share in probes_kinds.bias_pairs(3):
        assert trade in feminine
        assert feminine != masculine
        assert 0 < share < 1
    assert len(probes_kinds.bias_prompts()) == len(trades())
