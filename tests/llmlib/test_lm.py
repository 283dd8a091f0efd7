"""LM against transformers: what it computes, how it generates, and what widgets are answered."""

import json
import math
import re
import warnings

import numpy as np
import pytest
import torch

from llmlib import load
from llmlib.data import model_names, model_path
from llmlib.events import finished
from llmlib.scratch.transformer import Transformer
from tests.conftest import TEXTS, tiny_model, tiny_tokenizer

TEXT = "Era uma vez um coração 🙂"

# The bundled models that continue text: the others (an encoder, say) are not for `load`.
GENERATORS = [
    name
    for name in model_names()
    if json.loads((model_path(name) / "config.json").read_text())["architectures"][0].endswith("ForCausalLM")
]


def generated_by_transformers(lm, prompt, new, **options):
    ids = torch.tensor([[lm.bos, *lm.tokenizer.encode(prompt, add_special_tokens=False)]])
    out = lm.model.generate(ids, max_new_tokens=new, eos_token_id=lm.eos and list(lm.eos), **options)
    return out[0, ids.shape[1] :].tolist()


def test_trace_is_what_transformers_computed(tiny_lm):
    trace = tiny_lm.trace(TEXT)
    ids = [0, *tiny_lm.tokenizer.encode(TEXT)]
    assert trace.ids.tolist() == ids
    assert trace.tokens[0] == "<|endoftext|>"
    assert trace.attentions.shape == (3, 6, len(ids), len(ids))
    assert trace.hidden_states.shape == (4, len(ids), 44)
    assert trace.logits.shape == (len(ids), 347)
    out = tiny_lm.model(torch.tensor([ids]), output_attentions=True, output_hidden_states=True)
    np.testing.assert_allclose(trace.logits, out.logits[0].detach(), atol=1e-5)
    np.testing.assert_allclose(trace.attentions[2, 5], out.attentions[2][0, 5].detach(), atol=1e-6)
    np.testing.assert_allclose(trace.hidden_states[1], out.hidden_states[1][0].detach(), atol=1e-5)


def test_next_is_the_softmax_of_the_last_row(tiny_lm):
    trace, answer = tiny_lm.trace(TEXT), tiny_lm.next(TEXT, k=7)
    probs = trace.probabilities()[-1].astype(float)
    assert [each["id"] for each in answer["top"]] == np.argsort(-probs, kind="stable")[:7].tolist()
    for each in answer["top"]:
        assert each["p"] == pytest.approx(probs[each["id"]], rel=1e-4)
        assert each["logit"] == pytest.approx(trace.logits[-1, each["id"]], abs=1e-4)
        assert each["text"] == tiny_lm.token_text(each["id"])
    assert answer["rest"] + sum(each["p"] for each in answer["top"]) == pytest.approx(1)
    assert answer["entropy"] == pytest.approx(-(probs * np.log2(probs)).sum(), rel=1e-4)
    assert answer["tokens"] == [
        {"id": i, "text": t} for i, t in zip(trace.ids.tolist()[1:], trace.tokens[1:], strict=True)
    ]


def test_next_with_rules_chooses(tiny_lm):
    plain = tiny_lm.next(TEXT, k=5)
    answer = tiny_lm.next(TEXT, k=5, sampling={"temperature": 0})
    assert answer["chosen"] == answer["top"][0]
    assert [each["q"] for each in answer["top"]] == [1, 0, 0, 0, 0]
    assert [each["p"] for each in answer["top"]] == pytest.approx([each["p"] for each in plain["top"]])
    three = tiny_lm.next(TEXT, k=5, sampling={"top_k": 3, "seed": 4})
    assert sum(each["q"] for each in three["top"]) == pytest.approx(1)
    assert three["chosen"]["id"] in [each["id"] for each in three["top"][:3]]


def test_ids_and_text_are_the_same_question(tiny_lm):
    ids = tiny_lm.tokenizer.encode(TEXT)
    expected = tiny_lm.next(TEXT)
    for form in (ids, [0, *ids]):
        answer = tiny_lm.next(form)
        assert answer["tokens"] == expected["tokens"]
        assert [each["id"] for each in answer["top"]] == [each["id"] for each in expected["top"]]
        assert answer["entropy"] == pytest.approx(expected["entropy"], rel=1e-5)


