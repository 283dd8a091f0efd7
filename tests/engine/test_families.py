"""Encoder, encoder-decoder and permutation model: the engine against transformers, on tiny random models."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertTokenizerFast,
    ModernBertForMaskedLM,
    T5ForConditionalGeneration,
    XLNetLMHeadModel,
)
from transformers.models.t5.modeling_t5 import T5Attention

from builders import bert, page, page_families, t5, xlnet
from builders.tokenizer import wrap
from llmlib import families, load
from llmlib.events import finished
from llmlib.models import ModelError
from tests.engine.node import EngineError

TEXT = "A moça <|mask|> avó <|mask|>\ntem<|mask|> maçãs <|mask|>"


def scatter(model: torch.nn.Module, seed: int) -> torch.nn.Module:
    """Weights large enough for uneven attention; norms away from 1, biases and tables away from 0."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.ndim > 1:
                p.normal_(0, 0.9 / p.shape[0 if "rel_attn" in name else -1] ** 0.5, generator=generator)
            elif "norm" in name and "bias" not in name:
                p.uniform_(0.5, 1.5, generator=generator)
            else:
                p.normal_(0, 0.5, generator=generator)
            if "embed" in name or "shared" in name:
                p.normal_(0, 0.5, generator=generator)
            if "relative_attention_bias" in name:
                p.normal_(0, 1, generator=generator)
    return model.eval()


@pytest.fixture(scope="module")
def folders(tmp_path_factory, tokenizer):
    """A folder for each family as its builder saves it, in float32, with a tokenizer of 420 tokens."""
    made, base = {}, tmp_path_factory.mktemp("families")
    wrap(tokenizer).save_pretrained(base / "tokenizer")
    torch.manual_seed(0)
    for name, module, dress, kind, size in (
        ("mini-bert", bert, bert.with_mask, ModernBertForMaskedLM, 0.5),
        ("mini-t5", t5, t5.with_sentinels, T5ForConditionalGeneration, 0.6),
        ("mini-xlnet", xlnet, xlnet.opening, XLNetLMHeadModel, 0.6),
    ):
        dressed = dress(base / "tokenizer")
        model = scatter(kind(module.shape(len(dressed), size)), seed=len(name))
        made[name] = base / name
        model.save_pretrained(made[name])
        dressed.save_pretrained(made[name])
    return made


def file_of(folder) -> dict:
    """The page file of a folder."""
    text = page.render(folder, folder.name)
    return json.loads(text[text.index("] = {") + 4 :].rstrip().rstrip(";"))


def exact(folder) -> dict:
    """The page file of a folder with every tensor in float32."""

    def pack(tensors):
        index, data = [], b""
        for name, tensor in tensors.items():
            index.append([name, list(tensor.shape), "f32", len(data)])
            data += tensor.tobytes()
        return index, data

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "pack", pack)
        patch.setattr(page, "MOST_BYTES", 10**8)
        return file_of(folder)


@pytest.fixture(scope="module")
def made(folders):
    """(page file in float32, the model in Python) of each."""
    return {name: (exact(path), families.load(str(path), device="cpu")) for name, path in folders.items()}


@pytest.fixture
def opened(node, made):
    """name -> (ask of the engine with that model loaded, the model in Python)."""

    def open_(name: str):
        node.ask("load", file=made[name][0])
        return node.ask, made[name][1]

    return open_


def same(ours: object, theirs: object, path: str = "") -> None:
    """Equal structure, ids and texts; numbers within 1e-4, of the largest of their array."""
    if isinstance(theirs, dict):
        assert ours.keys() == theirs.keys(), path
        for key in theirs:
            same(ours[key], theirs[key], f"{path}.{key}")
    elif isinstance(theirs, np.ndarray):
        np.testing.assert_allclose(
            ours, theirs, rtol=0, atol=1e-4 * max(1, np.abs(theirs).max(initial=0)), err_msg=path
        )
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs), path
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            same(a, b, f"{path}[{i}]")
    elif isinstance(theirs, float):
        assert ours == pytest.approx(theirs, abs=1e-4), path
    else:
        assert ours == theirs, path


