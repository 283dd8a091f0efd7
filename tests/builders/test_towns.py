"""Invented towns: papers state their facts where they say, and each answer stands in its piece."""

import random
import re

import pytest

from builders.corpus import paraphrases, themes, town_searches
from builders.corpus.instructions import make, right, towned
from builders.corpus.labels import SORTS_OF, label_town
from builders.corpus.passages import NOT_IN_TEXT
from builders.corpus.town_tables import FIXED, table_town
from builders.corpus.towns import pieces, theme_town
from builders.documents.model import normalised
from builders.measures import towns as towns_measure
from llmlib import rag
from llmlib.data import documents, questions
from llmlib.scratch.retrieval import windows

SMALL = """@ clube
$ C | nome_m
$ P | pessoa
+ abre | hora 7..10
+ preço | reais 20..90
+ preside | $P
? abre: A que horas o Clube {C} abre? // Quando abre o {C}? // Qual é o horário do {C}?
~ abre: Desde quando entro no {C}? // A porta do {C} cede a que horas? // Chego cedo ao {C}? // E o {C}?
? preço: Quanto custa o {C}? // Qual é o preço do {C}? // Que preço tem o {C}?
~ preço: Quanto levo ao {C}? // O {C} cobra quanto? // Quanto deixo no {C}? // O {C} pesa no bolso?
? preside: Quem preside o {C}? // Quem é presidente do {C}? // Quem está à frente do {C}?
~ preside: Com quem reclamo no {C}? // Quem manda no {C}? // Quem assina pelo {C}? // E {P.1}?
! Qual é o telefone do {C}?
== aviso | Aviso do {C}
[abre: O clube abre às #. // Às # abre o clube.] Traga agasalho.

[preço: # é o que se paga.]
== carta | Carta de {P}
Escrevo do {C}.
[preside: Quem preside sou eu, #.]
== tabela | Quadro
| a | b |
[abre: | abertura | # |]
"""


@pytest.fixture(scope="module")
def towns():
    rng = random.Random("cidades")
    every = [
        theme_town(rng, "train", i, held) for held in (False, True) for i in range(len(themes.themes(held)))
    ]
    return every + [town for number in range(4) for town in table_town(number, "train")]


def test_every_paper_states_its_facts_where_it_says(towns):
    for town in towns:
        for paper in town.papers:
            assert not re.search(r"[{}#]|\[[a-zà-ú-]+: ", paper.text), paper.text
            assert not re.search(r"[{}]", paper.title)
            for _, start, end in paper.stated:
                assert 0 <= start < end <= len(paper.text)
        stated = {key for paper in town.papers for key, _, _ in paper.stated}
        assert all(set(asked.keys) <= stated for asked in town.asked)
        assert all(asked.near and (asked.answer or not asked.keys) for asked in town.asked)


def test_an_answer_stands_in_the_sentence_that_states_its_fact(towns):
    seen = 0
    for town in towns:
        for asked in town.asked:
            if len(asked.keys) != 1:
                continue
            for paper in town.papers:
                for key, start, end in paper.stated:
                    if key == asked.keys[0]:
                        said = paper.text[start:end].lower()
                        assert asked.answer.lower() in said, (asked.answer, said)
                        seen += 1
    assert seen > 1000


def test_any_word_may_be_a_label():
    rng = random.Random("rótulos")
    drawn = [label_town(rng, "train") for _ in range(80)]
    answered = [asked for town in drawn for asked in town.asked if asked.keys]
    words = {word for asked in answered for word in asked.near[0].split()[:-3]}
    assert len(words) > 400
    for town in drawn:
        told = " ".join(paper.text for paper in town.papers)
        assert len({a.near[0] for a in town.asked}) == len(town.asked)  # each question has one answer
        for asked in town.asked:
            assert asked.answer.lower() in told.lower()
    assert any(a.keys == () for town in drawn for a in town.asked)
    for sort in SORTS_OF.values():
        assert all(each.count("#") == 1 for each in sort.stated)


