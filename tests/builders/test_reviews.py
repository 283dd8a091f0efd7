"""The generated reviews: templates take no side, the test holds out what it says, tables make the files."""

import json
import re
from collections import Counter

import pytest

from builders import reviews
from llmlib.data import task


@pytest.fixture(scope="module")
def rows():
    return {split: task("resenhas", split) for split in ("train", "valid", "test")}


def used(text: str) -> set[str]:
    """Judging words of a text, in the form of the table."""
    found = set()
    for row in reviews.tables().adjectives:
        if re.search(rf"\b({row['masculino']}|{row['feminino']})\b", text.lower()):
            found.add(row["masculino"])
    return found


def test_the_files_are_what_the_tables_make(rows) -> None:
    for split, kept in rows.items():
        assert reviews.draw(split) == kept


def test_labels_and_levels_are_balanced(rows) -> None:
    for split, kept in rows.items():
        counts = Counter((r["nivel"], r["grupo"], r["rotulo"]) for r in kept)
        for level, group, _ in counts:
            assert counts[level, group, 0] == counts[level, group, 1], split
        assert len({r["texto"] for r in kept}) == len(kept)


def test_nothing_of_the_test_is_in_the_training(rows) -> None:
    seen = {r["texto"] for r in rows["train"] + rows["valid"]}
    assert not seen & {r["texto"] for r in rows["test"]}
    kept = {w for r in rows["train"] + rows["valid"] for w in used(r["texto"])}
    held = {row["masculino"] for row in reviews.tables().adjectives if row["parte"] == "prova"}
    assert not kept & held
    titles = {row["titulo"] for row in reviews.tables().titles if row["parte"] == "prova"}
    assert not any(title in r["texto"] for r in rows["train"] for title in titles)


def test_a_group_has_only_its_words(rows) -> None:
    group = {row["masculino"]: reviews.group(row) for row in reviews.tables().adjectives}
    for r in rows["test"]:
        if r["grupo"] != "frases":
            assert {group[w] for w in used(r["texto"])} <= {r["grupo"]}, r["texto"]


def test_related_words_are_those_of_the_pre_training() -> None:
    groups = {row["masculino"]: reviews.group(row) for row in reviews.tables().adjectives}
    assert {groups[w] for w in ("péssimo", "excelente", "cansativo")} == {"parentes"}
    assert groups["ótimo"] == "vistas"
    assert groups["maçante"] == "novas"
    counts = Counter((reviews.group(r), r["polo"]) for r in reviews.tables().adjectives)
    assert min(counts[g, side] for g in reviews.GROUPS for side in "+-") >= 4


def test_templates_take_no_side() -> None:
    words = {w for row in reviews.tables().adjectives for w in (row["masculino"], row["feminino"])}
    for section in ("direta", "negacao", "mista", "indireta", "abertura", "fecho"):
        for _, _, text in reviews.tables().templates[section]:
            fixed = reviews.SLOT.sub(" ", text).lower()
            assert not words & set(re.findall(r"[\w-]+", fixed)), text


def test_slots_agree_and_none_is_left(rows) -> None:
    for r in rows["train"] + rows["test"]:
        assert not re.search(r"[{}]|\bde o\b|\bde a\b", r["texto"]), r["texto"]
        assert r["texto"][0].isupper() or r["texto"][0] == "“"
    assert not any(re.search(r"\bA (filme|desenho|roteiro|ator) ", r["texto"]) for r in rows["train"])


def test_tables_too_small_are_told(monkeypatch) -> None:
    monkeypatch.setattr(reviews, "make", lambda *how: {"texto": "sempre a mesma"})
    with pytest.raises(ValueError, match="acrescente linhas"):
        list(reviews.several(None, 2, set(), "direta"))


def test_the_readme_has_the_hashes() -> None:
    import hashlib

    readme = (reviews.HOME / "README.md").read_text("utf-8")
    for split in ("train", "valid", "test"):
        text = (reviews.HOME / f"{split}.jsonl").read_bytes()
        assert hashlib.sha256(text).hexdigest() in readme
        assert json.loads(text.splitlines()[0])["rotulo"] in (0, 1)