def both(pair, method: str, **params) -> dict:
    """The answer of Python, after the engine's was found equal to it."""
    ask, model = pair
    ours, theirs = ask(method, **params), model.compute(method, params)
    if method == "rewrite":
        events, result = finished(theirs)
        theirs = result | {"events": events}
    else:
        ours.pop("events")
    same(ours, theirs)
    return theirs


# --- mini-bert -----------------------------------------------------------------------------------------


def test_bert_fills_every_gap_at_once(opened):
    pair = opened("mini-bert")
    model = pair[1].model
    found = both(pair, "fill", text=TEXT, k=7, only=["attentions", "hidden_states"])
    ids = [token["id"] for token in found["tokens"]]
    assert ids[0] == 0
    assert [ids[place] for place in found["masked"]] == [pair[1].tokenizer.mask_token_id] * 4
    assert ids[1:] == pair[1].tokenizer.encode(TEXT, add_special_tokens=False)
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0, found["masked"]]
    assert [row[0]["id"] for row in found["top"]] == logits.argmax(-1).tolist()
    everything = both(pair, "fill", text=TEXT, k=421)
    assert [sum(token["p"] for token in row) for row in everything["top"]] == pytest.approx([1] * 4)


@pytest.mark.parametrize(
    "text", ["<|mask|>", "é<|mask|><|mask|> \t <|mask|>", "\u2003<|mask|>\n\nfim", "👍🏽 <|mask|>" * 30]
)
def test_bert_reads_any_text(opened, text):
    both(opened("mini-bert"), "fill", text=text, k=3)


def test_bert_shows_its_whole_pass(opened):
    pair = opened("mini-bert")
    found = both(pair, "trace", text="Era uma vez um menino")
    T = len(found["tokens"])
    assert found["logits_shape"] == [T, 421]
    maps = found["attentions"].reshape(found["attentions_shape"])
    assert (maps > 0).all()  # both sides are seen
    both(pair, "trace", text=TEXT, only="attentions")
    assert both(pair, "encode", text=" O gato") == {
        "tokens": pair[1]._tokens(pair[1]._ids(" O gato")),
        "cut": 0,
    }


# --- mini-t5 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["corrigir: A moça da avó tem maçãs", "O <|endoftext|> <extra_id_0> e <extra_id_31>.", "é"]
)
def test_t5_writes_token_for_token_what_generate_writes(opened, text):
    pair = opened("mini-t5")
    found = both(pair, "rewrite", text=text, max_new_tokens=25, k=3)
    model, tokenizer = pair[1].model, pair[1].tokenizer
    ids = torch.tensor([tokenizer(text).input_ids])
    wanted = model.generate(ids, max_new_tokens=25, do_sample=False, num_beams=1)[0, 1:].tolist()
    assert found["ids"] == wanted
    assert [event["token"]["id"] for event in found["events"]] == wanted
    assert found["text"] == tokenizer.decode(wanted, skip_special_tokens=True)
    assert found["reason"] == ("eos" if wanted[-1] == 0 else "length")


def test_t5_ends_where_it_should(folders, tmp_path, node):
    """A decoder that ends at once."""
    folder = tmp_path / "mini-t5"
    shutil.copytree(folders["mini-t5"], folder)
    model = T5ForConditionalGeneration.from_pretrained(folder)
    with torch.no_grad():  # the answer to the start's own state is the mark
        model.decoder.final_layer_norm.weight.zero_()
        model.shared.weight[0] = 0
    model.save_pretrained(folder)
    node.ask("load", file=exact(folder))
    found = both((node.ask, families.load(str(folder))), "rewrite", text="Oi")
    assert (found["ids"], found["text"], found["reason"]) == ([0], "", "eos")
    assert (
        both((node.ask, families.load(str(folder))), "rewrite", text="Oi", max_new_tokens=0)["reason"]
        == "length"
    )


