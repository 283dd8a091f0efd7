"""The worker's protocol: the answers of the Python kernel, cancel, a sentence for what is wrong."""

import copy

import numpy as np
import pytest
import torch

from builders.tokenizer import wrap
from llmlib import engine
from llmlib.events import finished
from llmlib.lm import LM
from tests.engine.node import EngineError
from tests.engine.pages import page_file, random_model, tokenizer_data

CONFIG = dict(
    vocab_size=420, hidden_size=40, intermediate_size=50, num_hidden_layers=3, num_attention_heads=4,
    num_key_value_heads=2, head_dim=10, max_position_embeddings=30,
)  # fmt: skip
TEXTS = [
    "",
    " ",
    "Era uma vez",
    "coração </script> <img src=x onerror=alert(1)>",
    "👩‍👩‍👧‍👦\ud800\n\n",
    "<|im_end|>fim",
]


@pytest.fixture(scope="module")
def model():
    model = random_model(CONFIG, seed=1)
    with torch.no_grad():
        model.model.embed_tokens.weight *= 0.25  # tied head: flatter logits, so that draws differ
    return model


@pytest.fixture(scope="module")
def file(model, tokenizer):
    return page_file(model, tokenizer_data(tokenizer))


@pytest.fixture
def ask(node, file):
    """`ask` of an engine that has just loaded the model."""
    node.ask("load", file=file)
    return node.ask


@pytest.fixture(scope="module")
def lm(model, tokenizer):
    """The Python kernel's side of the same seam."""
    return LM("teste", model, wrap(tokenizer))


def same(ours: object, theirs: object) -> None:
    """Equal structure, equal ids and texts, numbers within 1e-4."""
    if isinstance(theirs, dict):
        assert ours.keys() == theirs.keys()
        for key in theirs:
            same(ours[key], theirs[key])
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            same(a, b)
    elif isinstance(theirs, float):
        assert ours == pytest.approx(theirs, abs=1e-4, rel=1e-4)
    else:
        assert ours == theirs


def without(answer: dict, *names: str) -> dict:
    return {key: value for key, value in answer.items() if key not in names}


def test_it_weighs_less_than_22_kib():
    assert engine.size() < 22 * 1024
    assert engine.train_size() < 30 * 1024  # a file of its own: pages that train nothing do not load it


def test_load_tells_what_computes(node, file):
    answer = node.ask("load", file=file)
    assert (answer["name"], answer["backend"]) == ("teste", "wasm")
    assert answer["config"]["vocab_size"] == 420


@pytest.mark.parametrize("text", TEXTS)
def test_encode_and_next_answer_as_the_kernel(ask, lm, text):
    same(without(ask("encode", text=text), "events"), lm.compute("encode", {"text": text}))
    for params in (
        {"text": text},
        {"text": text, "k": 3, "sampling": {"temperature": 0.7, "top_k": 5, "seed": 4}},
        {"text": text, "k": 500, "sampling": {"frequency_penalty": 1, "seed": 9}, "generated": 1},
    ):
        same(without(ask("next", **params), "events"), lm.compute("next", params))


def test_ids_stand_for_their_text(ask):
    tokens = ask("encode", text="Era uma vez um gato")["tokens"]
    ids = [t["id"] for t in tokens]
    by_text = ask("next", text="Era uma vez um gato")
    assert ask("next", ids=ids) == by_text
    assert ask("next", ids=[0, *ids]) == by_text  # the document's mark is put there once


@pytest.mark.parametrize("seed", range(6))
def test_generate_answers_as_the_kernel(ask, lm, seed):
    params = {
        "text": TEXTS[seed],
        "max_new_tokens": 15,
        "k": 4 * (seed % 2),
        "stop": ["e", "ão", ""],
        "sampling": {"temperature": 0.9, "top_p": 0.95, "repetition_penalty": 1.1, "seed": seed},
    }
    ours = ask("generate", **params)
    theirs, result = finished(lm.compute("generate", params))
    same(without(ours, "events"), result)
    for a, b in zip(ours["events"], theirs, strict=True):
        same(a, b)


@pytest.fixture
def fixed(node, model, tokenizer):
    """A model that continues 7 with 8, 8 with 9 …: only the embedding of the last token counts."""
    sure = copy.deepcopy(model)
    with torch.no_grad():
        for layer in sure.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        sure.model.norm.weight.fill_(3)
        head = torch.roll(sure.model.embed_tokens.weight, 1, 0).clone()  # row i + 1 answers to embedding i
    node.ask("load", file=page_file(sure, tokenizer_data(tokenizer), extra={"lm_head.weight": head}))
    return node.ask


def test_every_reason_to_stop(fixed, node, tokenizer):
    greedy = {"temperature": 0}
    run = lambda ids, most, **more: fixed("generate", ids=ids, max_new_tokens=most, sampling=greedy, **more)  # noqa: E731
    length = run([10], 5)
    assert (length["ids"], length["reason"]) == ([11, 12, 13, 14, 15], "length")
    assert [e["token"]["id"] for e in length["events"]] == length["ids"]
    assert run([10], 0)["reason"] == "length"

    full = run(
        list(range(10, 35)), 50
    )  # 1 + 25 tokens of 30: five more are read, and the last one is only written
    assert (full["ids"], full["reason"]) == ([35, 36, 37, 38, 39], "context")

    end = run([417], 9)
    assert (end["ids"], end["reason"]) == ([418, 419, 0], "eos")

    letters = [tokenizer.id_to_token(i) for i in range(40, 44)]
    stopped = run([39], 20, stop=["".join(letters[1:3])])  # across two tokens
    assert (stopped["ids"], stopped["text"], stopped["reason"]) == ([40, 41, 42], letters[0], "stop")


