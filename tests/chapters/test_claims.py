"""The verdicts that `o-que-e-um-llm` states in words hold for the bundled model: no new model may belie them.

The page itself computes the numbers; here smaller samples only guard the direction of each claim.
"""

from __future__ import annotations

import csv

import numpy as np
import pytest

from llmlib.data import corpus, root
from llmlib.measure import answer_probability, perplexity, surprise

DE = {"o": "do ", "a": "da ", "os": "dos ", "as": "das ", "": "de "}


@pytest.fixture(scope="module")
def lm():
    from llmlib import load

    return load("mini-base", device="cpu")


@pytest.fixture(scope="module")
def capitals() -> list[tuple[str, str]]:
    with (root() / "corpus" / "paises.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[:12]
    return [(f"Qual é a capital {DE[row['artigo']]}{row['pais']}?", row["capital"]) for row in rows]


def ids_of(lm, texts: list[str]) -> list[list[int]]:
    return [[lm.bos, *ids] for ids in lm.tokenizer(texts, add_special_tokens=False)["input_ids"]]


def test_attending_predicts_better_than_counting(lm) -> None:
    from llmlib.scratch.ngram import NGram

    ngram = NGram(4, len(lm.tokenizer)).fit(ids_of(lm, corpus("mini")))
    unseen = ids_of(lm, corpus("mini", "valid", limit=25))
    traces = [lm.trace(ids) for ids in unseen]
    attending = perplexity([surprise(trace.logits, trace.ids) for trace in traces])
    assert attending < 0.8 * perplexity([ngram.surprise(ids) for ids in unseen])


def test_a_bare_question_is_continued_by_questions(lm, capitals) -> None:
    asked = ["?" in lm.generate(question, max_new_tokens=16, temperature=0) for question, _ in capitals]
    assert np.mean(asked) >= 0.75


def test_with_a_place_for_it_the_answer_comes(lm, capitals) -> None:
    bare = [answer_probability(lm, question, f" {capital}") for question, capital in capitals]
    placed = [answer_probability(lm, f"Pergunta: {q}\nResposta:", f" {capital}") for q, capital in capitals]
    assert np.mean(placed) > max(0.3, 10 * np.mean(bare))


def test_training_texts_do_not_come_back_whole(lm) -> None:
    texts = [text for text in corpus("mini") if len(text) > 200][:12]
    same = 0
    for ids in ids_of(lm, texts):
        written = lm.generate(ids[1:33], max_new_tokens=32, temperature=0)
        same += written == lm.decode(ids[33:65])
    assert same <= len(texts) // 3


def test_writing_takes_one_pass_a_token(lm) -> None:
    passes: list[int] = []
    hook = lm.model.register_forward_hook(lambda *_: passes.append(1))
    lm.trace("Era uma vez um gato que morava no telhado da padaria.")
    read = len(passes)
    lm.generate("Era uma vez", max_new_tokens=20, temperature=0.7)
    hook.remove()
    assert (read, len(passes) - read) == (1, 20)