def test_t5_shows_its_three_attentions(opened):
    pair = opened("mini-t5")
    text = "reescrever no plural: A menina tem uma maçã e o coração dela é só alegria"
    written = both(pair, "rewrite", text=text, max_new_tokens=12)["ids"]
    found = both(pair, "trace", text=text, target=written)
    S, U = len(found["tokens"]), len(written)
    shapes = {name: found[f"{name}_shape"][-2:] for name in families.Rewriter.PARTS[:3]}
    assert list(shapes.values()) == [[S, S], [U, U], [U, S]]
    decoder = found["decoder_attentions"].reshape(found["decoder_attentions_shape"])
    assert not decoder[:, :, *np.triu_indices(U, 1)].any()  # no future
    logits = found["logits"].reshape(found["logits_shape"])
    assert logits.argmax(-1).tolist() == written  # row u is what wrote token u
    assert both(pair, "trace", text="é", only="cross_attentions")["target"]
    assert both(pair, "trace", text="é", target=[], only="cross_attentions")["cross_attentions_shape"][2] == 0


def test_t5_measures_distance_as_transformers_does(node):
    """Every distance, in the encoder and in the decoder, for several sizes of the table."""
    for buckets, longest in ((32, 128), (32, 64), (16, 40)):
        for both_sides in (True, False):
            far = torch.arange(-300, 301)
            wanted = T5Attention._relative_position_bucket(far, both_sides, buckets, longest)
            found = node.run(
                "return args[0].map((far) => LLM.bucket(far, args[1], args[2], args[3]))",
                far.tolist(), both_sides, buckets, longest,
            )  # fmt: skip
            assert found == wanted.tolist()


def test_t5_two_texts_at_once(node, opened):
    opened("mini-t5")
    alone, among, other = node.run(
        """const params = {text: "A moça da avó", max_new_tokens: 20};
        const alone = await ask("rewrite", params);
        const others = {text: "Era uma vez", max_new_tokens: 9};
        const [among, other] = await Promise.all([ask("rewrite", params), ask("rewrite", others)]);
        return [alone, among, other]"""
    )
    same(among, alone)
    assert other == node.ask("rewrite", text="Era uma vez", max_new_tokens=9)
    stopped = node.run(
        """let n = 0;
        return ask("rewrite", {text: "A moça", max_new_tokens: 90}, (event, id) => {
          if (++n === 3) send({cancel: id});
        })"""
    )
    assert (stopped["reason"], len(stopped["ids"])) == ("cancelled", 3) or stopped["reason"] == "eos"


# --- mini-xlnet ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [None, [0, 1, 2, 3], [3, 1, 0, 2], [2, 3, 1, 0]])
def test_xlnet_fills_in_the_order_given(opened, order):
    pair = opened("mini-xlnet")
    found = both(pair, "fill", text=TEXT, k=5, order=order, only="attentions")
    maps = found["attentions"].reshape(found["attentions_shape"])  # (gaps, L, H, T)
    turns = found["order"]
    assert turns == (order or [0, 1, 2, 3])
    for rank, gap in enumerate(turns):
        unseen = [found["masked"][later] for later in turns[rank:]]
        assert not maps[gap][..., unseen].any()
        assert (np.delete(maps[gap], unseen, -1) > 0).all()


def test_xlnet_guesses_what_its_training_measures(opened):
    """The first gap to be filled is that of `builders.xlnet.order_loss` with all gaps hidden."""
    _, model = opened("mini-xlnet")
    ids = [0, 50, 60, 70, 80, 90, 100]
    with torch.no_grad():
        targets = torch.zeros(1, 7, dtype=torch.bool)
        targets[0, [2, 5]] = True
        wanted = xlnet.order_loss(model.model, torch.tensor([ids]), targets, torch.zeros(1, 7))[1]
        found = model.logits_of(ids[1:], [1, 4])
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("text", ["<|mask|>", "<|mask|><|mask|>\n <|mask|>", "Era uma vez <|mask|>." * 9])
def test_xlnet_reads_any_text(opened, text):
    both(opened("mini-xlnet"), "fill", text=text, k=2, order=list(range(text.count("<|")))[::-1])


