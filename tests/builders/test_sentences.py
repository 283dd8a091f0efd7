"""Short sentences: reproducible, split without overlap, agreeing by a route of its own."""

import csv
import random
import re
from collections import Counter
from functools import cache

import pytest

from builders.corpus import sentences
from builders.corpus.agreement import check
from builders.corpus.frames import compile_frame, frames
from builders.corpus.lexicon import DATA, LexiconError

THE = {"O": "m", "A": "f", "Os": "mp", "As": "fp"}
OF = {"do": "m", "da": "f", "dos": "mp", "das": "fp"}
ENDS = {"o": "m", "a": "f", "os": "mp", "as": "fp"}
WORD = r"([\w-]+(?: de [\w-]+)?)"
COPULA = "é|são|era|eram|estava|estavam|está|estão|ficou|ficaram"
OWNED = re.compile(rf"^(O|A|Os|As) {WORD} (do|da|dos|das) ([\w-]+) ({COPULA}) (\w+)\.$")
NEAR = re.compile(rf"^(O|A|Os|As) {WORD} (?:perto|ao lado|atrás) (do|da|dos|das) {WORD} (\w+)\b")
WHEN = re.compile(r"^(?:Quando|Enquanto) (eu|nós|você|vocês|ele|ela|eles|elas|a gente) (\w+), (.*)\.$")
SHORT = re.compile(r"^(eu|nós|você|vocês|ele|ela|eles|elas|a gente) (\w+)$")


def take(count: int, split: str = "train", seed: int = 1) -> list[str]:
    source = sentences.documents(random.Random(seed), split)
    return [next(source).text for _ in range(count)]


@cache
def single(split: str = "train") -> tuple[str, ...]:
    """The sentences of 4000 documents, one by one."""
    return tuple(s for text in take(4000, split) for s in re.split(r"(?<=[.?!”]) (?=[A-ZÀ-Ú“])", text))


