"""The documents' collections: every span, answer and grade follows from the tables, and the texts vary."""

import re
from collections import Counter, defaultdict
from itertools import combinations

import pytest

from builders.documents import __main__ as command
from builders.documents import collection, model, science, science_words, source
from builders.documents.model import Collection, SourceError, normalised, number
from llmlib import data

SLIPS = re.compile(
    r"^De [oa] "
    r"|\b(n[ao]s? n[ao]s?|n[ao] [ao]|com com|em em|pel[ao]s? [ao]s?|às às|d[eao] d[eao]|por pel[ao]|para para"
    r"|em o|em a|de os|de as|a as)\b|  |\bo (?:o|a) |\.\.(?!\.)|,\.| [.,;:!?]",
)
UNFIT = re.compile(
    r"\b(sexo|sexual|droga|cerveja|cachaça|armas?\b|tiros?\b|matou|assassin|suic|merda|puta|porra|bund"
    r"|idiota|burr[ao]\b|estúpid|nazi|escrav)",
    re.IGNORECASE,
)
CONTENT = re.compile(r"\w{4,}")


@pytest.fixture(scope="module")
def town() -> Collection:
    return collection.town()


@pytest.fixture(scope="module")
def documents() -> dict[str, dict]:
    return {row["id"]: row for row in data.documents("caxinduba")}


@pytest.fixture(scope="module")
def questions() -> list[dict]:
    return data.questions("caxinduba")


def grams(text: str, size: int) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + size]) for i in range(len(words) - size + 1)}


def names(subject: str) -> list[str]:
    """Words by which a sentence can name a subject: its capitalised words and numbers, or all of it."""
    proper = [w for w in re.findall(r"[\w-]+", subject) if w[0].isupper() or w[0].isdigit()]
    return proper or [re.sub(r"^(o|a|os|as) ", "", subject)]


def test_the_files_are_what_the_tables_make() -> None:
    for path, text in command.every_file().items():
        assert path.read_text(encoding="utf-8") == text, path
    size = sum(path.stat().st_size for path in collection.HOME.parent.rglob("*") if path.is_file())
    assert size < 2_000_000


def test_there_is_as_much_as_promised(documents, questions) -> None:
    assert len(documents) >= 200
    assert len(questions) >= 400
    assert min(Counter(row["tipo"] for row in documents.values()).values()) >= 4
    asked = Counter(row["tipo"] for row in questions)
    assert set(asked) == set(model.TYPES)
    assert min(asked.values()) >= 20
    assert sum(1 for row in documents.values() if "injecao" in row) >= 6
    assert len(data.documents("ciencia")) >= 300
    assert len(data.queries("ciencia")) >= 40
    lengths = [len(row["texto"].split()) for row in documents.values()]
    assert min(lengths) >= 60
    assert max(lengths) <= 600
    assert sum(n > 150 for n in lengths) >= 12  # longer than what the small models read at once


def test_every_span_is_in_its_document_and_holds_the_answer(documents, questions) -> None:
    facts = {row["id"]: row for row in map(collection.fact_row, collection.town().facts.values())}
    for row in questions:
        for each in row["apoios"]:
            text = documents[each["documento"]]["texto"]
            assert text[each["inicio"] : each["fim"]] == each["texto"]
            assert each["valor"] in each["texto"]
            fact = facts[each["fato"]]
            told = fact["valores"][0] if each["vale"] else fact["superado"]
            assert normalised(each["valor"]) == normalised(told)
        if row["tipo"] in ("um_fato", "dois_documentos", "contraditoria"):
            last = row["apoios"][-1]["fato"]
            stated = {normalised(a["valor"]) for a in row["apoios"] if a["vale"] and a["fato"] == last}
            assert stated == {normalised(row["respostas"][0])}