def test_names_and_values_are_drawn_anew():
    made = [theme_town(random.Random(seed), "train", 0) for seed in (1, 2)]
    assert made[0].papers[0].text != made[1].papers[0].text
    assert theme_town(random.Random(1), "train", 0) == made[0]


def test_conversations_tell_the_truth_of_their_pieces():
    rng, kinds, cited = random.Random("perguntas"), set(), 0
    for _ in range(400):
        turns, kind = towned.conversation(rng, "train")
        kinds.add(kind)
        context = turns[0][0]
        found = dict(re.findall(r"(?ms)^\[(\d)\] (.*?)(?=^\[\d\] |^Pergunta: |\Z)", context))
        assert found
        for _, answer in turns:
            if answer == NOT_IN_TEXT:
                continue
            value, place = re.fullmatch(r"(?s)(.*)\. \[(\d)\]", answer).groups()
            assert place in found
            if not value.startswith(("a linha", "o ", "a ")):  # a comparison is answered by a name
                assert normalised(value) in normalised(found[place]), (found[place], answer)
                cited += 1
    assert kinds == {"cidade", "cidade_sem"}
    assert cited > 200


def test_what_the_town_before_states_answers_nothing():
    before, town = (theme_town(random.Random(seed), "train", 0) for seed in (1, 2))  # the same facts
    cut = towned._Visit(town, 1, before).cut(60, True)
    own = towned._Visit(town, 1).cut(60, True)
    assert cut[: len(own)] == own
    other = cut[len(own) :]
    assert [p.text for p in other] == [p.text for p in towned._Visit(before, 1).cut(60, True)]
    assert any(p.whole for p in own)
    assert not any(p.whole | p.touched for p in other)


def test_the_message_is_the_one_that_the_course_sends():
    source = rag.Source("d", "t", 0, 1, "Um texto.", "Um texto.")
    assert towned.message("Por quê?", ["Um texto."]) == rag.message("Por quê?", [source])


def test_pieces_are_cut_as_an_index_cuts(towns):
    paper = towns[0].papers[0]
    cut = pieces(paper, 30, 8, False)
    assert [p.text for p in cut] == [rag.flat(paper.text[a:b]) for a, b in windows(paper.text, 30, 8)]
    assert all(piece.whole <= piece.touched for piece in cut)


def test_searches_have_one_right_piece():
    rng = random.Random("buscas")
    for _ in range(10):
        found = town_searches.batch(rng, "train", 12)
        assert len({key for _, _, key in found}) == len(found) > 10
    assert len(paraphrases.unique(paraphrases.towns(rng, "train", 12))) > 10


def test_nothing_of_the_part_that_measures_is_in_training(towns):
    """Names of Caxinduba, its questions and what its documents written by hand say stay out of training."""
    told = " ".join(paper.title + " " + paper.text for town in towns for paper in town.papers).lower()
    assert not [name for name in FIXED if name.lower() in told]
    whole = r"(?<=[a-zà-ú] )[A-ZÀ-Ú][a-zà-ú]{2,}(?: [A-ZÀ-Ú][a-zà-ú]{2,})+"  # two words with capitals
    held = [d for d in documents("caxinduba") if d["parte"] == "teste"]
    names = {name.lower() for d in held for name in re.findall(whole, d["texto"])}
    assert len(names) > 40
    names -= {"estação biológica", "distrito industrial"}  # what any town may have
    assert not {name for name in names if re.search(rf"\b{re.escape(name)}\b", told)}
    asked = {wording.lower() for town in towns for a in town.asked for wording in a.near + a.far}
    assert not asked & {w["texto"].lower() for q in questions("caxinduba", "teste") for w in q["jeitos"]}
    tabled = ("especies", "onibus", "produtos", "contratos")
    sentences = {
        each.strip().lower()
        for d in held
        if not d["tema"].startswith(tabled)
        for each in re.split(r"(?<=[.!?])\s+", d["texto"])
        if len(each.split()) > 5
    }
    assert len(sentences) > 400
    assert not [each for each in sentences if each in told]