@cache
def nouns() -> dict[str, set[str]]:
    """Form -> genders and numbers, read from the table itself."""
    found: dict[str, set[str]] = {}
    with (DATA / "substantivos.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            cells = ((row["palavra"], row["genero"]), (row["plural"], row["genero"] + "p"))
            for word, form in (*cells, (row["feminino"], "f"), (row["feminino_plural"], "fp")):
                found.setdefault(word, set()).add(form)
    return found


@cache
def adjectives() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    columns = {"masculino": "m", "feminino": "f", "masculino_plural": "mp", "feminino_plural": "fp"}
    with (DATA / "adjetivos.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for column, form in columns.items():
                found.setdefault(row[column], set()).add(form)
    return found


def forms_of_adjective(word: str) -> set[str]:
    return adjectives().get(word) or {ENDS[re.search("(o|a)s?$", word).group()]}


def is_plural(verb: str) -> bool:
    """Third person: "chegam", "vão" against "chega", "vai"; "vem" and "tem" have an accent in the plural."""
    return verb.endswith(("m", "ão")) and verb not in ("vem", "tem")


def test_same_seed_same_texts():
    assert take(100) == take(100) != take(100, seed=2)
    assert next(sentences.documents(random.Random(0), "train")).kind == "frases"


def test_documents_are_short_and_hardly_repeat():
    texts = take(5000)
    assert len(set(texts)) > 0.99 * len(texts)
    counts = Counter(len(re.findall(r"[.?!](?= |$)", text)) for text in texts)
    assert counts[1] > 300
    assert max(len(text) for text in texts) < 1200
    assert not any(re.search(r"[{}|~_<>]| {2}| [,.?!]|\.\.|[.?!] [a-zà-ú]", text) for text in texts)
    bad = re.compile(r"\b(de o|de a|em o|em a|a os|a o|por o|de ele|de ela|em ele)s? \w")
    assert not [text for text in texts if bad.search(text)]


def test_at_least_sixty_frames_and_eight_only_for_valid():
    train, valid = frames("train"), frames("valid")
    assert len(train) >= 60
    assert len(valid) - len(train) >= 8
    assert not any(frame.only_valid for frame in train)


def test_splits_share_no_sentence_and_no_pair_of_nouns():
    train, valid = set(single()), set(single("valid"))
    follows = re.compile("(El[ea]s?|Eram?|Não?) |Porque")  # the second half of a frame of two sentences
    assert not {s for s in train & valid if not follows.match(s)}
    pairs = [
        {tuple(sorted(m.group(2, 4))) for s in found for m in [OWNED.match(s) or NEAR.match(s)] if m}
        for found in (train, valid)
    ]
    plain = [  # in the singular, so that the written form is the noun itself
        {p for p in found if all({"m", "f"} & nouns().get(w, set()) for w in p)} for found in pairs
    ]
    assert min(map(len, plain)) > 30
    assert not plain[0] & plain[1]


def test_the_checker_finds_nothing():
    for text in take(500) + take(200, "valid"):
        assert not check(text), (check(text), text)


def test_owner_between_noun_and_adjective():
    seen, other = 0, 0
    for sentence in single():
        match = OWNED.match(sentence)
        if match is None or match[2] not in nouns():
            continue
        form, owner = THE[match[1]], OF[match[3]]
        assert form in nouns()[match[2]], sentence
        assert owner in nouns()[match[4]], sentence
        assert is_plural(match[5]) == form.endswith("p"), sentence
        assert form in forms_of_adjective(match[6]), sentence
        seen, other = seen + 1, other + (form != owner)
    assert seen > 500
    assert other > 0.6 * seen


def test_place_between_subject_and_verb():
    seen, other = Counter(), 0
    for sentence in single():
        match = NEAR.match(sentence)
        if match is None or match[2] not in nouns() or match[4] not in nouns():
            continue
        form, place = THE[match[1]], OF[match[3]]
        assert form in nouns()[match[2]], sentence
        assert place in nouns()[match[4]], sentence
        assert is_plural(match[5]) == form.endswith("p"), sentence
        seen[form] += 1
        other += form != place
    assert min(seen[f] for f in THE.values()) > 10
    assert other > 0.6 * seen.total()


def test_every_verb_follows_its_own_person():
    seen = Counter()
    for sentence in single():
        match = WHEN.match(sentence)
        clauses = [match.group(1, 2)] if match else []
        if match and (second := SHORT.match(match[3])):
            clauses.append(second.group(1, 2))
        for who, verb in clauses:
            seen[who] += 1
            assert verb.endswith("mos") == (who == "nós"), sentence
            assert is_plural(verb) == (who in ("eles", "elas", "vocês")), sentence
            if who == "eu":
                assert verb.endswith(("i", "í", "a")), sentence
            elif who in ("você", "ele", "ela", "a gente"):
                assert verb.endswith(("u", "a")), sentence
    assert all(
        seen[who] > 5 for who in ("eu", "nós", "você", "vocês", "ele", "ela", "eles", "elas", "a gente")
    )


def test_tu_only_where_it_is_marked():
    spoken = [s for s in single() if re.search(r"\b[Tt]u\b", s)]
    assert spoken
    assert all(re.search("no? Sul|do Sul|Maranhão", s) for s in spoken)


def test_second_phrase_is_mostly_of_another_form():
    rng, seen, other = random.Random(3).random, 0, 0
    for frame in frames("train"):
        for _ in range(20):
            context = sentences._cast(frame, rng)
            phrases = [context[var] for var, _ in frame.roles] if context else []
            if len(phrases) > 1:
                seen += 1
                one, two = phrases[:2]
                other += (one.index, one.person) != (two.index, two.person)
    assert seen > 2000
    assert other > 0.6 * seen


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("= | {o:x} {ser.w~x} {c~x}.", "unknown tense"),
        ("= x nuvemm | {o:x} {cair.f~x}.", "neither a class nor a noun"),
        ("= | {o:x} {ser.i~x} {feliiz~x}.", "not in adjetivos.csv"),
        ("= x clima | {o:x} {ser.i~x} {c~x}.", "nothing can be the role"),
        ("= | {o} {cair.f~x}.", "a field is"),
        ("= | {onde:x} {cair.f~x}.", "unknown form"),
        ("= | {o:k} {cair.f~k}.", "needs a class"),
    ],
)
def test_bad_frames_are_refused(line, message):
    with pytest.raises(LexiconError, match=message):
        compile_frame(line, "train", "frases.txt, line 1")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Os copos que ela lavou estavam limpos.", "Os copos que ela lavou estava limpos."),
        ("As meias que Ana lavou secaram.", "As meias que Ana lavou secou."),
        ("As meninas que moram longe chegaram.", "As meninas que mora longe chegaram."),
    ],
)
def test_the_checker_follows_relative_clauses(right, wrong):
    assert not check(right)
    assert check(wrong)


@pytest.mark.parametrize(
    "text",
    ["Tanto o pai como a tia chegaram.", "Vinte e um copos sumiram.", "Ele rasurou a redação a lápis."],
)
def test_the_checker_knows_coordination_and_numerals(text):
    assert not check(text)