def test_xlnet_shows_the_content_stream(opened):
    """Every token sees the whole text, itself too; the states are the model's own."""
    pair = opened("mini-xlnet")
    found = both(pair, "trace", text="A moça da avó\ntem maçãs")
    ids = [token["id"] for token in found["tokens"]]
    assert ids == [0, *pair[1].tokenizer.encode("A moça da avó\ntem maçãs", add_special_tokens=False)]
    maps = found["attentions"].reshape(found["attentions_shape"])  # (L, H, T, T)
    assert (maps > 0).all()
    states = found["hidden_states"].reshape(found["hidden_states_shape"])  # (L+1, T, D)
    config = pair[1].model.config
    assert states.shape == (config.n_layer + 1, len(ids), config.d_model)
    with torch.no_grad():
        wanted = pair[1].model.transformer(torch.tensor([ids])).last_hidden_state[0]
    np.testing.assert_allclose(states[-1], wanted, atol=1e-4)
    assert both(pair, "trace", text="é", only="hidden_states").keys() >= {"tokens", "hidden_states"}
    assert "attentions" not in both(pair, "trace", text="é", only="hidden_states")


# --- what cannot be answered ---------------------------------------------------------------------------

WRONG = [
    ("mini-bert", "fill", {"text": "Sem lacuna."}, "Não há nenhuma lacuna: escreva <|mask|>"),
    ("mini-bert", "fill", {"text": ""}, "O texto está vazio: escreva uma frase com <|mask|>"),
    ("mini-bert", "fill", {"text": " \n\t"}, "O texto está vazio"),
    ("mini-bert", "fill", {"text": "1" * 256 + "<|mask|>"}, "O texto tem 258 tokens, e {} lê no máximo 256."),
    ("mini-bert", "fill", {"text": "<|mask|>", "k": 0}, "k deve ser de 1 a 421; veio 0."),
    (
        "mini-bert",
        "fill",
        {"text": "<|mask|>", "only": "mapas"},
        "A resposta não tem a parte “mapas”; tem attentions, ",
    ),
    ("mini-bert", "generate", {"text": "Oi"}, "{} não sabe generate; sabe encode, fill, trace."),
    ("mini-t5", "rewrite", {"text": ""}, "O texto está vazio: escreva a frase que o modelo deve reescrever."),
    ("mini-t5", "rewrite", {"text": "1" * 256}, "O texto tem 257 tokens, e {} lê no máximo 256."),
    (
        "mini-t5",
        "rewrite",
        {"text": "a", "max_new_tokens": -1},
        "max_new_tokens deve ser 0 ou mais; veio -1.",
    ),
    ("mini-t5", "trace", {"text": "a", "target": [1, 99999]}, "{} lê tokens de 0 a 451."),
    ("mini-t5", "fill", {"text": "<|mask|>"}, "{} não sabe fill; sabe encode, rewrite, trace."),
    ("mini-xlnet", "next", {"text": "Oi"}, "{} não sabe next; sabe encode, fill, trace."),
    ("mini-xlnet", "trace", {"text": " "}, "O texto está vazio: escreva uma frase."),
    ("mini-xlnet", "trace", {"text": "1" * 128}, "O texto tem 129 tokens, e {} lê no máximo 128."),
    ("mini-xlnet", "trace", {"text": "Oi", "only": "logits"}, "A resposta não tem a parte “logits”; tem a"),
    ("mini-xlnet", "fill", {"text": "Sem lacuna."}, "Não há nenhuma lacuna"),
    ("mini-xlnet", "fill", {"text": "  "}, "O texto está vazio"),
    (
        "mini-xlnet",
        "fill",
        {"text": "1" * 128 + "<|mask|>"},
        "O texto tem 130 tokens, e {} lê no máximo 128.",
    ),
    (
        "mini-xlnet",
        "fill",
        {"text": TEXT, "order": [0, 1, 2]},
        "A ordem diz cada lacuna uma vez, de 0 a 3; veio 0, 1, 2.",
    ),
    ("mini-xlnet", "fill", {"text": TEXT, "order": [0, 1, 2, 2]}, "veio 0, 1, 2, 2."),
]


