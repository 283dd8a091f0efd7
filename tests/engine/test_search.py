"""The page's search against Python's: the same words, chunks, scores, hits and sentences."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tokenizers import normalizers
from tokenizers.processors import TemplateProcessing
from transformers import Qwen3Config, Qwen3ForSequenceClassification

from builders import page, page_pairs
from builders.page_collections import packed
from builders.tokenizer import wrap
from llmlib import data, retrieval
from llmlib.retrieval import RetrievalError, answers, encoders
from llmlib.scratch import hops
from llmlib.scratch.injection import sentences
from llmlib.scratch.retrieval import BM25, best, windows, words
from tests.engine.node import EngineError
from tests.engine.pages import page_file, random_model, tokenizer_data
from tests.retrieval.test_index import GIFT, QUERIES, SPANISH, TOWN, Letters, bad

ODD = [
    "", " \n", "AÇÃO! Ação? acao; às 8h30 — 12,5%", "İstanbul ΣΟΦΟΣ straße ½ ² ª º n.º",
    "e\u0301 é\u0301 ñ_ã a\u0300b", "fim\x1cde\x1fgrupo\x85e\xa0mais\u2003um\ufeffaqui\u200bjunto",
    "日本語 हिन्दी العربية 👩‍👩‍👧 🇧🇷 ok", "<|endoftext|> </script>",
]  # fmt: skip
FILES = """
const [vectors, collections] = args, said = [];
const embed = (texts) => {
  said.push(...texts);
  return { vectors: Float32Array.from(texts.flatMap((text) => vectors[text])) };
};
const rerank = (query, texts) => ({ scores: Float32Array.from(texts, (text) => -text.length) });
const searcher = LLM.searcher({ embed, rerank, stamp: async () => "este",
  collection: async (name) => collections[name], vectors: async (...key) => collections[key.join("-")] });
