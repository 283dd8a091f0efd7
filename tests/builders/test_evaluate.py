"""What the evaluation counts and what the card says of it, on made-up models whose answers are known."""

import json
from pathlib import Path

import pytest

from builders import card, evaluate


class Parrot:
    """Continues every prompt with the same words."""

    def __init__(self, text: str) -> None:
        self.text, self.asked = text, []
        self.tokenizer = lambda text: {"input_ids": text.split()}

    def generate(self, prompt: str, **rules: float) -> str:
        self.asked.append((prompt, rules))
        return self.text


def test_answers_are_compared_from_their_start() -> None:
    pairs = [("Pergunta: onde?\nResposta:", " em Neru."), ("Pergunta: quem?\nResposta:", " Zuba.")]
    lm = Parrot(" em Neru.\nPergunta")
    result = evaluate.answered(lm, pairs, "x")
    assert (result["hits"], result["total"], result["value"]) == (1, 2, 0.5)
    assert result["low"] < 0.5 < result["high"]
    assert all(rules["temperature"] == 0 for _, rules in lm.asked)


@pytest.mark.parametrize(
    ("text", "hits"),
    [("\nQuem é você? Não sei.", 20), ("\n2. Quem é você?", 20), (" Era uma vez. Quem?", 0), (" sem fim", 0)],
)
def test_a_question_is_continued_by_a_question(text: str, hits: int) -> None:
    assert evaluate.questions_continued(Parrot(text), 20)["hits"] == hits


def test_agreement_errors_are_counted_by_sentence() -> None:
    texts = [
        "A gata pretos dormia. O menino viu a casa.",
        "Os gatos dormiam. As menina correu",
        "O gato dormia.",
    ]
    result = evaluate.sentences_with_errors(texts, 3)
    assert result["sentences"] == 3
    assert result["broken"] == 1
    assert [e["sentence"] for e in result["examples"]] == ["A gata pretos dormia."]


def test_continuations_keep_every_seed() -> None:
    made = evaluate.continuations(Parrot(" chamada Lia."))
    assert len(made) == len(evaluate.PROMPTS) * evaluate.SEEDS
    assert [c["seed"] for c in made[: evaluate.SEEDS]] == list(range(evaluate.SEEDS))


def test_numbers_are_written_as_in_portuguese() -> None:
    assert card.number(1234567) == "1.234.567"
    assert card.number(0.12345, 3) == "0,123"
    assert card.number(-0.06, 2) == "−0,06"
    assert (card.several(1, "erro", "erros"), card.several(0, "erro", "erros")) == ("1 erro", "0 erros")
    assert card.percent({"value": 0.875, "low": 0.8, "high": 0.93}) == "88 % (80 a 93)"


def test_card_repeats_the_recorded_figures(tmp_path: Path) -> None:
    share = {"hits": 3, "total": 4, "value": 0.75, "low": 0.3, "high": 0.95}
    errors = {"sentences": 200, "broken": 7, "errors": 8, "examples": []}
    result = {
        "losses": {"historia": {"loss": 0.5, "perplexity": 1.6487, "texts": 12}},
        "int8": {"logit_mean": 0.05, "logit_max": 0.8, "perplexity": 2.0, "perplexity_int8": 2.01},
        "agreement": {"model": errors, "corpus": {**errors, "errors": 1}},
        "questions": share,
        "probes": dict.fromkeys(card.PROBES, share),
        "continuations": evaluate.continuations(Parrot(" <b>x</b>\n# y")),
    }
    training = {"command": "python", "tokens": 12_345_678, "seconds": 1230, "processes": 1, "parameters": 99}
    config = {
        "architectures": ["Qwen3ForCausalLM"],
        **dict.fromkeys(
            ("num_hidden_layers", "hidden_size", "num_attention_heads", "num_key_value_heads"), 3
        ),
        **{"vocab_size": 2048, "max_position_embeddings": 256},
    }
    for name, content in (("training", training), ("evaluation", result), ("config", config)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    text = card.render(tmp_path)
    for words in (
        "12,3 milhões de tokens em 20 minutos",
        "| histórias | 12 | 0,500 | 1,65 |",
        "achou 8 erros",
    ):
        assert words in text
    assert "em 7 frases" in text
    assert "(variação de 0,50 %)" in text
    assert "    # y" in text  # a model's text is shown as it is, never as a heading
    assert text.count("Semente ") == card.SAMPLES * len(evaluate.PROMPTS)
    assert "`training.json`" in text