@pytest.mark.parametrize("name", ["mini-bert", "mini-t5", "mini-xlnet"])
def test_what_cannot_be_answered_gets_one_sentence(opened, folders, name):
    ask, model = opened(name)
    for _, method, params, sentence in (row for row in WRONG if row[0] == name):
        with pytest.raises(EngineError) as ours:
            ask(method, **params)
        with pytest.raises(ValueError) as theirs:
            finished(events) if hasattr(events := model.compute(method, params), "send") else None
        assert str(ours.value) == str(theirs.value).replace(model.name, name)
        assert sentence.format(name) in str(ours.value)


def test_load_says_which_door_is_right(folders):
    with pytest.raises(ModelError, match=r"mini-base é um Qwen3ForCausalLM; .* llmlib\.load"):
        families.load("mini-base")
    for name in folders:
        with pytest.raises(ModelError, match=r"llmlib\.families\.load"):
            load(str(folders[name]))


def test_a_mask_of_another_name_is_written_the_same(tmp_path):
    """A BERT of the hub: its mask is [MASK], its pieces are WordPiece, its text opens and ends with marks."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "o", "gato", "dorm", "##iu", "."]
    (tmp_path / "vocab.txt").write_text("\n".join(words), "utf-8")
    BertTokenizerFast(str(tmp_path / "vocab.txt"), model_max_length=16).save_pretrained(tmp_path)
    sizes = dict(hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=8)
    BertForMaskedLM(BertConfig(vocab_size=10, max_position_embeddings=16, **sizes)).save_pretrained(tmp_path)
    model = families.load(str(tmp_path))
    found = model.fill("o <|mask|> dormiu.", k=2)
    assert [token["text"] for token in found["tokens"]] == [
        *words[2:3],
        "o",
        "[MASK]",
        "dorm",
        "##iu",
        ".",
        "[SEP]",
    ]
    assert found["masked"] == [2]
    assert found["top"] == model.compute("fill", {"model": "x", "text": "o <|mask|> dormiu.", "k": 2})["top"]


# --- the page file -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mini-bert", "mini-t5", "mini-xlnet"])
def test_the_page_has_the_weights_that_python_measures(node, folders, name):
    """int8 in the page and `quantized_state` are the same model, and not far from the one before."""
    node.ask("load", file=file_of(folders[name]))
    light = families.load(str(folders[name]), device="cpu")
    unknown = light.model.load_state_dict(page.quantized_state(folders[name]), strict=False).unexpected_keys
    assert not unknown
    light.model.tie_weights()
    method, params = (
        ("rewrite", {"text": "Era uma vez", "max_new_tokens": 8})
        if "t5" in name
        else ("fill", {"text": TEXT})
    )
    both((node.ask, light), method, **params)
    lost = page_families.cost(folders[name], ["A moça da avó tem três maçãs.", "Era uma vez um menino."])
    assert 0 < lost["logit_mean"] < 0.2
    assert lost["perplexity_int8"] == pytest.approx(lost["perplexity"], rel=0.1)


def test_the_site_carries_those_that_are_there(folders, monkeypatch, tmp_path):
    monkeypatch.setattr(page, "MODELS", folders["mini-t5"].parent)
    monkeypatch.setattr(page, "CACHE", tmp_path)
    made = page.pages()
    assert made.keys() == {"mini-bert", "mini-t5", "mini-xlnet"}
    assert all(path.stat().st_size < page.MOST_BYTES for path in made.values())


@pytest.mark.parametrize(
    ("module", "kind", "more"),
    [(bert, ModernBertForMaskedLM, 1), (t5, T5ForConditionalGeneration, 32), (xlnet, XLNetLMHeadModel, 0)],
)
def test_models_of_full_size_fit_in_a_page(module, kind, more):
    model = kind(module.shape(3072 + more))
    arrays = {key: tensor.numpy() for key, tensor in model.state_dict().items()}
    tied = {
        "decoder.weight",
        "lm_head.weight",
        "encoder.embed_tokens.weight",
        "decoder.embed_tokens.weight",
        "lm_loss.weight",
    }
    _, data = page.pack(
        page_families.arrange({key: array for key, array in arrays.items() if key not in tied})
    )
    assert 4 * len(data) / 3 + 200_000 < page.MOST_BYTES  # in base64, with the tokenizer