def test_one_question_of_a_kind_has_what_its_type_says(town, questions) -> None:
    said = defaultdict(set)
    for document in town.documents.values():
        for each in document.evidence:
            said[each.fact].add(document.id)
    for row in questions:
        facts = list(dict.fromkeys(each["fato"] for each in row["apoios"]))
        if row["tipo"] == "dois_documentos":
            first, second = facts
            assert not said[first] & said[second], row["pergunta"]
        elif row["tipo"] == "comparacao":
            low, high = (number(town.facts[fact].values[0]) for fact in facts)
            assert low != high
            assert any(normalised(answer) in normalised(row["pergunta"]) for answer in row["respostas"])
        elif row["tipo"] == "sem_resposta":
            assert not facts
            assert row["respostas"] == []
        else:
            assert len(facts) == 1


def test_comparisons_answer_the_side_that_the_numbers_say(town, questions) -> None:
    smaller = re.compile(r"menor|mais barat|mais cedo")
    for row in questions:
        if row["tipo"] == "comparacao":
            facts = [town.facts[f] for f in dict.fromkeys(each["fato"] for each in row["apoios"])]
            pick = min if smaller.search(row["pergunta"]) else max
            fact = pick(facts, key=lambda fact: number(fact.values[0]))
            named = [*names(fact.subject), fact.relation]
            assert any(word in row["respostas"][0] for word in named), row["pergunta"]


def test_nothing_says_what_is_called_unanswerable(town) -> None:
    told = {(fact.subject, fact.relation) for fact in town.facts.values()}
    for question in town.questions:
        if question.type != model.NONE:
            continue
        subject, _ = question.about
        assert question.about not in told
        assert question.marks
        short = re.sub(r"^(o|a|os|as) ", "", subject).lower()
        for document in town.documents.values():
            written = question.theme[-2:] not in ("-a", "-b") and document.theme == question.theme
            if written or short in document.text.lower():
                for mark in question.marks:
                    found = re.search(rf"\b{re.escape(mark.lower())}", document.text.lower())
                    assert not found, (question.wordings[0], document.id, mark)


def test_contradictions_are_only_the_marked_ones(town, questions) -> None:
    values, where = defaultdict(set), defaultdict(lambda: defaultdict(set))
    for document in town.documents.values():
        for each in document.evidence:
            value = normalised(document.text[each.value_start : each.value_end])
            values[each.fact].add(value)
            where[each.fact][each.old].add(document.id)
    for fact, found in values.items():
        assert len(found) == (2 if town.facts[fact].old else 1), fact
        if not town.facts[fact].old:
            continue
        for new in where[fact][False]:
            newer = town.documents[new]
            for old in where[fact][True]:
                assert newer.date > town.documents[old].date
        assert any(town.documents[new].supersedes in where[fact][True] for new in where[fact][False]), fact
    about = Counter((fact.subject, fact.relation) for fact in town.facts.values())
    assert max(about.values()) == 1
    marked = {row["apoios"][0]["fato"] for row in questions if row["tipo"] == "contraditoria"}
    assert marked == {fact.key for fact in town.facts.values() if fact.old}
    for row in questions:
        if row["tipo"] == "contraditoria":
            assert {each["vale"] for each in row["apoios"]} == {True, False}
            assert not {normalised(x) for x in row["superadas"]} & {normalised(x) for x in row["respostas"]}


def test_no_sentence_states_a_fact_without_the_mark(town) -> None:
    """A sentence with the value of a fact and a name of its subject is evidence of it, wherever it stands."""
    small = {document.id: document.text.lower() for document in town.documents.values()}
    marked = {(each.fact, document.id) for document in town.documents.values() for each in document.evidence}
    for fact in town.facts.values():
        told = fact.values[0].lower()
        value = re.compile(rf"\b{re.escape(told)}\b")
        for document in town.documents.values():
            if told in small[document.id] and (fact.key, document.id) not in marked:
                for sentence in re.split(r"(?<=[.!?|])\s|\n", document.text):
                    named = any(name in sentence for name in names(fact.subject))
                    assert not (named and value.search(sentence.lower())), (fact.key, document.id, sentence)


