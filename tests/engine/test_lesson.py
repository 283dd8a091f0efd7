"""A lesson in the engine is the lesson of llmlib.scratch.small_lm: losses, samples, sentences, pauses."""

import pytest
import torch

from llmlib.events import finished
from llmlib.scratch.small_lm import Lessons
from tests.engine.node import EngineError

TEXT = (
    "O gato subiu no telhado. A gata não subiu; ficou na rua, à espera.\n— Você vem? — perguntou o gato.\n"
    * 12
)
SMALL = {"hidden_size": 32, "layers": 1, "batch": 3, "context": 16}


def of(events: list[dict], key: str) -> list:
    return [
        each for event in events if key in event for each in ([event[key]] if key != "losses" else event[key])
    ]


@pytest.mark.parametrize(
    "choices", [SMALL, {"hidden_size": 48, "layers": 2, "batch": 2, "context": 24, "seed": 5}]
)
def test_page_and_kernel_tell_the_same_run(node, choices):
    torch.set_num_threads(1)
    params = {"run": "a", "text": TEXT, "steps": 45, "every": 15, **choices}
    ours = node.ask("train", **params)
    theirs, result = finished(Lessons(None).compute("train", params))
    start = dict(ours["events"][0]["start"])
    assert start.pop("backend") == "wasm"
    assert start == pytest.approx(theirs[0]["start"])
    assert of(ours["events"], "losses") == pytest.approx(of(theirs, "losses"), abs=2e-4)
    assert len(of(theirs, "losses")) == 45
    assert of(ours["events"], "validation") == pytest.approx(of(theirs, "validation"), abs=2e-4)
    assert of(ours["events"], "sample")[0] == of(theirs, "sample")[0]
    assert len(of(ours["events"], "sample")) == len(of(theirs, "sample")) == 4
    assert {k: v for k, v in ours.items() if k != "events"} == result


def test_it_learns(node):
    answer = node.ask("train", run="a", text=TEXT, steps=150, every=50, **SMALL)
    losses, start = of(answer["events"], "losses"), answer["events"][0]["start"]
    assert losses[0] == pytest.approx(start["uniform"], abs=0.2)
    assert sum(losses[-10:]) / 10 < start["unigram"]
    assert of(answer["events"], "validation")[-1] < start["unigram"]


def test_a_pause_changes_nothing(node):
    params = {"run": "b", "text": TEXT, "every": 1000, **SMALL}
    whole = of(node.ask("train", steps=30, **params)["events"], "losses")
    first = node.run(
        """return ask("train", args[0], (event, id) => {
          if (event.start) setTimeout(() => send({cancel: id}), 20);
        })""",
        params | {"steps": 100_000},
    )
    assert first["reason"] == "cancelled"
    done = of(first["events"], "losses")
    assert len(done) == first["step"] < 100_000
    rest = of(node.ask("train", run="b", steps=5, every=1000)["events"], "losses")
    assert len(rest) == 5
    both = (done + rest)[:30]
    assert both == pytest.approx(whole[: len(both)], abs=1e-12)


def test_the_learning_rate_may_change_while_it_runs(node):
    node.ask("train", run="c", text=TEXT, steps=2, **SMALL)
    assert node.ask("adjust", run="c", learning_rate=0.02)["learning_rate"] == 0.02
    assert node.ask("train", run="c", steps=1)["learning_rate"] == 0.02
    lessons = Lessons(None)
    finished(lessons.compute("train", {"run": "c", "text": TEXT, "steps": 1, **SMALL}))
    assert lessons.compute("adjust", {"run": "c", "learning_rate": 0.02})["learning_rate"] == 0.02


@pytest.mark.parametrize("rate", [3.0, 10.0])
def test_a_rate_that_is_too_high_stops_the_run_with_a_reason(node, rate):
    params = {"run": "d", "text": TEXT, "steps": 400, "every": 50, "learning_rate": rate, **SMALL}
    ours = node.ask("train", **params)
    _, theirs = finished(Lessons(None).compute("train", params))
    assert ours["reason"] == theirs["reason"] == "diverged"
    assert ours["step"] < 400
    assert ours["learning_rate"] == rate


def test_write_continues_a_prompt_longer_than_the_context(node):
    params = {"run": "e", "text": TEXT, "steps": 5, **SMALL}
    node.ask("train", **params)
    lessons = Lessons(None)
    finished(lessons.compute("train", params))
    for prompt in ("O gato subiu no telhado da casa", "", "日本語 gato\ud800"):
        ours = node.ask("write", run="e", prompt=prompt, length=40, temperature=0.5, seed=3)
        theirs = lessons.compute(
            "write", {"run": "e", "prompt": prompt, "length": 40, "temperature": 0.5, "seed": 3}
        )
        assert ours["prompt"] == theirs["prompt"]
        assert len(ours["text"]) == 40
        assert ours["text"][:10] == theirs["text"][:10]


WRONG = {
    "nothing": ({"text": ""}, "O texto tem 0 caracteres, e o treino precisa de pelo menos 500"),
    "too short": ({"text": "abc de " * 40}, "O texto tem 279 caracteres"),
    "short for the context": ({"text": "abc de " * 100, "context": 256}, "pelo menos 1.028"),
    "one letter": ({"text": "a" * 3000}, "O texto só tem 1 caracteres diferentes"),
    "another script": (
        {"text": "".join(map(chr, range(0x4E00, 0x4E00 + 1532)))},
        "O texto usa 1.532 caracteres diferentes",
    ),
    "no width": ({"text": TEXT, "hidden_size": 20}, "A largura é um múltiplo de 16; veio 20."),
    "no layers": ({"text": TEXT, "layers": 0}, "O número de camadas vai de 1 a 6; veio 0."),
    "no rate": ({"text": TEXT, "learning_rate": 0}, "A taxa de aprendizado vai de 0,000001 a 10; veio 0."),
    "half a row": ({"text": TEXT, "batch": 1.5}, "O lote vai de 1 a 64; veio 1,5."),
    "not begun": ({"run": "nunca"}, "Este modelo ainda não começou a treinar."),
}


@pytest.mark.parametrize(("params", "sentence"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_learned_gets_the_same_sentence_in_both(node, params, sentence):
    with pytest.raises(EngineError) as ours:
        node.ask("train", **params)
    with pytest.raises(ValueError, match=r"\.$") as theirs:
        finished(Lessons(None).compute("train", params))
    assert str(ours.value) == str(theirs.value)
    assert sentence in str(ours.value)


@pytest.mark.parametrize(
    "text",
    [
        "Το γάτο ανέβηκε στη στέγη και κοίταξε το φεγγάρι. " * 20,
        "кошка на крыше\r\nсобака во дворе\t" * 40,
        "a\u0301 e\u0301 👩‍👩‍👧 \ufeff<b>\x00\x07 " * 60,
        "abcdef ghij\n" * 30_000,
        "".join(map(chr, range(0x4E00, 0x4E00 + 300))) + "palavras comuns em número bem maior " * 1000,
    ],
    ids=["greek", "cyrillic", "combining", "huge", "a few rare signs"],
)
def test_other_alphabets_and_long_texts_are_read_alike(node, text):
    ours = node.ask("train", run="f", text=text, steps=0, hidden_size=16, layers=1, context=8)
    theirs, _ = finished(
        Lessons(None).compute(
            "train", {"run": "f", "text": text, "steps": 0, "hidden_size": 16, "layers": 1, "context": 8}
        )
    )
    start = dict(ours["events"][0]["start"])
    del start["backend"]
    assert start == pytest.approx(theirs[0]["start"])
    assert (start["cut"] > 0) == (len(text) > 300_000)
