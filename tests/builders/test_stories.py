"""Stories, scenes and dialogues: reproducible, varied, well formed, and free of what is reserved."""

import random
import re

import pytest

from builders.corpus import Document, descriptions, dialogues, stories
from builders.corpus.casting import Character, cast
from builders.corpus.lexicon import HELD_OUT, LexiconError, lexicon
from builders.corpus.templates import load_plot, macros, plots, tell

MODULES = {"historia": stories, "descricao": descriptions, "dialogo": dialogues}


def take(module, count: int, split: str = "train", seed: int = 1) -> list[Document]:
    source = module.documents(random.Random(seed), split)
    return [next(source) for _ in range(count)]


@pytest.mark.parametrize("kind", MODULES)
def test_same_seed_same_texts(kind):
    first, second = take(MODULES[kind], 50), take(MODULES[kind], 50)
    assert first == second
    assert {d.kind for d in first} == {kind}
    assert take(MODULES[kind], 50, seed=2) != first


@pytest.mark.parametrize(("kind", "most"), [("historia", 0.0), ("descricao", 0.02), ("dialogo", 0.02)])
def test_few_texts_are_told_twice(kind, most):
    texts = [d.text for d in take(MODULES[kind], 20_000)]
    assert 1 - len(set(texts)) / len(texts) <= most


def test_story_lengths_fit_the_context():
    lengths = sorted(len(d.text.split()) for d in take(stories, 2000))
    assert lengths[0] >= 40
    assert lengths[-1] <= 220
    assert 60 <= lengths[len(lengths) // 2] <= 170


@pytest.mark.parametrize("kind", MODULES)
def test_texts_are_well_formed(kind):
    for document in take(MODULES[kind], 3000):
        text = document.text
        assert not re.search(r"[{}\[\]|_~%¶]| {2}| [,.!?;]|\.\.|,,|\n\n", text), text
        for line in text.split("\n"):
            spoken = line.removeprefix("— ")
            assert spoken[0].isupper(), text
            assert line[-1] in '.!?":', text


@pytest.mark.parametrize("kind", MODULES)
def test_prepositions_are_contracted(kind):
    wrong = re.compile(
        r"\b(de o|de a|de os|de as|em o|em a|em os|em as|por o|por a|a o|de ele|em ela|a as|a os)\b"
    )
    for document in take(MODULES[kind], 3000):
        text = document.text.lower().replace("antes de o sol", "")  # before a subject it stays apart
        assert not wrong.search(text), text


def test_reserved_names_only_in_validation():
    names = [n.word for n in lexicon().names if n.reserved]
    pattern = re.compile(r"\b(" + "|".join(names) + r")\b")
    for module in (stories, dialogues):
        assert not any(pattern.search(d.text) for d in take(module, 5000))
        found = {m for d in take(module, 5000, "valid") for m in pattern.findall(d.text)}
        assert found == set(names)


def test_reserved_heroes_only_in_validation(monkeypatch):
    seen = []

    def spy(roles, split, random_, hero):
        context = cast(roles, split, random_, hero)
        seen.append(context)
        return context

    monkeypatch.setattr("builders.corpus.templates.cast", spy)
    for split in ("train", "valid"):
        rng, told = random.Random(3), set()
        for plot in plots("historias"):
            for _ in range(150):
                tell(plot, split, rng)
                lead = seen[-1]["h"]  # the last cast is the one that was told
                assert isinstance(lead, Character)
                told.add((lead.noun.word, plot.name))
        reserved = told & HELD_OUT["heroi_enredo"]
        assert bool(reserved) == (split == "valid")
    names = {plot.name for plot in plots("historias")}
    assert {plot for _, plot in HELD_OUT["heroi_enredo"]} <= names


def test_reserved_scenes_only_in_validation():
    """The cat that sleeps while the dog does something is never trained on."""
    cat = re.compile(
        r"[Oo] gato (\w+ )?(está |estava )?(dorm\w+) [^.\n]*(enquanto|;|, e|\. Ao mesmo tempo,) o cachorro"
    )
    assert not any(cat.search(d.text) for d in take(descriptions, 60_000))
    assert any(cat.search(d.text) for d in take(descriptions, 20_000, "valid"))


def test_the_hero_keeps_its_name():
    """No name appears from nowhere: a story has at most the three of its cast."""
    names, places = {n.word for n in lexicon().names}, {"João", "Francisco"}  # São João, rio São Francisco
    for document in take(stories, 2000):
        inside = [
            w
            for w in re.findall(r"(?<=[a-zà-ÿ,] )[A-ZÀ-Ý]\w+", document.text)
            if w in names and w not in places
        ]
        assert len(set(inside)) <= 3, document.text


def test_openings_vary():
    openings = [" ".join(d.text.split()[:3]) for d in take(stories, 3000)]
    assert len(set(openings)) > 600
    assert sum(o.startswith("Era uma vez") for o in openings) < len(openings) / 3
    assert any(d.text.startswith("Era uma vez, um unicórnio") for d in take(stories, 20_000))
    assert any(d.text.startswith("Era uma vez um unicórnio") for d in take(stories, 20_000))


def test_every_plot_and_macro_loads_and_can_be_told():
    assert len(plots("historias")) >= 15
    assert macros()
    for folder in ("historias", "dialogos", "descricoes"):
        for plot in plots(folder):
            assert tell(plot, "valid", random.Random(0))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("@h char naoexiste\n== a\ntexto\n", "line 1: 'naoexiste' is neither a class nor a word"),
        ("== a\n{h\n", "line 2: '{' without '}'"),
        ("== a\n[um|dois\n", "line 2: '[' without ']'"),
        ("== a\n{torto:h}\n", "line 2: unknown form '{torto:h}'"),
        ("texto\n", "line 1: text before the first beat"),
    ],
)
def test_a_bad_plot_is_named(tmp_path, content, complaint):
    path = tmp_path / "torto.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(LexiconError, match=re.escape(f"torto.txt, {complaint}")):
        load_plot(path)