def test_the_cache_changes_nothing(tiny_lm):
    ids = [0, *tiny_lm.tokenizer.encode(TEXT)]
    fresh = Transformer(tiny_lm.model.config).eval()
    fresh.load_state_dict(tiny_lm.model.state_dict())
    with torch.no_grad():
        for end in (5, 6, 9, 9, 3, 8):  # longer, equal, shorter, longer
            expected = fresh(torch.tensor([ids[:end]])).logits[0, -1]
            np.testing.assert_allclose(tiny_lm.next_logits(ids[:end]), expected, atol=2e-5)


def test_greedy_generation_is_that_of_transformers(tiny_lm):
    for prompt in ("Era uma vez", "O gato", "1960"):
        ours = [each["token"]["id"] for each in tiny_lm.stream(prompt, 20, temperature=0)]
        assert ours == generated_by_transformers(tiny_lm, prompt, 20, do_sample=False)


def test_penalised_greedy_generation_is_that_of_transformers(tiny_lm):
    ours = [
        each["token"]["id"]
        for each in tiny_lm.stream("Era uma vez", 20, temperature=0, repetition_penalty=1.7)
    ]
    plain = [each["token"]["id"] for each in tiny_lm.stream("Era uma vez", 20, temperature=0)]
    assert ours != plain
    assert ours == generated_by_transformers(
        tiny_lm, "Era uma vez", 20, do_sample=False, repetition_penalty=1.7
    )


def test_sampled_generation_stays_in_the_set_that_transformers_allows(tiny_lm):
    """Draws differ from transformers', so compare what may be drawn, and with what probability."""
    from transformers import (
        GenerationConfig,
        LogitsProcessorList,
        MinPLogitsWarper,
        TemperatureLogitsWarper,
        TopKLogitsWarper,
        TopPLogitsWarper,
    )

    rules = {"temperature": 0.8, "top_k": 12, "top_p": 0.9, "min_p": 0.05}
    chain = LogitsProcessorList(
        [TemperatureLogitsWarper(0.8), TopKLogitsWarper(12), TopPLogitsWarper(0.9), MinPLogitsWarper(0.05)]
    )
    theirs = tiny_lm.model._get_logits_processor(GenerationConfig(do_sample=True, **rules))
    assert [type(p) for p in theirs] == [type(p) for p in chain]  # the order is transformers' own
    ids = [0, *tiny_lm.tokenizer.encode("Era")]
    for each in tiny_lm.stream("Era", 15, seed=3, **rules):
        logits = tiny_lm.model(torch.tensor([ids])).logits[:, -1].double()
        expected = theirs(torch.tensor([ids]), logits).softmax(-1)[0]
        assert each["token"]["q"] == pytest.approx(expected[each["token"]["id"]].item(), rel=1e-3)
        ids.append(each["token"]["id"])


