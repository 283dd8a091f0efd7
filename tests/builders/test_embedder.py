"""mini-embed and mini-rerank: the truth of their pairs, tiny trainings, what the folders open with."""

import json
import random
import re

import numpy as np
import pytest
import torch
from datasets import Dataset
from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

from builders import embedder, reranker, retrieval, tuning
from builders.corpus import chunks, lay, paraphrases, scenes, searches
from llmlib import data
from llmlib.data import model_path
from llmlib.scratch.sft import CHAT_TEMPLATE


def made(split, count=60, seed=0):
    return [
        batch for _, batch in zip(range(count), paraphrases.batches(random.Random(seed), split), strict=False)
    ]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A tiny mini-base of the same kind, untrained."""
    folder = tmp_path_factory.mktemp("base")
    tokenizer = AutoTokenizer.from_pretrained(model_path("mini-base"))
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1}
    config = Qwen3Config(vocab_size=len(tokenizer), head_dim=16, intermediate_size=64, pad_token_id=3,
                         max_position_embeddings=512, tie_word_embeddings=True, **shape)  # fmt: skip
    Qwen3ForCausalLM(config).half().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def trained(base, tmp_path_factory):
    """A bi-encoder after 30 steps, by the command: on short texts, which so small a model can learn from."""
    folder = tmp_path_factory.mktemp("embed")
    out = folder / "mini-embed"
    arguments = ["--base", base, "--out", out, "--work", folder / "work", "--steps", 30, "--rate", 0.05]
    short = {kind: paraphrases.RECIPE[kind] for kind in ("perguntas", "palavras-chave", "duplicadas")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paraphrases, "RECIPE", short)
        embedder.main([str(a) for a in [*arguments, "--queries", 40]])
    return out


# Pairs


def test_batches_come_again_from_the_same_seed():
    assert made("train", 5) == made("train", 5)
    assert made("train", 5) != made("train", 5, seed=1)


def test_in_a_batch_each_text_is_right_for_one_query_only():
    for kind, pairs in made("train"):
        assert len(pairs) > 8, kind
        for part in ("key", "query", "text"):
            assert len({getattr(pair, part) for pair in pairs}) == len(pairs), (kind, part)


def test_a_statement_holds_the_subject_that_the_question_names():
    for pair in paraphrases.questions(random.Random(1), "train", 40):
        assert pair.key[2] in pair.text


def test_questions_about_one_subject_compete_with_each_other():
    pairs = paraphrases.questions(random.Random(2), "train", 16)
    subjects = [pair.key[1:] for pair in pairs]
    assert max(subjects.count(s) for s in set(subjects)) >= 3


def test_paraphrases_share_no_content_word():
    shared = []
    for query, text, _ in scenes.family(random.Random(3), "train", 4) + scenes.family(
        random.Random(4), "valid", 4
    ):
        shared.append(len(set(retrieval.words(query)) & set(retrieval.words(text)) - {"houve", "ocorreu"}))
    assert np.mean(shared) < 0.5


def test_a_near_miss_differs_in_meaning_and_stays_in_its_split():
    rng = random.Random(5)
    for split in ("train", "valid"):
        for _ in range(100):
            scene = scenes.draw(rng, split)
            other = scenes.near_miss(rng, split, scene)
            assert other.key() != scene.key()
            assert scene.split() == other.split() == split


def test_a_negated_scene_says_so_in_both_wordings():
    rng, seen = random.Random(6), 0
    while seen < 20:
        scene = scenes.draw(rng, "train")
        for forms in scenes.two_forms(rng, scene, "train"):
            assert (" não " in f" {scenes.tell(rng, scene, forms).lower()}") == scene.negated
        seen += scene.negated


def test_held_out_names_wordings_relations_and_scenes_never_train():
    train, valid = made("train", 80), paraphrases.buckets(size=80)
    texts = {text for _, pairs in train for pair in pairs for text in (pair.query, pair.text)}
    for bucket in valid:
        assert not texts & set(bucket.texts), bucket.name
    held = {r.name for kind in searches.tables().heads for r in searches.relations_of(kind, True)}
    topics = {t.name for t in searches.topics("valid")}
    used = {pair.key[0] for _, pairs in train for pair in pairs} | {
        pair.key[1] for kind, pairs in train for pair in pairs if kind == "temas"
    }
    assert held
    assert topics
    assert not used & (held | topics)
    for kind in searches.tables().heads:
        for relation in searches.relations_of(kind, False):
            ours = set(relation.lines("questions", "train"))
            assert ours
            assert not ours & set(relation.lines("questions", "valid"))


def test_a_held_out_pair_of_synonyms_can_be_inferred_from_a_third():
    for groups in scenes.tables()[0].values():
        for group in groups:
            linked = {i for pair in group.pairs("train") for i in pair}
            assert linked == set(range(len(group.forms))), group.name
    assert any(group.new_pairs() for groups in scenes.tables()[0].values() for group in groups)


def test_buckets_are_what_they_say():
    for bucket in paraphrases.buckets(size=80):
        assert len(bucket.queries) == len(bucket.relevant) >= 40, bucket.name
        assert all(query.strip() for query in bucket.queries)
        assert all(0 <= j < len(bucket.texts) for right in bucket.relevant for j in right)
        assert all(right for right in bucket.relevant)


def test_a_chunk_holds_the_fact_that_is_searched_and_its_name():
    rng = random.Random(7)
    for split in ("train", "valid"):
        for _ in range(25):
            for made_ in chunks.family(rng, split):
                assert made_.asked.subject.name in made_.text
                assert made_.asked.value.text.lower() in made_.text.lower()
                assert made_.asked in made_.facts
                assert len(made_.text.split()) <= chunks.LONGEST + 40


def test_a_search_without_a_name_has_one_answer_in_its_batch():
    for seed in range(4):
        found = chunks.batch(random.Random(seed), "train", 10, "situacao")
        relations = [relation for _, _, (relation, _) in found]
        for query, _, (relation, name) in found:
            named = name.lower() in query.lower()
            assert named or relations.count(relation) == 1, query


def test_everyday_and_technical_words_of_a_concept_differ():
    assert len(lay.areas()) >= 20
    pairs = [pair for seed in range(3) for pair in lay.batch(random.Random(seed), "train", 20, 1.0)]
    shared = [set(retrieval.words(query)) & set(retrieval.words(text)) for query, text, _ in pairs]
    assert np.mean([len(words) for words in shared]) < 1.2
    held = {key for _, _, key in lay.batch(random.Random(0), "valid", 99)}
    assert held
    assert not held & {key for _, _, key in pairs}


def test_no_sentence_of_the_collections_is_in_the_training_tables():
    def runs(text, size):
        found = re.findall(r"\w+", text.lower())
        return {" ".join(found[i : i + size]) for i in range(len(found) - size + 1)}

    said = set()
    for name in ("caxinduba", "ciencia"):
        for document in data.documents(name):
            said |= runs(f"{document['titulo']}. {document['texto']}", 7)
    for question in data.questions("caxinduba"):
        for way in question["jeitos"]:
            said |= runs(way["texto"], 7)
    for query in data.queries("ciencia"):
        said |= runs(query["pergunta"], 7) | runs(query["leiga"], 7)
    for table in ("situacoes.txt", "leigo.txt"):
        for line in (searches.TABLES / table).read_text(encoding="utf-8").splitlines():
            assert not runs(re.sub(r"\[([^|\]]*)\|[^\]]*\]", r"\1", line), 7) & said, line


@pytest.mark.parametrize(
    ("table", "line", "message"),
    [
        ("sinonimos.csv", "pessoa,o médico", "linha LAST:"),
        ("sinonimos.csv", "bichano,o gato|o felino", "classe desconhecida"),
        ("sinonimos.csv", "coisa,carro|o automóvel", "precisa começar por"),
        ("atos.csv", "pessoa,coisa,comprou/comprado", "linha LAST:"),
        ("atos.csv", "pessoa,coisa,", "vazia"),
    ],
)
def test_a_bad_row_is_named(tmp_path, table, line, message):
    path = tmp_path / table
    text = (searches.TABLES / table).read_text(encoding="utf-8") + line + "\n"
    path.write_text(text, encoding="utf-8")
    load = scenes.load_synonyms if table == "sinonimos.csv" else scenes.load_acts
    with pytest.raises(ValueError, match=message.replace("LAST", str(text.count("\n")))):
        load(path)


def test_a_bad_line_of_searches_is_named():
    good = "@x: o livro\nano | x | ano\n= a\n= b\n? c\n? d\n"
    assert searches.parse(good, "t", (2, 2))[2][0].name == "ano"
    for bad, message in (
        (good + "? [um|dois\n", "linha 7.*colchete"),
        (good + "@y: livro\n", "linha 7.*começar por"),
        (good + "ano | x | ano\n", "linha 7.*bloco"),
        ("? sem bloco\n", "linha 1"),
        (good, "precisa de 3"),
    ):
        with pytest.raises(ValueError, match=message):
            searches.parse(bad, "t", (3, 2) if bad == good else (2, 2))


# Measures


def test_figures_by_hand():
    scores = np.array([[3.0, 2.0, 1.0], [1.0, 3.0, 2.0]])
    found = retrieval.figures(scores, [{1}, {0, 1}])
    assert found["recall@1"].tolist() == [False, True]
    assert found["mrr"].tolist() == [0.5, 1.0]
    ideal = 1 + 1 / np.log2(3)
    assert found["ndcg@10"] == pytest.approx([1 / np.log2(3), (1 + 1 / np.log2(4)) / ideal])


def test_lexical_searchers_find_shared_words_and_survive_stop_words():
    texts = ["A biblioteca abre às 8h.", "O sapo come formigas.", ""]
    for search in (retrieval.bm25, retrieval.tfidf, retrieval.tfidf_letters):
        scores = search(["biblioteca", "sapos e formigas", "de a o"], texts)
        assert scores.shape == (3, 3)
        assert scores[0].argmax() == 0
        assert scores[1].argmax() == 1
    assert retrieval.bm25(["de a o"], texts).tolist() == [[0, 0, 0]]


def test_fusion_rewards_what_both_place_high():
    fused = retrieval.fuse(np.array([[3.0, 2.0, 1.0]]), np.array([[1.0, 2.0, 3.0]]))
    assert fused[0, 0] == fused[0, 2]
    assert retrieval.fuse(np.array([[1.0, 2.0]]), np.array([[0.0, 5.0]])).argmax() == 1


# Models


def test_tiny_training_improves_search_over_the_untrained(trained):
    figures = json.loads((trained / "evaluation.json").read_text())
    after, before = (figures["search"][name]["todos"]["mrr"] for name in ("mini-embed", "sem treino"))
    assert after[0] > before[0] + 0.03
    assert len(figures["examples"]) == embedder.EXAMPLES
    assert figures["int8"]["cosine_mean"] > 0.99
    assert figures["search"]["BM25"]["sinônimos"]["recall@1"][0] < 0.1


def test_the_folder_opens_with_the_standard_classes_and_vectors_are_as_documented(trained):
    from sentence_transformers import SentenceTransformer
    from transformers import AutoModel

    from llmlib.retrieval import encoders

    model = SentenceTransformer(str(trained), device="cpu")
    texts = ["O sapo come formigas.", "Onde fica a biblioteca Bravina, afinal?"]
    vectors = model.encode(texts)
    assert vectors.dtype == np.float32
    plain, tokenizer = AutoModel.from_pretrained(trained), AutoTokenizer.from_pretrained(trained)
    assert plain.dtype == torch.float32
    for text, vector in zip(texts, vectors, strict=True):
        ids = torch.tensor([tokenizer(text)["input_ids"]])
        assert ids[0, 0] != tokenizer.bos_token_id
        mean = plain(ids).last_hidden_state[0].mean(0)
        assert torch.allclose(mean / mean.norm(), torch.from_numpy(vector), atol=1e-5)
    as_the_library = encoders.embedder(str(trained))([*texts, "a " * 600, ""])
    np.testing.assert_allclose(as_the_library[:3], model.encode([*texts, "a " * 600]), atol=1e-5)
    assert not as_the_library[3].any()
    training = json.loads((trained / "training.json").read_text())
    assert training["steps"] == 30
    assert training["command"].startswith("python -m builders.embedder")
    assert (trained / "modules.json").read_text().count("sentence_transformers.models.") == 3


def test_reading_by_length_changes_no_vector(base):
    model = embedder.start(base, "cpu")
    texts = ["O sapo come formigas.", "Onde?", "A biblioteca Bravina abre às oito da manhã.", "Sim", "É ali."]
    plain = model.encode(texts)
    with tuning.fast(model[0].auto_model):
        grouped = model.encode(texts, batch_size=5)
    assert np.allclose(plain, grouped, atol=1e-5)
    assert np.allclose(plain, model.encode(texts), atol=1e-6)


def test_resume_goes_on_and_refuses_another_recipe(base, tmp_path):
    arguments = ["--base", str(base), "--out", str(tmp_path / "out"), "--work", str(tmp_path / "work")]
    args = embedder.parse([*arguments, "--steps", "6"])
    model = embedder.start(base, "cpu")
    assert embedder.train(model, args)["steps"] == 6
    assert list(args.work.glob("checkpoint-6"))
    again = embedder.parse([*arguments, "--steps", "6", "--resume"])
    assert embedder.train(embedder.start(base, "cpu"), again)["steps"] == 6  # nothing left to do
    with pytest.raises(tuning.BuildError, match="outra configuração"):
        embedder.train(model, embedder.parse([*arguments, "--steps", "7", "--resume"]))


def test_a_loss_that_is_no_number_stops(tmp_path):
    class State:
        global_step = 3

    watch = tuning.Watch(None, tmp_path / "clock.json", False)
    with pytest.raises(tuning.BuildError, match="passo 3"):
        watch.on_log(None, State, None, logs={"loss": float("nan")})


@pytest.mark.parametrize("builder", [embedder, reranker])
def test_commands_refuse_bad_input_in_a_sentence(builder, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        builder.main(["--help"])
    assert stop.value.code == 0
    assert "--resume" in capsys.readouterr().out
    other = tmp_path / "other"
    other.mkdir()
    for name in ("model.safetensors", "tokenizer.json"):
        (other / name).write_text("{}")
    (other / "config.json").write_text('{"model_type": "bert"}')
    for folder, message in ((tmp_path / "none", "falta"), (other, "'bert'")):
        given = ["--base", str(folder), "--work", str(tmp_path / "work")]
        with pytest.raises(SystemExit, match=message):
            builder.main(given + (["--embed", str(folder)] if builder is reranker else []))
    with pytest.raises(SystemExit):
        builder.main(["--steps", "0"])
    assert "must be above 0" in capsys.readouterr().err


def test_the_pair_is_laid_out_as_the_model_learned_to_read(base):
    tokenizer = reranker.pair_tokenizer(base)
    ids = tokenizer("Onde fica?", "Na praça.")["input_ids"]
    asked = [
        {"role": "user", "content": "Pergunta: Onde fica?\nContexto:\n[1] Na praça.\nPergunta: Onde fica?"}
    ]
    assert tokenizer.decode(ids) == tokenizer.apply_chat_template(
        asked, chat_template=CHAT_TEMPLATE, tokenize=False, add_generation_prompt=True
    )
    spaced = AutoTokenizer.from_pretrained(base)(" Na praça.")["input_ids"]
    assert any(ids[i : i + len(spaced)] == spaced for i in range(len(ids)))
    long = tokenizer("onde " * 900, "Na praça.", truncation=True, max_length=reranker.LENGTH)["input_ids"]
    assert len(long) <= 512
    assert tokenizer.chat_template is None


def test_the_first_fit_is_read_as_the_loss_reads(base):
    """Layout, place of the logit and its fit are one: a wrong one gives a loss far above chance."""
    rows = [(f"Onde fica o {w}?", f"O {w if i % 2 else 'outro'} fica ali.") for i, w in enumerate("abcdefgh")]
    pairs = Dataset.from_dict({"query": [q for q, _ in rows], "text": [t for _, t in rows],
                               "label": [float(i % 2) for i in range(8)]})  # fmt: skip
    model = reranker.start(base, "cpu")
    right = reranker.probe(model, pairs)
    scores = model.predict(rows, activation_fn=torch.nn.Identity())
    assert np.mean((scores > 0) == np.array(pairs["label"], bool)) == right
    assert right > 0.5


def test_the_reranker_trains_opens_and_reorders_only_the_first_ten(base, trained, tmp_path):
    from sentence_transformers import CrossEncoder

    out = tmp_path / "mini-rerank"
    arguments = ["--base", base, "--embed", trained, "--out", out, "--work", tmp_path / "work"]
    reranker.main([str(a) for a in [*arguments, "--steps", 4, "--batch", 4, "--queries", 8]])
    model = CrossEncoder(str(out), device="cpu")
    scores = model.predict([("Onde fica?", "Na praça."), ("Onde fica?", "O sapo come formigas.")])
    assert scores.shape == (2,)
    assert (scores > 0).all()
    first = np.random.default_rng(0).normal(size=(1, 30))
    texts = [f"O sapo {i} come formigas." for i in range(30)]
    again = reranker.reranked(model, first, ["O que come o sapo 3?"], texts)
    best = set(np.argsort(-first[0])[:10])
    assert set(np.argsort(-again[0])[:10]) == best
    assert list(np.argsort(-again[0])[10:]) == list(np.argsort(-first[0])[10:])
    figures = json.loads((out / "evaluation.json").read_text())
    assert set(figures["gain"]) == {"recall@1", "ndcg@10"}
