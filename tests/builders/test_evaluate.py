"""Every measure on made-up models and texts whose answer is known: right ones pass, wrong ones are caught."""

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

from builders import checkpoints, evaluate
from builders.corpus import agreement, instructions
from builders.measures import (
    apart,
    batch,
    chat,
    consistency,
    diversity,
    duel,
    facts,
    fewshot,
    history,
    induction,
    kinds,
    loss,
    memory,
    pairs,
    proportion,
    questions,
    reading,
    stories,
    wellformed,
)
from llmlib import load
from llmlib.data import model_path

TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tiny(folder: Path, chat_template: str | None = None) -> Path:
    """A model of no skill, with the tokenizer of mini-base."""
    tokenizer = AutoTokenizer.from_pretrained(model_path("mini-base"))
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, intermediate_size=32, max_position_embeddings=96,
        tie_word_embeddings=True, bos_token_id=0, eos_token_id=0, pad_token_id=3, initializer_range=0.3,
    )  # fmt: skip
    model = Qwen3ForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.chat_template = chat_template
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("modelos") / "mini-tiny")


@pytest.fixture(scope="module")
def lm(folder: Path) -> object:
    return load(f"{folder}")


class Parrot:
    """Stands for `batch.complete` and `batch.chat`: gives what a function makes of each prompt."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, reply: Callable[[str], str]) -> None:
        self.reply, self.asked = reply, []
        monkeypatch.setattr(batch, "complete", self.complete)
        monkeypatch.setattr(batch, "chat", self.chat)

    def complete(self, lm: object, prompts: list[str], *args: object, **rules: object) -> list[str]:
        self.asked += prompts
        return [self.reply(prompt) for prompt in prompts]

    def chat(self, lm: object, conversations: list, *args: object, **rules: object) -> list[str]:
        return self.complete(lm, [c[-1]["content"] for c in conversations])

    @staticmethod
    def tokenizer(text: str) -> dict:
        return {"input_ids": text.split()}


# ---- batches


@pytest.mark.parametrize("temperature", [0.0, 0.7])
def test_a_batch_gives_the_texts_of_one_by_one(lm: object, temperature: float) -> None:
    prompts = ["Era uma vez", "O gato", "Pergunta: quem mora na casa azul?\nResposta:", "Um", "Era uma vez"]
    together = batch.complete(lm, prompts, 20, temperature)
    alone = [
        lm.generate(prompt, max_new_tokens=20, temperature=temperature, seed=seed)
        for seed, prompt in enumerate(prompts)
    ]
    assert together == alone
    assert len(set(together)) > 2


def test_a_batch_stops_where_it_should(lm: object) -> None:
    whole = batch.complete(lm, ["Era uma vez"], 30)[0]
    stop = whole[8:10]
    cut = batch.rows(lm, ["Era uma vez", "O gato"], [30, 2], stop=[stop])
    assert [row.reason for row in cut] == ["stop", "length"]
    assert batch.complete(lm, ["Era uma vez"], 30, stop=[stop])[0] == whole[: whole.index(stop)]
    long = batch.rows(lm, ["casa " * 90, "casa " * 300], 50)
    assert [row.reason for row in long] == ["context", "context"]
    for row, text in zip(long, ("casa " * 90, "casa " * 300), strict=True):
        assert len(row.prompt) + len(row.ids) == lm.context + 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the text is cut
            assert lm.decode(row.ids) == lm.generate(text, 50, temperature=0)


def test_scores_are_log_probabilities(lm: object) -> None:
    texts = ["O gato dormia no sofá.", "Era uma vez um menino."]
    tokens = [len(lm.tokenizer(text)["input_ids"]) for text in texts]
    for text, count, score in zip(texts, tokens, batch.scores(lm, texts), strict=True):
        assert lm.perplexity(text) == pytest.approx(2.718281828 ** (-score / count), rel=1e-4)


# ---- stories

STORY = (
    "Era uma vez uma gata curiosa chamada Filó, que morava perto da praça. Um dia, ela encontrou um mapa. "
    "Filó guardou o mapa na mochila. A gata voltou para casa feliz."
)


def test_a_consistent_story_is_accepted() -> None:
    assert consistency.problems(STORY) == []
    who = consistency.hero(STORY)
    assert (who.name, who.kind, who.gender) == ("Filó", "gata", "f")
    assert consistency.things(STORY) == ["mapa"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Filó guardou", "Nina guardou"),  # a name nobody bears
        ("Filó guardou", "Filóaca guardou"),  # no name at all
        ("A gata voltou", "O dragão voltou"),  # somebody out of nowhere
        ("o mapa na", "o pandeiro na"),  # another thing
        ("A gata voltou", "Um tatu chamado Filó voltou"),  # two with one name
        ("Filó guardou", "Filó estava cansado e guardou"),  # the wrong gender
        (", ela encontrou", ", ele encontrou"),  # nobody masculine
    ],
)
def test_an_inconsistent_story_is_rejected(old: str, new: str) -> None:
    spoiled = STORY.replace(old, new)
    assert spoiled != STORY
    assert consistency.problems(spoiled)


def test_a_hero_that_vanishes_is_noticed() -> None:
    opening, rest = STORY.split(". ", 1)
    assert stories.verdict(opening + ".", " " + rest) == []
    assert any(w.startswith("sumiu") for w in stories.verdict(opening + ".", " Choveu o dia inteiro."))


def test_the_checker_knows_the_corpus_and_spoiled_stories() -> None:
    figures = stories.checker(250)
    assert figures["accepts"]["value"] >= 0.98
    for damage in ("nome", "tipo", "outra história"):
        assert figures["rejects"][damage]["value"] > 0.9, damage


@pytest.mark.parametrize(
    "text", ["O gato foi até a praça.", "— Vamos! — disse a menina.", "Ela sorriu e voltou para casa."]
)
def test_whole_sentences_pass(text: str) -> None:
    assert wellformed.faults(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "O gato comil a bola.",
        "O gato foi até",
        "O gato foi até a.",
        "Era a casa em o menino.",
        "O menino menino correu.",
    ],
)
def test_broken_sentences_do_not(text: str) -> None:
    assert wellformed.faults(text)


def test_unseen_prose_is_hardly_ever_called_broken() -> None:
    texts = [d.text for d in wellformed.reference("valid", 150, "teste")]
    figures = wellformed.count(texts)
    assert figures["broken"] < 0.01 * figures["sentences"]


def test_the_last_sentence_counts_only_if_the_model_ended_it() -> None:
    assert wellformed.count(["O gato dormia. A gata foi"], whole=False)["sentences"] == 1
    assert wellformed.count(["O gato dormia. A gata foi"])["broken"] == 1


# ---- agreement


def test_pairs_differ_in_one_word_and_only_one_is_right() -> None:
    for right, wrong in pairs.from_corpus(30):
        assert agreement.check(right) == []
        assert agreement.check(wrong)
        assert sum(a != b for a, b in zip(right.split(), wrong.split(), strict=True)) == 1
    for kind in pairs.TYPES:
        made = pairs.pairs(kind, 30)
        assert len(set(made)) == 30
        assert all(sum(a != b for a, b in zip(r.split(), w.split(), strict=True)) == 1 for r, w in made)
    assert not any(agreement.check(right) for kind in pairs.TYPES for right, _ in pairs.pairs(kind, 60))


def test_preferring_the_right_sentence_is_what_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "scores", lambda lm, texts: [float(-len(agreement.check(t))) for t in texts])
    figures = pairs.measure(None, 20)
    assert figures["corpus"]["value"] == 1
    monkeypatch.setattr(batch, "scores", lambda lm, texts: [float(len(agreement.check(t))) for t in texts])
    assert pairs.measure(None, 20)["corpus"]["value"] == 0


# ---- reading, facts, examples


def test_reading_counts_exact_answers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    parrot = Parrot(monkeypatch, lambda prompt: " Neru." if "a?" in prompt else " em Neru.")
    figures = reading.score(
        parrot, reading.base(parrot), [("a?", " Neru."), ("b?", " Neru."), ("c?", (" x.", " em Neru."))]
    )
    assert (figures["hits"], figures["n"]) == (2, 3)
    assert reading.same("O padeiro.", " o padeiro.")
    assert not reading.same("O padeiro e a padeira.", " o padeiro.")
    assert (
        reading.found_in(parrot, reading.base(parrot), [("a?", (" neru.",)), ("a?", (" Zuba.",))])["hits"]
        == 1
    )


def test_a_grounded_question_is_one_message() -> None:
    assert reading.message("Contexto: x.\nPergunta: y?\nResposta:") == "Contexto: x.\nPergunta: y?"


def test_a_model_that_always_refuses_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    parrot = Parrot(monkeypatch, lambda prompt: " O texto não diz.")
    figures = reading.measure(parrot, n=4)
    assert figures["unanswerable"]["value"] == figures["unanswerable_held_out"]["value"] == 1
    assert figures["refused_answerable"]["value"] == 1
    assert all(cell["hits"] == 0 for cell in figures["cells"].values())


def test_facts_must_be_the_whole_line(monkeypatch: pytest.MonkeyPatch) -> None:
    parrot = Parrot(monkeypatch, lambda prompt: " Paris." if "a?" in prompt else " Paris e Lima.")
    assert facts.answers(parrot, [("a?", " Paris."), ("b?", " Paris.")])["hits"] == 1


def test_examples_that_help_are_a_gain(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = dict(fewshot.fewshot.tasks()["plural"].items)

    def follow(prompt: str) -> str:
        lines = [line for line in prompt.split("\n") if line]
        item = next(
            (
                w
                for w in truth
                if f" {w}" in " " + lines[-1].rstrip(" :->→|=–") or w == lines[-1].split(" ")[0]
            ),
            "",
        )
        words = {w.strip("-:→|=–>") for w in prompt.split()}
        asked = [w for w in truth if w in words and truth[w] not in words]
        return f" {truth[(asked or [item])[-1]]}\n" if len(lines) > 4 else " nada\n"

    Parrot(monkeypatch, follow)
    found = fewshot.measure(None, 20, ("plural",))["tasks"]["plural"]
    assert found["shots"]["0"]["hits"] == 0
    assert found["shots"]["4"]["hits"] > 10
    assert found["gain"]
    Parrot(monkeypatch, lambda prompt: " nada")
    assert fewshot.measure(None, 10, ("plural",))["gains"] == 0


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("\nQuem é você? Não sei.", True),
        ("\n2. Quem é você?", True),
        (" Era uma vez. Quem?", False),
        (" x", False),
    ],
)
def test_a_question_is_continued_by_a_question(text: str, asks: bool) -> None:
    assert questions.asks_on(text) is asks


def test_bare_questions_are_different() -> None:
    assert len(set(questions.bare(40))) == 40


# ---- heads, memory, variety


def test_attention_to_the_next_token_is_told_from_any_other() -> None:
    length = 5
    perfect = torch.zeros(1, 2, 11, 11)
    for query in range(length + 1, 2 * length):
        perfect[:, 0, query, query - length + 1] = 1  # induction
        perfect[:, 1, query, query - length] = 1  # looks at the same token instead
    assert induction.on_the_next(perfect, length).tolist() == [1.0, 0.0]
    ids = induction.sequences(400, 3, length, shuffled=False)
    assert torch.equal(ids[:, 1 : length + 1], ids[:, length + 1 :])
    mixed = induction.sequences(400, 3, length, shuffled=True)
    assert torch.equal(mixed[:, 1 : length + 1], ids[:, 1 : length + 1])
    assert not torch.equal(mixed[:, length + 1 :], ids[:, length + 1 :])
    assert torch.equal(mixed[:, 1:6].sort(1).values, mixed[:, 6:].sort(1).values)


def test_a_model_of_no_skill_has_no_induction_head(lm: object) -> None:
    figures = induction.heads(lm.model, samples=4)
    assert len(figures["scores"]) == 2
    assert len(figures["scores"][0]) == 2
    assert figures["best"]["score"] < 0.5
    assert figures["copying"] < 0.2


def test_the_history_reads_every_checkpoint_and_gives_the_weights_back(lm: object, folder: Path) -> None:
    before = {name: t.clone() for name, t in lm.model.state_dict().items()}
    for step in (100, 20):
        checkpoints.write_checkpoint(
            lm.model, folder / "checkpoints" / f"step{step}.safetensors", {"tokens": step * 7}
        )
    found = history.measure(lm, folder, 3)
    assert [(e["step"], e["tokens"]) for e in found] == [(20, 140), (100, 700)]
    assert found[0]["text"].startswith(history.PROMPT)
    assert all(torch.equal(t, before[name]) for name, t in lm.model.state_dict().items())
    shutil.rmtree(folder / "checkpoints")
    assert history.measure(lm, folder, 3) == []


def test_memory_is_the_common_prefix(lm: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert memory.common_prefix([1, 2, 3], [1, 2, 4]) == 2
    assert memory.common_prefix([1, 2], [1, 2, 4]) == 2
    text = "O menino abriu a porta da casa e viu o gato na janela da sala. " * 4
    ids = lm.tokenizer.encode(text, add_special_tokens=False)

    def recite(lm: object, prompts: list[str], room: int) -> list[batch.Row]:
        return [batch.Row(0, [], 0, room, ids[memory.PROMPT : memory.PROMPT + 40])]

    monkeypatch.setattr(batch, "rows", recite)
    figures = memory.given_back(lm, [text, "curto"])
    assert (figures["texts"], figures["longest"]) == (1, 40)
    assert figures["long"]["value"] == 1
    assert text[4:].find(figures["longest_text"].strip()) > 0


def test_training_texts_can_be_made_again(tmp_path: Path) -> None:
    assert len(memory.training_texts(5, tmp_path)) == 5
    assert memory.training_texts(5, tmp_path) == memory.training_texts(5, tmp_path)


def test_variety_of_known_texts() -> None:
    same, other = ["a", "b", "c", "d", "e"], ["v", "w", "x", "y", "z"]
    assert diversity.distinct([same, same], 1) == 0.5
    assert diversity.distinct([same, other], 2) == 1
    assert diversity.shared([same, same]) == 1
    assert diversity.shared([same, other]) == 0
    assert diversity.repeats([*"abcdefxabcdef"])
    assert not diversity.repeats([*"abcdefghijklm"])


# ---- chat


def test_a_batch_of_conversations_gives_the_turns_of_one_by_one(tmp_path: Path) -> None:
    talker = load(f"{tiny(tmp_path / 'mini-talker', TEMPLATE)}")
    asked = [[{"role": "user", "content": text}] for text in ("Oi!", "Qual é a capital do Brasil?", "Conte.")]
    alone = [talker.chat(messages, max_new_tokens=15, temperature=0) for messages in asked]
    assert batch.chat(talker, asked, 15) == alone
    assert batch.chat(talker, asked, [15, 3, 15])[1] != alone[1]


def test_true_answers_are_right_and_refusals_only_where_due(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [c for kind in instructions.KINDS for c in chat.conversations(kind, 2)]
    truth = {c.prompt[-1]["content"]: c.answer for c in asked}
    Parrot(monkeypatch, lambda prompt: truth[prompt])
    assert all(instructions.right(c, r) for c, r in zip(asked, chat.replies(None, asked), strict=True))
    Parrot(monkeypatch, lambda prompt: "Não sei.")
    figures = chat.following(None, 2)
    assert figures["right"]["recusa"]["value"] == 1
    assert figures["right"]["fato"]["value"] == 0
    assert figures["refuses"]["fato"]["value"] == 1


@pytest.mark.parametrize(
    ("reply", "value"), [("Brasília.", 1.0), ("Qual é a capital da França?", 0.0), ("Bras", 0.0)]
)
def test_answering_is_not_asking_on(monkeypatch: pytest.MonkeyPatch, reply: str, value: float) -> None:
    Parrot(monkeypatch, lambda prompt: reply)
    assert chat.answers(None, 10)["value"] == value


def test_only_decided_replies_count_in_a_duel() -> None:
    figures = duel.compare([True, True, False, True], [True, False, True, False])
    assert (figures["wins"], figures["losses"], figures["ties"]) == (2, 1, 1)
    assert figures["rate"]["value"] == pytest.approx(2 / 3)
    assert duel.compare([True], [True])["rate"] is None


def test_an_answer_of_a_program_must_end(monkeypatch: pytest.MonkeyPatch) -> None:
    parrot = Parrot(monkeypatch, lambda prompt: " 12" if prompt == "a" else " 123")
    assert kinds.exact(parrot, [("a", " 12"), ("b", " 12")])["hits"] == 1


# ---- the command


def test_losses_of_every_kind(lm: object) -> None:
    figures = loss.measure(lm, 2)
    assert set(loss.MODULES) >= set(figures) - {"todos"}
    assert figures["todos"]["texts"] == sum(e["texts"] for k, e in figures.items() if k != "todos")
    assert figures["historia"]["perplexity"] > 50


def test_intervals() -> None:
    assert proportion(3, 4)["low"] < 0.75 < proportion(3, 4)["high"]
    assert apart(proportion(99, 100), proportion(10, 100))
    assert not apart(proportion(5, 10), proportion(6, 10))


def test_a_base_model_is_measured_whole_and_goes_on(folder: Path) -> None:
    result = evaluate.evaluate(folder, 0.02, ["loss", "copying", "questions", "continuations", "samples"])
    assert json.loads((folder / "evaluation.json").read_text()) == json.loads(json.dumps(result))
    assert len(result["continuations"]) == len(evaluate.PROMPTS)
    assert [s["seed"] for s in result["samples"]] == [0]
    again = evaluate.evaluate(folder, 0.02, ["induction"])
    assert again["measures"]["loss"] == result["measures"]["loss"]
    assert again["measures"]["induction"]["best"]["score"] < 0.5
    (folder / "evaluation.json").unlink()


def test_samples_are_the_first_seeds(lm: object) -> None:
    made = evaluate.samples(lm, 4)
    assert [s["seed"] for s in made] == [0, 1, 2, 3]
    assert made[3]["prompt"] == made[0]["prompt"] == evaluate.PROMPTS[0]
    assert made[1]["text"] == lm.generate(
        evaluate.PROMPTS[1], evaluate.SAMPLE_TOKENS, temperature=0.7, seed=1
    )


def test_a_chat_model_is_talked_to(tmp_path: Path) -> None:
    made = tiny(tmp_path / "mini-dpo", TEMPLATE)
    assert set(evaluate.fitting(made)[1]) == {*evaluate.CHAT, "duel"}
    result = evaluate.evaluate(made, 0.02, ["answers", "samples", "duel"])
    assert result["kind"] == "chat"
    assert result["measures"]["duel"] is None  # no mini-instruct beside it
    tiny(tmp_path / "mini-instruct", TEMPLATE)
    again = evaluate.evaluate(made, 0.02, ["duel"])["measures"]["duel"]
    assert again["ties"] == 8  # the same weights say the same


def test_a_model_of_another_family_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no model in"):
        evaluate.evaluate(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["T5ForConditionalGeneration"]}))
    with pytest.raises(ValueError, match="its own builder"):
        evaluate.evaluate(tmp_path)
    with pytest.raises(ValueError, match="No measure is called 'beleza'"):
        evaluate.evaluate(folder, only=["beleza"])
