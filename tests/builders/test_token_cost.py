"""The recorded token costs: whole, matched, and what the builder would write of the course's own side."""

import csv
import json

from builders import token_cost
from builders.tokenizer import SPECIAL
from llmlib.scratch import bpe
from llmlib.tokens import byte_alphabet


def rows(name: str) -> list[dict]:
    with (token_cost.DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_pair_is_counted_by_every_tokenizer():
    pairs, counts = token_cost.pairs(), rows("contagens.csv")
    assert len(pairs) == 64
    assert len({row["registro"] for row in pairs}) == 8
    assert len({row["pt"] for row in pairs}) == len({row["en"] for row in pairs}) == 64
    assert [row["chave"] for row in rows("tokenizadores.csv")] == list(token_cost.REAL)
    assert [(row["tokenizador"], int(row["par"])) for row in counts] == [
        (key, number) for key in token_cost.REAL for number in range(1, 65)
    ]
    for row in counts:
        pair = pairs[int(row["par"]) - 1]
        for language in (
            "pt",
            "en",
        ):  # no fewer tokens than a third of the words, no more than bytes and a space
            assert len(pair[language].split()) / 3 <= int(row[language]) <= len(pair[language].encode()) + 1


def test_versions_are_those_of_the_lock_file():
    lock = json.loads((token_cost.WEB / "package-lock.json").read_text("utf-8"))["packages"]
    for row in rows("tokenizadores.csv"):
        assert lock[f"node_modules/{row['pacote']}"]["version"] == row["versao"]


def test_cuts_join_into_the_text():
    cuts = json.loads((token_cost.DATA / "cortes.json").read_text("utf-8"))
    assert list(cuts) == token_cost.PROBES
    for text, by in cuts.items():
        assert set(by) == set(token_cost.REAL)
        for pieces in by.values():
            if "⟨" not in "".join(pieces):
                assert "".join(pieces).strip() == text.strip()


def test_matched_tokenizers_learned_from_as_much_text_and_cut_as_the_library():
    matched = json.loads((token_cost.DATA / "matched.json").read_text("utf-8"))
    assert set(matched) == {"pt", "en"}
    assert abs(matched["pt"]["characters"] / matched["en"]["characters"] - 1) < 0.02
    for each in matched.values():
        tokenizer = bpe.from_merges(**each)
        assert len(tokenizer.tokens) == token_cost.VOCABULARY
        assert tokenizer.special == tuple(SPECIAL)


def test_pieces_are_shown_whatever_their_spelling():
    letter = {byte: char for char, byte in byte_alphabet().items()}
    assert token_cost.piece({"hex": "20c3"}, "hex") == " ⟨C3⟩"
    assert token_cost.piece({"text": "▁São"}, "sentencepiece") == " São"
    assert token_cost.piece({"text": "<0xC3>"}, "sentencepiece") == "⟨C3⟩"
    assert token_cost.piece({"text": "".join(letter[b] for b in " ção".encode())}, "byte-level") == " ção"
    assert token_cost.piece({"text": "a\ufffd"}, "text") == "a⟨?⟩"