def test_copies_are_only_the_marked_ones(town) -> None:
    shingles = {document.id: grams(document.text, 5) for document in town.documents.values()}
    for one, other in combinations(town.documents.values(), 2):
        a, b = shingles[one.id], shingles[other.id]
        alike = len(a & b) / len(a | b)
        assert (alike > 0.5) == (one.copy_of == other.id or other.copy_of == one.id), (
            one.id,
            other.id,
            alike,
        )
        assert alike > 0.5 or alike < 0.3, (one.id, other.id, alike)


def test_the_evaluation_split_shares_no_fact_and_no_document(documents, questions) -> None:
    used = {split: {"fato": set(), "documento": set()} for split in model.SPLITS}
    for row in questions:
        for each in row["apoios"]:
            assert documents[each["documento"]]["parte"] == row["parte"]
            for kind, found in used[row["parte"]].items():
                found.add(each[kind])
    for kind in ("fato", "documento"):
        assert not used["dev"][kind] & used["teste"][kind]
    asked = Counter(row["parte"] for row in questions)
    assert min(asked.values()) > 250
    wordings = [way["texto"] for row in questions for way in row["jeitos"]]
    assert len(set(wordings)) == len(wordings)


def test_paraphrases_leave_the_words_of_the_document(questions) -> None:
    shared = defaultdict(list)
    for row in questions:
        told = {w.lower() for each in row["apoios"] for w in CONTENT.findall(each["texto"])}
        for way in row["jeitos"] if told else ():
            asked = {w.lower() for w in CONTENT.findall(way["texto"])}
            shared[way["jeito"]].append(len(asked & told) / max(1, len(asked)))
    mean = {way: sum(found) / len(found) for way, found in shared.items()}
    assert mean["distante"] < 0.5 * mean["parafrase"] < 0.5 * mean["direta"]
    assert len(shared["distante"]) >= 80


def test_the_texts_vary_and_read_well(town) -> None:
    originals = [document for document in town.documents.values() if not document.copy_of]
    counts = Counter(gram for document in originals for gram in grams(document.text, 6))
    assert max(counts.values()) <= 12  # of more than 190 documents
    assert sum(n > 1 for n in counts.values()) < 0.05 * len(counts)
    openings = Counter(" ".join(document.text.split()[:5]) for document in originals)
    assert max(openings.values()) <= 6
    assert len({document.title for document in town.documents.values()}) == len(town.documents)
    words = sentences = 0
    for document in originals:
        assert not SLIPS.search(document.text), (document.id, SLIPS.search(document.text))
        assert not UNFIT.search(document.text), (document.id, UNFIT.search(document.text))
        words += len(document.text.split())
        sentences += sum(bool(s.strip()) for s in re.split(r"[.!?]\s|\n", document.text))
    assert 6 < words / sentences < 18
    for question in town.questions:
        for told in (*question.wordings, question.distant):
            assert not SLIPS.search(told), told


def test_planted_instructions_support_no_answer(documents, questions) -> None:
    for row in documents.values():
        if "injecao" in row:
            planted = row["injecao"]
            assert row["texto"][planted["inicio"] : planted["fim"]] == planted["texto"]
            for question in questions:
                for each in question["apoios"]:
                    apart = each["fim"] <= planted["inicio"] or each["inicio"] >= planted["fim"]
                    assert each["documento"] != row["id"] or apart
    asked = {each["documento"] for q in questions for each in q["apoios"]}
    assert {row["id"] for row in documents.values() if "injecao" in row} <= asked


def test_grades_follow_from_what_the_files_say() -> None:
    """The rule of the README, from the files alone."""
    relevance, studies = data.relevance("ciencia"), data.documents("ciencia")
    for query in data.queries("ciencia"):
        wanted, graded = query["criterios"], relevance[query["id"]]
        for study in studies:
            told = study["fatos"]
            same = study["area"] == query["area"]
            exposure = same and told["exposicao"] == wanted["exposicao"]
            main = same and told["desfecho"] == wanted["desfecho"]
            outcome = main or (same and told["desfecho_secundario"] == wanted["desfecho"])
            fits = wanted["populacao"] in (None, told["populacao"]) and wanted["estudo"] in (
                None,
                study["estudo"],
            )
            grade = (3 if main and fits else 2) if exposure and outcome else int(exposure or outcome)
            assert graded.get(study["id"], 0) == grade
        counts = Counter(graded.values())
        assert counts[3] >= 1
        assert counts[2] + counts[3] >= 2
        assert counts[1] >= 5