def test_cancel_stops_between_two_tokens(node, file):
    node.ask("load", file=file)
    answer = node.run(
        """let n = 0;
        return ask("generate", {text: "Era", max_new_tokens: 25, sampling: {seed: 3}}, (event, id) => {
          if (++n === 4) send({cancel: id});
        })"""
    )
    assert answer["reason"] == "cancelled"
    assert len(answer["events"]) == len(answer["ids"]) == 4


def test_a_question_in_the_middle_of_a_generation_changes_nothing(node, file):
    node.ask("load", file=file)
    alone, among, other = node.run(
        """const params = {text: "O gato", max_new_tokens: 12, sampling: {seed: 5}};
        const alone = await ask("generate", params);
        const again = () => ask("generate", params), question = ask("next", {text: "Outra coisa"});
        const [among, , other] = await Promise.all([again(), question, again()]);
        return [alone, among, other]"""
    )
    assert alone == among == other


def test_trace_is_the_whole_pass(ask, lm):
    text = "A moça da avó\ntem 3 maçãs"
    ours, theirs = ask("trace", text=text), lm.compute("trace", {"text": text})
    same(ours["tokens"], theirs["tokens"])
    assert ours["tokens"][0]["text"] == "<|endoftext|>"
    for name in ("logits", "attentions", "hidden_states"):
        assert ours[f"{name}_shape"] == theirs[f"{name}_shape"]
        largest = np.abs(theirs[name]).max()
        np.testing.assert_allclose(ours[name], theirs[name], rtol=0, atol=1e-5 * largest)


def test_a_text_too_long_keeps_its_end(ask, lm):
    text = "Era uma vez um gato. " * 5_000
    ours = ask("next", text=text)
    assert len(ours["tokens"]) == 29  # the context is 30, with the document's mark
    assert ours["cut"] == len(lm.tokenizer.encode(text)) - 29
    assert ours["top"] == ask("next", ids=[t["id"] for t in ours["tokens"]])["top"]
    assert ask("encode", text=text)["cut"] == ours["cut"]
    assert ask("trace", text=text)["logits_shape"] == [30, 420]


SPOILED = {
    "another format": lambda f: f.update(format=2),
    "truncated": lambda f: f.update(weights=f["weights"][: len(f["weights"]) // 8 * 4]),
    "one letter": lambda f: f.update(weights=("B" if f["weights"][0] == "A" else "A") + f["weights"][1:]),
    "not base64": lambda f: f.update(weights="não é base64"),
    "no weights": lambda f: f.pop("weights"),
    "no tensor": lambda f: f["tensors"].pop(3),
    "wrong offset": lambda f: f["tensors"][2].__setitem__(3, 10**9),
    "no tokenizer": lambda f: f.pop("tokenizer"),
    "no config": lambda f: f.pop("config"),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_a_broken_page_file_says_which_and_how_to_rebuild_it(node, file, spoil):
    broken = copy.deepcopy(file)
    spoil(broken)
    with pytest.raises(
        EngineError, match=r"O arquivo do modelo teste está incompleto ou corrompido\. Para refazê-lo: make"
    ):
        node.ask("load", file=broken)
    with pytest.raises(EngineError, match="O modelo ainda não foi carregado"):
        node.ask("next", text="oi")


@pytest.mark.parametrize(
    ("method", "params", "sentence"),
    [
        ("treinar", {}, "O motor não conhece o método treinar."),
        ("constructor", {}, "O motor não conhece o método constructor."),
        ("next", {"ids": [5, 999]}, "Este modelo lê de 1 a 30 tokens, com números de 0 a 419."),
        ("next", {"text": "a", "sampling": {"top_p": 7}}, "top_p deve ficar entre"),
        ("generate", {"text": "a", "sampling": {"temp": 1}}, "temp não é um controle da amostragem."),
    ],
)
def test_a_question_without_meaning_gets_a_sentence(ask, method, params, sentence):
    with pytest.raises(EngineError, match=sentence):
        ask(method, **params)


def test_embed_is_the_mean_of_the_last_hidden_states(ask, model, tokenizer):
    texts = ["Era uma vez", "coração </script>", "", "um gato " * 40]
    answer = ask("embed", texts=texts)
    assert answer["vectors_shape"] == [4, CONFIG["hidden_size"]]
    ours = np.asarray(answer["vectors"]).reshape(answer["vectors_shape"])
    for text, vector in zip(texts, ours, strict=True):
        ids = tokenizer.encode(text).ids[: CONFIG["max_position_embeddings"]]
        if not ids:
            assert not vector.any()
            continue
        with torch.no_grad():
            mean = model.model(torch.tensor([ids])).last_hidden_state[0].mean(0)
        np.testing.assert_allclose(vector, mean / mean.norm(), atol=1e-5)