def test_the_seed_decides(tiny_lm):
    texts = [tiny_lm.generate("Era", 12, seed=seed) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_stop_cuts_the_text_where_it_begins(tiny_lm):
    whole = tiny_lm.generate("Era uma vez", 20, seed=5)
    middle = whole[7:10]
    cut = tiny_lm.generate("Era uma vez", 20, seed=5, stop=["não está", middle])
    assert cut == whole[: whole.index(middle)]
    assert cut == tiny_lm.generate("Era uma vez", 20, seed=5, stop=middle)


def test_generation_ends_at_the_context(tiny_lm):
    events, result = finished(tiny_lm._events("Era uma vez", 200, {"seed": 1}))
    prompt = 1 + len(tiny_lm.tokenizer.encode("Era uma vez"))
    assert result["reason"] == "context"
    assert prompt + len(events) == tiny_lm.context + 1  # the last one is chosen, and never read
    assert result["ids"] == [each["token"]["id"] for each in events]


def test_generation_ends_at_the_end_of_text(tiny_lm, monkeypatch):
    _, result = finished(tiny_lm._events("Era", 5, {"temperature": 0}))
    monkeypatch.setattr(tiny_lm, "eos", {result["ids"][2]})
    _, result = finished(tiny_lm._events("Era", 5, {"temperature": 0}))
    assert result["reason"] == "eos"
    assert len(result["ids"]) == 3


def test_too_long_a_text_keeps_its_end_and_says_how_much_was_cut(tiny_lm):
    text = TEXTS[0] * 4
    ids = tiny_lm.tokenizer.encode(text)
    answer = tiny_lm.next(text)
    assert answer["cut"] == len(ids) - 47
    assert [each["id"] for each in answer["tokens"]] == ids[-47:]
    with pytest.warns(UserWarning, match=f"os {len(ids) - 47} primeiros"):
        assert len(tiny_lm.trace(text).tokens) == 48
    with pytest.warns(UserWarning, match="primeiros"):
        tiny_lm.generate(text, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tiny_lm.generate(TEXT, 1)


HOSTILE = [
    "",
    "   ",
    "\n\n",
    "\ud83d",
    "a\udc00b",
    "\x00\x1b",
    "<img src=x onerror=alert(1)>",
    "</script>",
    "é\u0301🏳️‍🌈",
]


@pytest.mark.parametrize("text", [*HOSTILE, "ç" * 100_000], ids=lambda text: repr(text[:12]))
def test_any_text_gets_an_answer(tiny_lm, text):
    answer = tiny_lm.next(text)
    assert math.isclose(sum(each["p"] for each in answer["top"]) + answer["rest"], 1)
    assert len(answer["tokens"]) <= 47
    joined = tiny_lm.decode([each["id"] for each in answer["tokens"]])
    expected = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert joined == expected if answer["cut"] == 0 else set(joined) <= set(expected) | {"\ufffd"}


def test_decode_is_that_of_the_tokenizer(tiny_lm):
    for text in TEXTS:
        ids = tiny_lm.tokenizer.encode(text)
        assert tiny_lm.decode(ids) == tiny_lm.tokenizer.decode(ids) == text
        shown = "".join(tiny_lm.token_text(i) for i in ids)
        raw = re.sub(r"(⟨[0-9A-F]{2}⟩)+", lambda m: bytes.fromhex(re.sub("[⟨⟩]", "", m[0])).decode(), shown)
        assert raw == text
    assert tiny_lm.token_text(0) == "<|endoftext|>"


def test_what_is_wrong_is_said(tiny_lm):
    with pytest.raises(ValueError, match="id 347"):
        tiny_lm.next([347])
    with pytest.raises(ValueError, match="k deve"):
        tiny_lm.next("a", k=0)
    with pytest.raises(ValueError, match="max_new_tokens"):
        tiny_lm.generate("a", -1)
    assert tiny_lm.generate("a", 0) == ""
    with pytest.raises(ValueError, match="temperatur"):
        tiny_lm.next("a", sampling={"temperatur": 1})
    with pytest.raises(ValueError, match="modelo base"):
        tiny_lm.chat([{"role": "user", "content": "Oi"}])
    with pytest.raises(ValueError, match="token"):
        tiny_lm.perplexity(["", ""])


def test_chat_uses_the_template_of_the_model(tmp_path):
    model, tokenizer = tiny_model(), tiny_tokenizer()
    tokenizer.chat_template = (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    lm = load(str(tmp_path) + "/", device="cpu")
    prompt = "<|im_start|>user\nOi<|im_end|>\n<|im_start|>assistant\n"
    ids = lm.tokenizer.encode(prompt)
    assert ids[0] == 1
    _, result = finished(lm._events(ids, 6, {"temperature": 0}, add_bos=False))
    assert lm.chat([{"role": "user", "content": "Oi"}], 6, temperature=0) == result["text"].strip()


def test_perplexity_is_exp_of_the_mean_loss_of_transformers(tiny_lm):
    losses, counts = [], []
    for text in TEXTS[:2]:
        ids = torch.tensor([[0, *tiny_lm.tokenizer.encode(text)]])
        assert ids.shape[1] <= 48
        losses.append(tiny_lm.model(ids, labels=ids).loss.item())
        counts.append(ids.shape[1] - 1)
    expected = math.exp(np.average(losses, weights=counts))
    assert tiny_lm.perplexity(TEXTS[:2]) == pytest.approx(expected, rel=1e-4)
    assert tiny_lm.perplexity(TEXTS[0]) == pytest.approx(math.exp(losses[0]), rel=1e-4)
    assert tiny_lm.perplexity(TEXTS[0] * 5) > 1  # longer than the context


def test_a_model_without_a_beginning_token(tiny_folder, tiny_lm):
    lm = load(str(tiny_folder), device="cpu")
    lm.bos = None
    ids = lm.tokenizer.encode(TEXT)
    assert lm.trace(TEXT).ids.tolist() == ids
    assert len(lm.next(TEXT)["tokens"]) == len(ids)
    with pytest.raises(ValueError, match="vazio"):
        lm.next("")
    assert lm.compute("encode", {"text": ""}) == {"tokens": [], "cut": 0}


def test_compute_answers_as_the_engine_does(tiny_lm):
    compute = tiny_lm.compute
    encoded = compute("encode", {"text": TEXT})
    assert set(encoded) == {"tokens", "cut"}
    answer = compute("next", {"text": TEXT, "k": 3, "sampling": {"seed": 1}})
    assert set(answer) == {"tokens", "cut", "top", "rest", "entropy", "chosen"}
    assert answer["tokens"] == encoded["tokens"]
    params = {"text": TEXT, "max_new_tokens": 4, "sampling": {"seed": 1}, "stop": [], "k": 2}
    events, result = finished(compute("generate", params))
    assert set(events[0]["token"]) == {"id", "text", "p", "logit", "q"}
    assert len(events[0]["top"]) == 2
    assert events[0]["token"] == answer["chosen"]
    assert result["text"] == tiny_lm.generate(TEXT, 4, seed=1)
    assert result["reason"] == "length"
    trace = compute("trace", {"ids": [each["id"] for each in encoded["tokens"]]})
    T = len(encoded["tokens"]) + 1
    assert trace["attentions_shape"] == [3, 6, T, T]
    assert trace["logits"].shape == (T * 347,)
    assert trace["tokens"][1:] == encoded["tokens"]
    # one token at a time, as the figure of the loop asks, is the same text as all at once
    rules = {"seed": 1, "frequency_penalty": 1.5, "repetition_penalty": 1.2}
    whole = finished(compute("generate", {"text": TEXT, "max_new_tokens": 6, "sampling": rules}))[1]["ids"]
    ids = [each["id"] for each in encoded["tokens"]]
    for step, token in enumerate(whole):
        answer = compute("next", {"ids": ids + whole[:step], "sampling": rules, "generated": step})
        assert answer["chosen"]["id"] == token
    bare = compute("next", {"text": TEXT, "add_bos": False})
    assert bare["tokens"] == encoded["tokens"]
    assert bare["top"][0]["logit"] != pytest.approx(compute("next", {"text": TEXT})["top"][0]["logit"])
    with pytest.raises(ValueError, match="sonhar"):
        compute("sonhar", {})


@pytest.mark.parametrize("name", GENERATORS)
def test_bundled_models_equal_the_transformer_from_scratch(name):
    from llmlib.data import model_path

    lm, ours = load(name, device="cpu"), Transformer.from_folder(model_path(name))
    trace = lm.trace("Era uma vez um gato que morava no telhado.")
    with torch.no_grad():
        out = ours(torch.tensor(trace.ids)[None], output_attentions=True, output_hidden_states=True)
    pairs = [
        (out.logits[0], trace.logits),
        (torch.cat(out.attentions), trace.attentions),
        *zip(out.hidden_states, trace.hidden_states, strict=True),
    ]
    for ours_now, theirs in pairs:  # float32: what rounding leaves grows with the numbers summed
        np.testing.assert_allclose(ours_now.squeeze(0), theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())


@pytest.mark.parametrize("name", GENERATORS)
def test_bundled_models_generate_as_transformers(name):
    lm = load(name, device="cpu")
    ours = [each["token"]["id"] for each in lm.stream("Era uma vez", 30, temperature=0)]
    assert ours == generated_by_transformers(lm, "Era uma vez", 30, do_sample=False)