def runs(theme: themes.Theme, size: int) -> set[tuple[str, ...]]:
    """Every run of `size` words of its documents and of its questions."""
    texts = [paper.text for paper in theme.papers]
    texts += [wording for fact in theme.facts.values() for wording in fact.direct + fact.other]
    found = set()
    for text in texts:
        words = re.findall(r"\w+", text.lower())
        found |= {tuple(words[i : i + size]) for i in range(len(words) - size + 1)}
    return found


def test_held_themes_stay_out_of_training():
    held, read = themes.themes(True), themes.themes()
    assert len(held) >= 20
    known = set().union(*(runs(theme, 9) for theme in read))
    own = set().union(*(runs(theme, 9) for theme in held))
    assert len(own & known) < len(own) / 500, own & known  # any two texts share turns of phrase
    rng = random.Random("guardados")
    drawn = {paper.title for _ in range(60) for paper in theme_town(rng, "train").papers}
    assert not drawn & {
        paper.title for i in range(len(held)) for paper in theme_town(rng, "valid", i, True).papers
    }


def test_the_measure_of_towns_counts_by_theme_and_by_way(monkeypatch):
    every = [
        item
        for held in (True, False)
        for way in towns_measure.WAYS
        for item in towns_measure.items(6, held, way)
    ]
    assert len(every) == 24
    assert all(answer and any(answer.lower() in text.lower() for text in texts) for _, texts, answer in every)
    held = {question for way in towns_measure.WAYS for question, *_ in towns_measure.items(6, True, way)}

    def replies(lm, asked):
        return [f"{answer}. [1]" if q in held else NOT_IN_TEXT for q, _, answer in asked]

    monkeypatch.setattr(towns_measure, "replies", replies)
    found = towns_measure.measure(None, 6)
    assert found["held"]["all"]["hits"] == found["held"]["all"]["n"] == 12
    assert found["trained"]["all"]["hits"] == 0
    assert found["trained"]["unanswerable"]["hits"] == 3
    for _, texts, answer in towns_measure.items(4, True, "near", shown=False):
        assert texts
        assert answer == ""


def test_the_right_answer_is_accepted_and_another_is_not():
    for kind in ("cidade", "cidade_sem"):
        for i in range(10):
            conversation = make(random.Random(f"{kind}{i}"), "valid", kind)
            assert right(conversation, conversation.answer)
            assert not right(conversation, "Talvez amanhã.")


def test_a_theme_is_read():
    made = themes.draw(random.Random(0), "train", themes.parse(SMALL))
    notice, letter, _ = made.papers
    assert made.values["abre"] in notice.text
    assert letter.title == f"Carta de {made.names['P']}"
    assert made.said("{P.1} {P.2}") == made.names["P"]
    assert made.values["preside"] == made.names["P"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("+ preço | reais 20..90", "+ preço | qualquer", "linha 5: .*não conheço o tipo"),
        ("+ preço | reais 20..90", "+ preço | azul; verde", "8 valores"),
        ("$ P | pessoa", "$ pp | pessoa", "linha 3"),
        ("! Qual", "? nada: Qual", "linha 13"),
        ("+ preside | $P", "+ preside | $Z", "não foi declarado"),
        ("# é o que se paga.", "é o que se paga.", "precisa de um sinal #"),
        ("[preço: #", "[prezo: #", "não é um fato"),
        ("[preside: Quem preside sou eu, #.]", "Adeus.", "nenhum documento diz preside"),
        ("Traga agasalho", "Traga {Z}", "nome não declarado"),
        (" // Quando abre o {C}?", "", "precisa de 3 perguntas"),
    ],
)
def test_a_bad_theme_says_where(old, new, said):
    assert old in SMALL
    with pytest.raises(themes.ThemeError, match=f"(?s){said}"):
        themes.parse(SMALL.replace(old, new), "clube.txt")


def test_what_is_judged_is_what_the_towns_say():
    rng = random.Random("julgar")
    found = [row for _ in range(12) for row in town_searches.judged(rng, "train", 6, 4)]
    assert {answering for _, _, answering in found} == {0, 1}
    for query, texts, answering in found:
        assert query[0].isupper() or not query[0].isalpha()
        assert answering <= len(texts) <= answering + 4
        assert len(set(texts)) == len(texts)
