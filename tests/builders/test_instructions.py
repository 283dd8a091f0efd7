"""Conversations: true by an independent reading of the tables, apart between the splits, checked strictly."""

from __future__ import annotations

import csv
import random
import re
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from builders.corpus import instructions
from builders.corpus.instructions import KINDS, SHARES, Conversation, documents, known, make, right, wording
from builders.corpus.instructions.checks import items, plain
from builders.corpus.invented import split_of

TABLES = Path(__file__).parents[2] / "data" / "corpus"


def table(name: str) -> list[dict]:
    with (TABLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def some(kind: str, count: int, split: str = "valid", seed: int = 0) -> list[Conversation]:
    return [make(random.Random(f"{kind}{seed}{i}"), split, kind) for i in range(count)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_is_right_and_well_formed(kind: str) -> None:
    for c in some(kind, 60):
        roles = [m["role"] for m in c.messages]
        assert roles[-2:] == ["user", "assistant"]
        assert "".join(r[0] for r in roles).removeprefix("s") == "ua" * (len(roles) // 2)
        assert all(m["content"].strip() == m["content"] != "" for m in c.messages), c.messages
        assert "{" not in str([m["content"] for m in c.messages])
        assert right(c, c.answer), (c.messages, c.truth)
        assert not right(c, "Talvez amanhã, se não chover.")
        assert not right(c, "")


def test_streams_depend_on_the_seed_alone_and_hold_every_kind() -> None:
    first, again, other = (list(islice(documents(random.Random(s), "train"), 150)) for s in (1, 1, 2))
    assert first == again != other
    kinds = Counter(c.kind for c in islice(documents(random.Random(5), "train"), 1500))
    assert set(kinds) == set(SHARES)
    total = sum(SHARES.values())
    for kind, share in SHARES.items():
        assert kinds[kind] / 1500 == pytest.approx(share / total, abs=0.03)


def test_facts_agree_with_the_tables() -> None:
    capitals = {r["estado"]: r["capital"] for r in table("estados.csv") if r["sigla"] != "DF"}
    seen = 0
    for c in some("fato", 900, "train") + some("fato_guardado", 300):
        asked = c.messages[-2]["content"]
        found = re.search(r"capital d[eoa]s? (.+?)[?.]", asked)
        if found and found[1] in capitals and c.truth["relation"] == ("capital_estado",):
            seen += 1
            assert capitals[found[1]] in c.answer
            wrong = next(v for v in capitals.values() if v not in c.answer)
            assert not right(c, f"{wrong}.")
            assert not right(c, f"A capital é {wrong}, perto de {capitals[found[1]]}.")
            assert right(c, f"É {capitals[found[1]]}.")
    assert seen > 12


def test_guarded_facts_are_never_told_in_training() -> None:
    guarded = {(f.relation.name, f.subject.text) for each in known.pool("guarded").values() for f in each}
    seen = {(f.relation.name, f.subject.text) for each in known.pool("seen").values() for f in each}
    assert not guarded & seen
    assert 0.08 < len(guarded) / len(guarded | seen) < 0.2
    capitals = {f.subject.text: f.value.text for f in known.pool("guarded")["capital"]}
    for c in islice(documents(random.Random(3), "train"), 1500):
        if c.kind in ("leitura", "sem_resposta", "fonte", "copia"):
            continue
        for country, capital in capitals.items():
            assert not (country in c.messages[-2]["content"] and capital in c.answer), c.messages
    with pytest.raises(ValueError, match="guardado"):
        make(random.Random(0), "train", "fato_guardado")


def test_refusals_and_known_questions_are_told_apart_by_names_alone() -> None:
    """Same wordings on both sides: what is refused is a name, not a manner of asking."""
    refused = [c.messages[-2]["content"] for c in some("recusa", 600, "train")]
    told = [c.messages[-2]["content"] for c in some("fato", 600, "train")]
    for wording_ in ("capital", "Onde", "Que", "come", "Quem"):
        assert sum(wording_.lower() in q.lower() for q in refused) > 3, wording_
        assert sum(wording_.lower() in q.lower() for q in told) > 3, wording_
    answers = [c.answer for c in some("recusa", 300)]
    assert all(a.startswith("Não sei.") for a in answers)
    assert 0.2 < sum(a != "Não sei." for a in answers) / 300 < 0.5
    c = some("recusa", 1)[0]
    assert not right(c, "A capital é Paris.")
    assert right(c, "Não sei. Nunca ouvi falar disso.")
    names = {f.subject.text for f in known.by_relation()["continente"]}
    for c in some("recusa", 400, "train"):
        if "capital" in c.messages[-2]["content"].lower():
            assert not any(re.search(rf"\bd[eoa] {re.escape(n)}\b", c.messages[-2]["content"]) for n in names)


def test_invented_names_belong_to_their_split() -> None:
    for split in ("train", "valid"):
        owners = Counter()
        for c in some("recusa", 300, split):
            found = re.search(r"[Cc]apital d[oa] ([A-Z][a-zà-ÿ]{4,})\b", c.messages[-2]["content"])
            if found:
                name = found[1].lower()
                owners[any(split_of(name[:n]) == split for n in range(2, 7))] += 1
        assert owners[False] == 0


def test_some_wordings_are_kept_for_measuring() -> None:
    every = [w for group in (wording.BEFORE, wording.INDIRECT) for w in group]
    kept = [w for w in every if wording.reserved(w)]
    assert 0 < len(kept) < len(every) / 2
    asked = " ".join(c.messages[-2]["content"] for c in some("fato", 800, "train"))
    for text in kept:
        start = text.split("{")[0].strip()
        if len(start) > 12:
            assert start not in asked


def test_grounded_answers_stand_in_the_message() -> None:
    for c in some("leitura", 80):
        context = c.messages[0 if c.messages[0]["role"] == "user" else 1]["content"]
        words = [w for w in re.findall(r"[A-ZÀ-Ý][\wà-ÿ]{3,}|\d+", c.answer) if w not in ("Sim", "Não")]
        numbers = {"Quantos", "quantos", "Quantas", "quantas"}
        if not numbers & set(context.split()):
            assert all(w.lower() in context.lower() for w in words), c.messages
        assert not right(c, "O texto não diz.")
    for c in some("sem_resposta", 30):
        assert c.answer == "O texto não diz."
        assert not right(c, "em Brasília.")
    for c in some("fonte", 40):
        number = re.search(r"\[(\d)\]$", c.answer)[1]
        user = next(m["content"] for m in c.messages if m["role"] == "user")
        assert f"[{number}] " in user
        assert not right(c, c.answer.replace(f"[{number}]", f"[{int(number) % 4 + 1}]"))


def test_copies_are_strict() -> None:
    for c in some("copia", 40):
        assert c.answer in c.messages[-2]["content"]
        assert not right(c, c.answer.replace(c.answer.split()[-1], "cadeira"))


def test_lists_are_counted_and_sorted_by_the_tables() -> None:
    assert (
        items("Banana, manga e caju.") == items("1. Banana\n2. manga\n3. Caju") == ["banana", "manga", "caju"]
    )
    fruit = {r["fruta"] for r in table("plantas.csv")} | {
        r["palavra"] for r in table("substantivos.csv") if "fruta" in r["classes"].split()
    }
    seen = 0
    for c in some("lista", 300):
        found = items(c.answer)
        assert not right(c, c.answer.rstrip(".") + ", cadeira e pedra.")
        assert not right(c, f"{found[0]}, {found[0]} e {found[0]}.")
        if "frutas" in c.messages[-2]["content"]:
            seen += 1
            assert set(found) <= {plain(f) for f in fruit}
    assert seen > 3


def test_sums_are_right() -> None:
    seen = 0
    for c in some("conta", 200):
        found = re.search(r"(\d+) (mais|menos|vezes|\+|-|x) (\d+)", c.messages[-2]["content"])
        if found:
            a, b = int(found[1]), int(found[3])
            result = {"m": a + b, "+": a + b, "-": a - b, "x": a * b, "v": a * b}[found[2][0]]
            result = a - b if found[2] == "menos" else result
            assert str(result) in c.answer
            assert not right(c, f"{result + 1}.")
            seen += 1
    assert seen > 60
    train = {c.messages[-2]["content"] for c in some("conta", 400, "train")}
    held = [c for c in some("conta", 400) if c.messages[-2]["content"] not in train]
    assert held


def test_rewritten_sentences_agree_with_their_originals() -> None:
    for c in some("reescrita", 120):
        before, how = c.truth["before"][0], c.messages[-2]["content"].lower()
        if "negativa" in how or "negue" in how:
            assert c.answer.replace(" não ", " ", 1) == before
        if "pergunta" in how:
            assert c.answer == before.rstrip(".") + "?"
        if "para o plural" in how or "no plural" in how:
            assert c.answer.startswith(("Os ", "As "))
            assert before.startswith(("O ", "A "))
        if "feminino" in how:
            assert c.answer.startswith(("A ", "As "))
        assert c.answer != before
        assert not right(c, before)


def test_stories_hold_what_was_asked() -> None:
    for c in some("historia", 40):
        assert all(word.lower() in c.answer.lower() for word in c.truth["must"])
        assert not right(c, c.answer.rstrip('.!?”"') + " e")
        if c.truth["must"]:
            assert not right(c, "Era uma vez. " * 40)


def test_labels_and_orders() -> None:
    for c in some("classificacao", 80):
        assert not right(c, c.truth["wrong"][0])
    for c in some("sistema", 60):
        if c.truth["order"] == ("maiúsculas",):
            assert c.answer == c.answer.upper()
            assert not right(c, c.answer.lower())
        if c.truth["order"] == ("palavra",):
            assert len(c.answer.split()) == 1


def test_dialogues_need_what_came_before() -> None:
    turns = [c for c in some("dialogo", 120) if len(c.messages) >= 4]
    assert len(turns) == 120
    assert any(re.search(r"\b(ele|ela|dele|dela)\b", c.messages[-2]["content"]) for c in turns)
    told = [c for c in turns if re.search(r"\b(meu|minha|eu)\b", c.messages[-2]["content"])]
    assert told
    assert all(any(a in m["content"] for m in c.prompt for a in c.truth["accepted"]) for c in told)


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(ValueError, match="poema"):
        make(random.Random(0), "train", "poema")
    assert instructions.right is right