"""


def page_of(text: str) -> dict:
    """The object of a page file."""
    return json.loads(text[text.index("] = {") + 4 :].rstrip().rstrip(";"))


def asked(name: str) -> list[str]:
    """Every way of asking every question of a bundled collection."""
    if name == "ciencia":
        return [q[key] for q in data.queries(name) for key in ("pergunta", "leiga", "palavras_chave")]
    return [each["texto"] for q in data.questions(name) for each in q["jeitos"]]


def test_words_are_the_same(node):
    texts = list(ODD)
    for name in data.collection_names():
        texts += [*asked(name), *(each["texto"] for each in data.documents(name))]
    assert node.run("return args[0].map(LLM.words)", texts) == [words(text) for text in texts]


@pytest.mark.parametrize(("size", "overlap"), [(60, 15), (1, 0), (7, 6)])
def test_chunks_are_the_same(node, size, overlap):
    plain = [text for text in ODD if max(text, default="") <= "\uffff"]
    texts = [*plain, *(each["texto"] for each in data.documents("caxinduba")[::5])]
    found = node.run(
        "return args[0].map((text) => LLM.windows(text, args[1], args[2]))", texts, size, overlap
    )
    assert [list(map(tuple, each)) for each in found] == [windows(text, size, overlap) for text in texts]


@pytest.mark.parametrize(("name", "size", "overlap"), [("caxinduba", 60, 15), ("ciencia", 160, 0)])
def test_bm25_finds_the_same_with_the_same_scores(node, name, size, overlap):
    index = retrieval.Index(data.documents(name), size, overlap, embedder=None)
    texts = [words(index.searched(chunk)) for chunk in index.chunks]
    ours, query = BM25(texts), [words(text) for text in asked(name)]
    theirs = node.run(
        "const bm25 = new LLM.BM25(args[0]); return args[1].map((query) => LLM.best(bm25.scores(query), 10))",
        texts,
        query,
    )
    for each, found in zip(query, theirs, strict=True):
        numbers, scores = best(ours.scores(each), 10)
        assert found == [[int(i), float(s)] for i, s in zip(numbers, scores, strict=True)], each


def at_the_page(
    node, documents: list[dict], params: dict, texts: dict, more: str = "", collections: dict | None = None
):
    """The page's answer to a search over a reader's documents, whose vectors are `texts`."""
    body = f"{FILES} {more} return searcher.search(args[2])"
    return node.run(
        body, texts, collections or {}, {"documents": documents, "size": 6, "overlap": 2} | params
    )


def town(query: str) -> tuple[retrieval.Index, dict]:
    """The index of TOWN in Python, and the vectors that the page is handed."""
    letters = Letters()
    index = retrieval.Index(
        TOWN, 6, 2, embedder=letters, reranker=lambda query, texts: [-len(t) for t in texts]
    )
    every = [query, *(index.searched(chunk) for chunk in index.chunks)]
    return index, {
        text: vector.tolist() for text, vector in zip(every, letters(every).astype(np.float32), strict=True)
    }


def same(ours: dict, theirs: dict) -> None:
    """Equal answers, cosines within float32."""
    near = lambda value: pytest.approx(value, abs=1e-6)  # noqa: E731
    assert ours["note"] == theirs["note"]
    assert ours["notes"] == theirs["notes"]
    assert {key: value is None for key, value in ours["ms"].items()} == {
        k: v is None for k, v in theirs["ms"].items()
    }
    assert len(ours["hits"]) == len(theirs["hits"])
    for a, b in zip(ours["hits"], theirs["hits"], strict=True):
        for way in ("bm25", "dense", "rerank"):
            assert (a.pop(way), None)[0] == (
                (said := b.pop(way)) and {"score": near(said["score"]), "rank": said["rank"]}
            )
        assert a.pop("score") == near(b.pop("score"))
        assert a == b


@pytest.mark.parametrize("by", ["hybrid", "convex", "bm25", "dense"])
@pytest.mark.parametrize("query", ["Gato na praça", "o que é?", "xilofone", "101"])
def test_each_way_gives_the_same_hits(node, by, query):
    index, vectors = town(query)
    if by == "bm25" and query == "o que é?":
        return
    for asked in ({"k": 20}, {"k": 3, "rerank": 4}):
        theirs = answers.answered(index, query, {"k": 5, "by": by, "rerank": 0} | asked)
        same(at_the_page(node, TOWN, {"query": query, "by": by} | asked, vectors), theirs)


def test_names_and_closest_sentences_are_the_same(node):
    passages = [each["texto"] for each in data.documents("caxinduba")]
    said = [*ODD, *(one for text in passages for one in sentences(text))]
    question = "Quem dirige a Biblioteca Nhá Tiana?"
    found = node.run("return args[0].map((text) => LLM.names(text, args[1]))", said, question)
    assert found == [hops.names(text, question) for text in said]
    pairs = list(zip(asked("caxinduba"), [*passages, *ODD] * 20, strict=False))
    found = node.run("return args[0].map(([question, text]) => LLM.closest(question, text))", pairs)
    assert found == [hops.closest(question, text) for question, text in pairs]
    texts = [*ODD, "Eu, FIRMINO TAPERE, vim.", "Taperê Firmino", "Ana", "Anastácia"]
    for name in ("Firmino Taperê", "Ana"):
        assert node.run("return args[0].map((text) => LLM.speaksOf(text, args[1]))", texts, name) == [
            hops.speaks_of(text, name) for text in texts
        ]


@pytest.mark.parametrize("by", ["hybrid", "convex", "bm25", "dense"])
def test_a_second_search_finds_the_same(node, by):
    letters, question = Letters(), "De que vivia quem doou a coleção de cordéis?"
    index = retrieval.Index(GIFT, 12, 2, embedder=letters)
    every = [question, f"{question} Firmino Taperê", *(index.searched(chunk) for chunk in index.chunks)]
    vectors = dict(zip(every, letters(every).astype(np.float32).tolist(), strict=True))
    request = {"query": question, "by": by, "k": 3, "hops": 2, "size": 12, "overlap": 2}
    theirs = answers.answered(index, question, {"by": by, "k": 3, "hops": 2})
    assert theirs["hits"][1]["bridge"] == "Firmino Taperê"
    same(at_the_page(node, GIFT, request, vectors), theirs)


def test_the_same_sentences_for_what_cannot_be_searched(node):
    for case in QUERIES.keys() - {"no text"}:
        query, options, _ = QUERIES[case]
        with pytest.raises(RetrievalError) as theirs:
            town("x")[0].search(query, **options)
        with pytest.raises(EngineError) as ours:
            at_the_page(node, TOWN, {"query": query} | options, {})
        assert str(ours.value) == str(theirs.value)
    for case, (given, _) in bad().items():
        if case in ("a number", "PDF as bytes", "a string", "a dict"):  # Python's words for Python's things
            continue
        given = [*TOWN, *given]
        with pytest.raises(RetrievalError) as theirs:
            retrieval.Index(given, 6, 2)
        with pytest.raises(EngineError) as ours:
            at_the_page(node, given, {"query": "gato"}, {})
        assert str(ours.value) == str(theirs.value).replace("número 4", "número 4")
    with pytest.raises(EngineError, match="Passe uma lista"):
        at_the_page(node, {"id": "x"}, {"query": "gato"}, {})
    for size, overlap in ((0, 0), (5, 5), (5.5, 1)):
        with pytest.raises(RetrievalError) as theirs:
            retrieval.Index(TOWN, size, overlap)
        with pytest.raises(EngineError) as ours:
            at_the_page(node, TOWN, {"query": "gato", "size": size, "overlap": overlap}, {})
        assert str(ours.value) == str(theirs.value)


def test_the_same_notes(node):
    long = "gato " * 10_000
    index, _ = town(long)
    same(
        at_the_page(node, TOWN, {"query": long, "by": "bm25"}, {}),
        answers.answered(index, long, {"k": 5, "by": "bm25"}),
    )
    foreign = [*TOWN, {"id": "es", "titulo": "", "texto": SPANISH}]
    index = retrieval.Index(foreign, 6, 2, embedder=None)
    theirs = answers.answered(index, "tejado", {"by": "bm25"})
    same(at_the_page(node, foreign, {"query": "tejado", "by": "bm25"}, {}), theirs)
    assert len(theirs["notes"]) == 1


def test_places_are_counted_as_javascript_counts(node):
    emoji = [{"id": "e", "titulo": "", "texto": "O 🐈 dorme no telhado 🏠 da casa, e o 🐕 late no quintal."}]
    index = retrieval.Index(emoji, 6, 2, embedder=None)
    theirs = answers.answered(index, "quintal", {"by": "bm25"})
    same(at_the_page(node, emoji, {"query": "quintal", "by": "bm25"}, {}), theirs)
    hit = at_the_page(node, emoji, {"query": "quintal", "by": "bm25"}, {})["hits"][0]
    assert (
        node.run("return args[0].slice(args[1], args[2])", emoji[0]["texto"], hit["start"], hit["end"])
        == hit["text"]
    )
    params = {"documents": emoji, "size": 6, "overlap": 2}
    ours = node.run(f"{FILES} return searcher.chunk(args[2])", {}, {}, params)
    assert ours == answers.answer("chunk", params)


def test_vectors_come_with_the_page_unless_they_are_of_another_embedder(node):
    index, vectors = town("gato")
    file = {"stamp": "este", "rows": len(index), "data": packed(index.prepare().store.vectors)}
    documents = {"documents": TOWN, "sizes": [{"size": 6, "overlap": 2}]}
    params = {"collection": "vila", "query": "gato", "by": "dense", "k": 20, "size": 6, "overlap": 2}
    body = f"{FILES} const found = await searcher.search(args[2]); return [found, said]"
    theirs = index.search("gato", k=20, by="dense")
    for stamp, rows, made in (
        ("este", len(index), 0),
        ("outro", len(index), len(index)),
        ("este", 3, len(index)),
    ):
        collections = {"vila": documents, "vila-6-2": file | {"stamp": stamp, "rows": rows}}
        found, said = node.run(body, vectors, collections, params)
        assert len(said) == made + 1
        assert ("refeitos" in (found["note"] or "")) == bool(made)
        np.testing.assert_allclose([h["score"] for h in found["hits"]], [h.score for h in theirs], atol=0.01)
        assert found["hits"][0]["text"] == theirs[0].text
    told = node.run(f"{FILES} return searcher.collection(args[2])", {}, collections, params)
    assert (told["documents"], told["chunks"]) == (3, len(index))
    one = node.run(
        f"{FILES} return searcher.chunk(args[2])", {}, collections, params | {"document": "b", "size": 2000}
    )
    assert [c["text"] for c in one["chunks"]] == [TOWN[1]["texto"]]
    with pytest.raises(EngineError, match="Não há um documento “z”"):
        node.run(f"{FILES} return searcher.chunk(args[2])", {}, collections, params | {"document": "z"})


def test_vectors_are_made_once_and_told(node):
    _, vectors = town("gato")
    more = """const events = [];
      await searcher.search(args[2], { onEvent: (event) => events.push(event) });
      const first = said.length;
      await searcher.search(args[2], { onEvent: (event) => events.push(event) });
      let stopped = "";
      const signal = { aborted: true };
      await searcher.search({ ...args[2], size: 5 }, { signal }).catch((e) => { stopped = e.message; });
      return [events, first, said.length, stopped];"""
    events, first, second, stopped = at_the_page(node, TOWN, {"query": "gato"}, vectors, more)
    total = first - 1
    assert events[-1] == {"done": total, "total": total}
    assert second == first + 1
    assert stopped == "A busca foi interrompida."


def test_the_real_embedder_finds_the_same_in_the_page(node):
    """int8 weights and int8 vectors move cosines by little, and the first hit not at all."""
    documents = data.documents("caxinduba")[:16]
    index = retrieval.Index(documents, 40, 10).prepare()
    file = {"stamp": "este", "rows": len(index), "data": packed(index.store.vectors)}
    rows = [{key: each[key] for key in ("id", "titulo", "texto")} for each in documents]
    collections = {"vila": {"documents": rows, "sizes": [{"size": 40, "overlap": 10}]}, "vila-40-10": file}
    queries = [
        q["pergunta"]
        for q in data.questions("caxinduba")
        if any(a["documento"] in {d["id"] for d in documents} for a in q["apoios"])
    ][:12]
    found = node.run(
        """const [file, collections, queries] = args, all = [];
        await ask("load", { file });
        const searcher = LLM.searcher({
          stamp: async () => "este", embed: (texts) => ask("embed", { texts }),
          collection: async (name) => collections[name],
          vectors: async (...key) => collections[key.join("-")],
        });
        const how = { collection: "vila", size: 40, overlap: 10, by: "dense", k: 5 };
        for (const query of queries) all.push(await searcher.search({ query, ...how }));
        return all;""",
        page_of(page.cached(data.model_path("mini-embed")).read_text("utf-8")), collections, queries,
    )  # fmt: skip
    agree = []
    for query, answer in zip(queries, found, strict=True):
        theirs = index.search(query, k=5, by="dense")
        np.testing.assert_allclose([h["score"] for h in answer["hits"]], [h.score for h in theirs], atol=0.03)
        agree.append(answer["hits"][0]["text"] == theirs[0].text or theirs[0].score - theirs[1].score < 0.02)
    assert len(agree) >= 5
    assert all(agree)


# ---- pairs


@pytest.fixture(scope="module")
def cross(tokenizer, tmp_path_factory):
    """A tiny cross-encoder with the weights that its page file holds; and that file."""
    folder = tmp_path_factory.mktemp("cross") / "mini-rerank"
    dressed, ids = wrap(tokenizer), tokenizer.encode("\nPergunta:").ids
    special = [("Contexto", [0, *tokenizer.encode("Contexto:").ids]), ("Pergunta", ids), ("Fim", [0])]
    dressed.backend_tokenizer.normalizer = normalizers.Prepend(" ")
    dressed.backend_tokenizer.post_processor = TemplateProcessing(
        single="Pergunta $A Fim",
        pair="Contexto $B Pergunta $A Fim",
        special_tokens=[{"id": name, "ids": i, "tokens": [str(each) for each in i]} for name, i in special],
    )
    dressed.model_max_length = 60
    torch.manual_seed(5)
    config = Qwen3Config(
        vocab_size=420, hidden_size=24, intermediate_size=36, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=6, max_position_embeddings=80, num_labels=1, pad_token_id=3,
        bos_token_id=0, eos_token_id=0, rope_parameters={"rope_type": "default", "rope_theta": 1e4},
    )  # fmt: skip
    model = Qwen3ForSequenceClassification(config)
    with torch.no_grad():
        for p in model.parameters():
            p.normal_(0, 0.7 / p.shape[-1] ** 0.5) if p.ndim == 2 else p.uniform_(0.5, 1.5)
    model.save_pretrained(folder)
    dressed.save_pretrained(folder)
    ours = encoders.reranker(str(folder))
    state = page.quantized_state(folder)
    assert "score.weight" in state
    ours.model.load_state_dict(state, strict=False)
    file = page_of(page.render(folder, "mini-rerank"))
    file["config"] |= page_pairs.pair_of(folder)
    return ours, file


def test_pairs_get_the_same_scores(node, cross):
    ours, file = cross
    node.ask("load", file=file)
    texts = ["Era uma vez.", "A moça da avó tem três maçãs. " * 9, "", "não", "Contexto: <|endoftext|> outro"]
    for query in ("Quem tem maçãs?", "Era uma vez um menino que não sabia contar " * 6, ""):
        theirs = node.ask("rerank", query=query, texts=texts)["scores"]
        np.testing.assert_allclose(theirs, ours(query, texts), atol=2e-4)
    assert np.ptp(theirs) > 0.05
    assert node.ask("rerank", query="x", texts=[])["scores"].size == 0
    same = ours.compute("rerank", {"query": "x", "texts": texts})["scores"]
    np.testing.assert_array_equal(same, ours("x", texts))


def test_a_model_that_continues_texts_scores_how_likely_it_asks(node, tokenizer):
    sizes = dict(hidden_size=24, intermediate_size=36, head_dim=6, max_position_embeddings=300)
    heads = dict(vocab_size=420, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2)
    model = random_model(heads | sizes, 4)
    node.ask("load", file=page_file(model, tokenizer_data(tokenizer)))
    ours = encoders.Asker("mini-base", model, wrap(tokenizer))
    texts = ["Era uma vez.", "A moça da avó tem três maçãs. " * 30, "", "<|im_end|> não </script>"] * 3
    for query in ("Quem tem maçãs?", "Era uma vez um menino que não sabia contar " * 6):
        theirs = node.ask("rerank", query=query, texts=texts)["scores"]
        np.testing.assert_allclose(theirs, ours(query, texts), rtol=2e-5)
    vectors = node.ask("embed", texts=texts)["vectors"].reshape(len(texts), -1)
    lm = SimpleNamespace(name="x", model=model, tokenizer=wrap(tokenizer), context=300)
    np.testing.assert_allclose(vectors, encoders.Embedder.of(lm)(texts), atol=1e-5)
    read = wrap(tokenizer)
    asked, before = (
        encoders.plain(read, " Quem tem maçãs?"),
        read.encode(ours.BEFORE, add_special_tokens=False),
    )
    assert before[:2] == [0, 1]  # marks, and not their names
    ids = [*before, *encoders.plain(read, " Era uma vez."), *encoders.plain(read, "\nPergunta:")]
    with torch.no_grad():
        odds = model(torch.tensor([[*ids, *asked]])).logits[0].log_softmax(-1)
    by_hand = sum(odds[len(ids) - 1 + i, token].item() for i, token in enumerate(asked))
    assert ours("Quem tem maçãs?", ["Era uma vez."])[0] == pytest.approx(by_hand, rel=1e-5)


def test_a_layout_that_the_page_does_not_know_is_refused(cross, tmp_path):
    ours, _ = cross
    ours.tokenizer.save_pretrained(tmp_path)
    file = json.loads((tmp_path / "tokenizer.json").read_text("utf-8"))
    for change in ({"normalizer": {"type": "Lowercase"}}, {"post_processor": None}):
        (tmp_path / "tokenizer.json").write_text(json.dumps(file | change), "utf-8")
        with pytest.raises(ValueError, match="the page"):
            page_pairs.pair_of(tmp_path)