def test_abstracts_say_what_they_are_about() -> None:
    said = {area.name: area for area in science.areas()}
    kinds = Counter()
    for study, row in zip(science.studies(), data.documents("ciencia"), strict=True):
        kinds[row["estudo"]] += 1
        text = row["texto"].lower()
        about = (study.exposure, study.outcome, *([study.second] if study.second else []))
        for concept in about:
            assert any(w.split(" ", 1)[1] in text for w in concept.wordings), (study.id, concept.descriptor)
        for other in said[study.area].outcomes:
            if other not in about:
                assert not any(w in text for w in other.wordings), (study.id, other.descriptor)
        assert not SLIPS.search(row["texto"]), (study.id, SLIPS.search(row["texto"]))
        for noun, ending in re.findall(
            r"\d+ (\w+)[^.;]* (?:foram )?(?:divid|aloc|escolh|recrut)[ia]d(os|as)", row["texto"]
        ):
            assert (noun in science_words.FEMININE) == (ending == "as"), (study.id, noun)
        assert 60 <= len(row["texto"].split()) <= 200
    assert min(kinds.values()) >= 25
    assert len({row["titulo"] for row in data.documents("ciencia")}) == len(science.studies())
    split = {row["area"]: row["parte"] for row in data.documents("ciencia")}
    assert Counter(split.values()) == {"dev": 5, "teste": 5}


def test_a_bad_table_is_named_with_its_line(tmp_path) -> None:
    for text, told in [
        ("@ a | dev\n? nada: o quê? // como?\n", "linha 2"),
        ("@ a | dev\n+ k | s | r | v\n? k: uma só\n", "dois jeitos"),
        ("@ a | dev\n+ k | s | r | v\n== aviso | 2020-01-01 | t\n[outro: diz #.]\n", "outro"),
        ("@ a | dev\n+ k | s | r | v\n== aviso | 2020-01-01 | t\n[k: não diz.]\n", "sinal #"),
        ("isto não é nada\n", "linha 1"),
    ]:
        path = tmp_path / "tema.txt"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SourceError, match=told):
            source.read(path, Collection())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: data.documents("nada"), ["nada", "caxinduba", "ciencia"]),
        (lambda: data.questions("ciencia"), ["ciencia", "caxinduba"]),
        (lambda: data.questions("caxinduba", "treino"), ["treino", "dev", "teste"]),
        (lambda: data.queries("caxinduba"), ["caxinduba", "ciencia"]),
        (lambda: data.relevance("nada"), ["nada", "Existem"]),
    ],
)
def test_unknown_names_list_what_exists(call, words) -> None:
    with pytest.raises(data.UnknownName) as error:
        call()
    assert all(word in str(error.value) for word in words)


def test_splits_are_asked_by_name() -> None:
    parts = [data.questions("caxinduba", split) for split in model.SPLITS]
    assert sum(map(len, parts)) == len(data.questions())
    assert {row["parte"] for row in data.queries("ciencia", "teste")} == {"teste"}


def test_an_answer_is_compared_without_its_trimmings() -> None:
    for given, plain in [
        ("Às 8h30.", "8h30"),
        ("na sala de mapas", "sala de mapas"),
        ("“A Noiva do Moinho”.", "noiva do moinho"),
        ("R$ 6,00", "r$ 6,00"),
        ("com uma bicicleta", "bicicleta"),
    ]:
        assert normalised(given) == plain
    assert [number(x) for x in ("1,8 quilômetro", "12.400 livros", "9h30", "R$ 1.890,00")] == [
        1.8,
        12400,
        9.5,
        1890,
    ]
    assert model.forms("1.200 reais") == ["1.200", "R$ 1.200,00", "R$ 1.200"]
    assert model.forms("R$ 4,20") == ["4,20 reais"]
    assert model.forms("8h30") == ["8:30"]
    assert model.forms("canal 9") == []
