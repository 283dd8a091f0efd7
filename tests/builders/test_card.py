"""Cards and the family table repeat what was recorded, for every kind of model, and hide nothing."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from builders import card, family
from builders.cards import files, targets, words
from builders.cards.words import figure, number, percent
from builders.measures import proportion

HALF = proportion(50, 100)
SHAPE = {
    "architectures": ["Qwen3ForCausalLM"],
    "num_hidden_layers": 5,
    "hidden_size": 192,
    "num_attention_heads": 6,
    "num_key_value_heads": 3,
    "vocab_size": 3072,
    "max_position_embeddings": 512,
}
TRAINING = {
    "command": "python -m builders.pretrain --tokens 24M",
    "note": "Pesos de uma execução numa GPU.",
    "tokens": 12_345_678,
    "seconds": 1230,
    "processes": 1,
    "parameters": 2_620_000,
    "curve": [
        {"step": 1, "tokens": 1_000_000, "stage": "leitura", "loss": 3.0},
        {"step": 2, "tokens": 12_345_678, "stage": "texto", "loss": 1.0},
    ],
}
READING = {
    "cells": {f"{r}/{w}": HALF for r in ("trained", "held_out") for w in ("trained", "held_out")},
    "facts": {"1": HALF, "8": HALF},
    "words": {"30": HALF, "140": HALF},
    **dict.fromkeys(
        (
            "handwritten",
            "handwritten_found",
            "stories",
            "unanswerable",
            "unanswerable_held_out",
            "refused_answerable",
            "sources",
            "cited",
            "copying_sentences",
        ),
        HALF,
    ),
}
INT8 = {"logit_mean": 0.05, "logit_max": 0.8, "perplexity": 2.0, "perplexity_int8": 2.01}
HEADS = {
    "scores": [[0.1, 0.93]],
    "baseline": [[0.0, 0.02]],
    "best": {"layer": 0, "head": 1, "score": 0.93, "baseline": 0.02},
    "copying": 0.9,
}
BACK = {"texts": 9, "mean": 4.5, "longest": 33, "longest_text": "x", "long": HALF}
BASE = {
    "loss": {
        "historia": {"loss": 0.5, "perplexity": 1.6487, "texts": 12, "tokens": 99},
        "todos": {"loss": 0.6, "perplexity": 1.8, "texts": 24, "tokens": 200},
    },
    "stories": {
        "consistent": proportion(180, 200),
        "kept": {"gênero": HALF},
        "goal_returns": HALF,
        "goal_returns_in_corpus": HALF,
        "broken": proportion(2, 1000),
        "broken_in_corpus": proportion(0, 1000),
        "ended": HALF,
        "agreement": proportion(980, 1000),
        "checker": {"accepts": proportion(399, 400), "rejects": {"nome": HALF, "pronome": None}},
    },
    "agreement": {
        "corpus": proportion(99, 100),
        "gênero": HALF,
        "número": HALF,
        "pessoa": HALF,
        "todos": HALF,
    },
    "facts": {"seen": HALF, "stated": HALF, "held_out": HALF},
    "reading": READING,
    "copying": HALF,
    "fewshot": {
        "tasks": {"plural": {"held_out": False, "shots": dict.fromkeys("0124", HALF), "gain": True}},
        "gains": 1,
        "unseen_layouts": {"0": HALF, "4": HALF},
    },
    "induction": HEADS,
    "history": [
        {
            "step": 20,
            "tokens": 140_000,
            "heads": HEADS,
            **dict.fromkeys(("reading", "reading_held_out", "copying", "agreement"), HALF),
            "text": "x",
        }
    ],
    "questions": proportion(197, 200),
    "kinds": {
        **dict.fromkeys(("sums", "code", "dna", "recipes"), HALF),
        "bias": {
            "eolista": {
                "women": 0.9,
                "in_data": 2.197,
                "value": 1.5,
                "low": 1.2,
                "high": 1.8,
                "n": 60,
                "unit": "nats",
            }
        },
    },
    "memory": {
        "prompt": 24,
        "at_least": 32,
        "room": 64,
        "train": BACK,
        "unseen": BACK,
        "by_hand": {"texts": 0},
    },
    "diversity": [
        {
            "temperature": 0.7,
            "distinct_1": 0.5,
            "distinct_2": 0.7,
            "distinct_3": 0.9,
            "shared_4": 0.2,
            "loops": HALF,
            "broken": None,
            "texts": 30,
        }
    ],
    "int8": INT8,
}
SAMPLES = [{"seed": seed, "prompt": "Era uma vez", "text": f" <b>x</b>\n# y {seed}"} for seed in range(30)]
CHAT = {
    "answers": HALF,
    "following": {
        "right": {"fato": HALF, "recusa": HALF, "todos": HALF},
        "refuses": {"fato": proportion(2, 100), "recusa": HALF},
    },
    "reading": READING,
    "int8": INT8,
}
DUEL = {
    "other": "mini-instruct",
    "wins": 30,
    "losses": 10,
    "ties": 60,
    "rate": proportion(30, 40),
    "right": HALF,
    "other_right": HALF,
}
TRIPLE = [0.9, 0.88, 0.92]
SEARCH = {
    name: {
        b: dict.fromkeys(("recall@1", "recall@5", "mrr", "ndcg@10"), TRIPLE) for b in ("todos", "perguntas")
    }
    for name in ("mini-embed", "BM25", "mini-embed + mini-rerank")
}
FOUND = [
    {"kind": "perguntas", "query": f"Onde mora {i}?", "found": "Ali.", "right": i % 2 == 0} for i in range(30)
]
RESULTS = {
    "mini-base": {
        "kind": "base",
        "measures": BASE,
        "samples": SAMPLES,
        "continuations": [{"errors": []}, {"errors": ["a gato"]}],
    },
    "mini-instruct": {"kind": "chat", "measures": CHAT, "samples": SAMPLES},
    "mini-dpo": {"kind": "chat", "measures": {**CHAT, "duel": DUEL}, "samples": SAMPLES},
    "mini-bert": {
        "measures": {
            "masked": {"historia": HALF},
            "masked_loss": {"historia": {"value": 1.2, "low": 1.1, "high": 1.3, "n": 9, "unit": "nats"}},
        },
        "samples": [{"text": "O [?].", "answer": "gato", "guesses": [["gato", 0.9], ["rato", 0.1]]}] * 30,
    },
    "mini-t5": {
        "measures": {
            "exact": {"corrigir": HALF},
            "edits": {"precision": HALF, "f0.5": 0.75},
            "untouched": HALF,
        },
        "samples": [{"task": "corrigir", "source": "os gato", "target": "os gatos", "output": "os gatos"}]
        * 30,
    },
    "mini-xlnet": {
        "measures": {"masked_in_order": {"right": {"historia": HALF}}},
        "samples": [{"text": "O [?].", "answer": "gato", "output": "rato"}] * 30,
    },
    "mini-embed": {
        "search": SEARCH,
        "queries": {"perguntas": [400, 500]},
        "gain": {"BM25": [0.1, 0.05, 0.15], "TF-IDF": [0.02, -0.01, 0.05]},
        "int8": {"cosine_mean": 0.9999, "cosine_min": 0.99, "recall@1": TRIPLE},
        "examples": FOUND,
    },
    "mini-rerank": {
        "search": SEARCH,
        "queries": {"perguntas": [200, 500]},
        "gain": {"recall@1": [0.05, 0.01, 0.09]},
        "examples": FOUND,
    },
}
CLASSES = {
    "mini-bert": "ModernBertForMaskedLM",
    "mini-t5": "T5ForConditionalGeneration",
    "mini-xlnet": "XLNetLMHeadModel",
}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder of all models, with records but without weights."""
    for name, result in RESULTS.items():
        folder = tmp_path / name
        folder.mkdir()
        training = TRAINING if "search" not in result else {**TRAINING, "pairs": 51_000, "base": "mini-base"}
        training = {k: v for k, v in training.items() if k != "tokens" or "search" not in result}
        records = {
            "training": training,
            "evaluation": result,
            "config": SHAPE | {"architectures": [CLASSES.get(name, "Qwen3ForCausalLM")]},
        }
        for record, content in records.items():
            (folder / f"{record}.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "mini-embed" / "modules.json").write_text("[]")
    (tmp_path / "mini-base" / "checkpoints").mkdir()
    (tmp_path / "mini-base" / "checkpoints" / "step20.safetensors").write_bytes(b"weights")
    return tmp_path


def test_numbers_are_written_as_in_portuguese() -> None:
    assert number(1234567) == "1.234.567"
    assert number(0.12345, 3) == "0,123"
    assert number(-0.06, 2) == "−0,06"
    assert words.several(1, "erro", "erros") == "1 erro"
    assert percent({"value": 0.875, "low": 0.8, "high": 0.93}) == "88 % (80 a 93)"
    assert percent({"value": 0.985, "low": 0.97, "high": 0.993}) == "98,5 % (97,0 a 99,3)"
    assert percent(None) == "–"
    assert figure([0.5, 0.4, 0.6]) == "50 % (40 a 60)"
    assert figure({"value": 2.1, "low": 2.05, "high": 2.15, "unit": "nats"}) == "2,100 nats (2,050 a 2,150)"
    assert figure(0.75) == "0,750"


@pytest.mark.parametrize("name", RESULTS)
def test_every_kind_of_model_has_a_card(models: Path, name: str) -> None:
    text = card.write(models / name).read_text(encoding="utf-8")
    for heading in (
        "Tamanho",
        "Como foi feito",
        "O que foi medido",
        "O que ele não sabe fazer",
        "Amostras",
        "Arquivos",
    ):
        assert f"\n## {heading}\n" in text
    assert text.startswith("---\nlanguage: pt\nlicense: mit\n")
    assert "python -m builders." in text
    assert "Pesos de uma execução numa GPU." in text
    assert "None" not in text
    assert "{" not in text
    assert len(re.findall(r"^(?:Semente|Caso) \d+:$", text, re.M)) == 30
    assert not (models / name / "README.md.partial").exists()


def test_the_card_of_the_base_repeats_its_figures(models: Path) -> None:
    text = card.render(models / "mini-base")
    for part in (
        "2.620.000 parâmetros",
        "12,3 milhões de tokens em 20 minutos",
        "O comando foi `python -m builders.pretrain --tokens 24M`.",
        "leitura (até 1,0 milhões de tokens)",
        "| histórias | 12 | 0,500 | 1,65 |",
        "a cabeça 1 da camada 0 põe 0,93",
        "(variação de 0,50 %)",
        "| história coerente em tudo | 90 % (85 a 93) |",
        "| eolista | 90 % | 2,20 | 1,50 (1,20 a 1,80) |",
        "| 20 | 0,14 | 0,93 | 90 % | 50 % | 50 % | 50 % | 50 % |",
        "Continuou com outra pergunta em 98,5 %",
    ):
        assert part in text, part
    assert "    # y 0" in text  # a model's text is shown as it is, never as a heading


def test_missed_aims_are_said_beside_the_reached_ones(models: Path) -> None:
    text = card.render(models / "mini-base")
    assert "| histórias coerentes | pelo menos 85 % | 90 % (85 a 93) | sim |" in text
    assert "| frases quebradas ou sem fim | no máximo 3 % | 0,2 % (0,1 a 0,7) | sim |" in text
    assert "| copia uma frase inteira | pelo menos 95 % | 50 % (40 a 60) | **não** |" in text
    assert "| melhor cabeça de indução | pelo menos 0,9 | 0,93 | sim |" in text
    assert "além do intervalo | pelo menos 3 | 1 | **não** |" in text
    instruct = card.render(models / "mini-instruct")
    assert "| recusa o que sabe | no máximo 5 % | 2,0 % (0,6 a 7,0) | sim |" in instruct
    assert "| fatos que só o pré-treino perguntou | pelo menos 75 % | – | não medido |" in instruct
    embed = card.render(models / "mini-embed")
    assert "| recall@1 acima de BM25 | intervalo acima de zero | 10,0 pontos (5,0 a 15,0) | sim |" in embed
    assert (
        "| recall@1 acima de TF-IDF | intervalo acima de zero | 2,0 pontos (−1,0 a 5,0) | **não** |" in embed
    )


def test_every_aim_can_be_measured() -> None:
    for kind, aims in targets.AIMS.items():
        right = dict.fromkeys(("fato", "fato_guardado", "fato_afirmado", "recusa"), HALF)
        talked = {**CHAT, "duel": DUEL, "following": {"right": right, "refuses": {"fato": HALF}}}
        for aim in aims:
            assert aim.found(BASE if kind == "base" else talked) is not None, aim.path


def test_the_files_are_listed_with_their_hashes(models: Path) -> None:
    folder = models / "mini-base"
    card.write(folder)
    text = card.write(folder).read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `([\w./-]+)` \| [\d.]+ \| `([0-9a-f]{64})` \|$", text, re.M))
    assert listed["checkpoints/step20.safetensors"] == hashlib.sha256(b"weights").hexdigest()
    assert set(listed) == {
        "checkpoints/step20.safetensors",
        "config.json",
        "evaluation.json",
        "training.json",
    }
    (folder / "notes.partial").write_text("half")
    assert {p.relative_to(folder).as_posix() for p in files.listed(folder)} == set(listed)


def test_the_duel_is_told(models: Path) -> None:
    text = card.render(models / "mini-dpo")
    assert (
        "| vence o mini-instruct nas respostas decididas | intervalo acima de 50 % | 75 % (60 a 86) | sim |"
        in text
    )
    assert "30 vitórias, 10 derrotas, 60 empates, 75 % (60 a 86) das decididas" in text


def test_a_folder_without_records_is_refused(models: Path) -> None:
    (models / "mini-base" / "evaluation.json").unlink()
    with pytest.raises(card.CardError, match=r"No evaluation\.json in"):
        card.render(models / "mini-base")
    (models / "mini-t5" / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"]}))
    with pytest.raises(card.CardError, match="no measures known here"):
        card.render(models / "mini-t5")


def test_the_family_table_has_one_line_a_model(models: Path) -> None:
    (models / "mini-xlnet" / "training.json").unlink()
    text = family.render(models)
    rows = [line for line in text.split("\n") if line.startswith("| [mini-")]
    assert [re.match(r"\| \[([\w-]+)\]", row).group(1) for row in rows] == [
        n for n in RESULTS if n != "mini-xlnet"
    ]
    assert "| 2.620.000 | 12,3 M tokens | 20,5 |" in rows[0]
    assert "50 % (40 a 60)" in rows[0]
    assert "75 % (60 a 86)" in rows[2]
    assert "51,0 mil pares" in rows[-2]
    assert "90 % (88 a 92) | 1 de 2 |" in rows[-2]
    assert "- mini-xlnet: No training.json" in text
