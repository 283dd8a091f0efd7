"""ApiCall: the request as form, JSON and code, the answer in the API's shape, and the API's own errors."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from llmlib.serve import request
from llmlib.serve.errors import RequestError
from llmlib.widgets import ApiCall
from tests.widgets.fake import FakeLM
from tests.widgets.samples import SAMPLES


def lines(root: Locator) -> list[str]:
    return [text.removeprefix("data: ") for text in root.locator(".api-lines li").all_inner_texts()]


def chunks(root: Locator) -> list[dict]:
    return [json.loads(line) for line in lines(root) if line != "[DONE]"]


def press(root: Locator, name: str) -> None:
    root.get_by_role("button", name=name, exact=True).click()


def asked(root: Locator, body: dict | str) -> None:
    """Writes the JSON and sends it."""
    root.get_by_role("tab", name="JSON").click()
    root.locator("textarea.api-json").fill(body if isinstance(body, str) else json.dumps(body))
    press(root, "Enviar")


def error(root: Locator) -> dict:
    expect(root.locator(".api-status strong")).not_to_have_text("HTTP 200")
    return json.loads(root.locator(".api-response pre.api-code").inner_text())["error"]


# ---- Python's side


def test_the_recording_is_what_the_model_writes() -> None:
    lm = FakeLM()
    widget = ApiCall(lm, "Era uma vez", max_tokens=6, temperature=0.5, seed=3, logprobs=2)
    rules = {"temperature": 0.5, "seed": 3}
    events = list(
        lm.compute("generate", {"text": "Era uma vez", "max_new_tokens": 6, "k": 2, "sampling": rules})
    )
    assert [t["id"] for t in widget.written()] == [e["token"]["id"] for e in events]
    assert [len(s["top"]) for s in widget.recording["steps"]] == [2] * len(events)
    assert widget.recording["prompt_tokens"] == 4


def test_the_recorded_request_is_one_that_the_server_takes() -> None:
    for chat in (False, True):
        widget = ApiCall(FakeLM(), "Oi", chat=chat, stop=["."], presence_penalty=0.5)
        request.read("chat/completions" if chat else "completions", widget.request)


def test_it_refuses_what_it_cannot_show() -> None:
    with pytest.raises(ValueError, match="max_tokens vai de 1 a 64 nesta figura; veio 65"):
        ApiCall(FakeLM(), "Era", max_tokens=65)


# ---- in the page


@pytest.mark.parametrize("size", ["celular", "mesa"])
@pytest.mark.parametrize("host", ["http", "disco"])
def test_the_recorded_answer_stands_in_the_apis_shape(
    host: str, size: str, opened: Callable[..., Locator]
) -> None:
    root = opened(SAMPLES["api-call"](), host, size=size)
    expect(root).to_have_attribute("data-state", "recorded")
    widget = SAMPLES["api-call"]()
    found = chunks(root)
    assert lines(root)[-1] == "[DONE]"
    assert {c["object"] for c in found} == {"text_completion"}
    texts = [t["text"] for t in widget.written() if t["text"] != "<|endoftext|>"]
    assert "".join(c["choices"][0]["text"] for c in found) == "".join(texts)
    first, token = found[0]["choices"][0]["logprobs"], widget.written()[0]
    assert first["token_logprobs"][0] == pytest.approx(math.log(token["p"]), abs=1e-3)
    assert first["text_offset"] == [len(widget.request["prompt"])]
    assert root.page.evaluate("typeof globalThis.llmEngine") == "undefined"
    assert root.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_form_and_json_are_two_views_of_one_request(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["api-call"]())
    area = root.locator("textarea.api-json")
    root.get_by_label("temperature").fill("0.3")
    assert json.loads(area.input_value())["temperature"] == 0.3
    root.get_by_label("presence_penalty").fill("1.5")
    assert json.loads(area.input_value())["presence_penalty"] == 1.5
    root.get_by_label("presence_penalty").fill("0")
    assert "presence_penalty" not in json.loads(area.input_value())
    body = json.loads(area.input_value()) | {"max_tokens": 9, "prompt": "Um </script> outro"}
    area.fill(json.dumps(body))
    expect(root.get_by_label("max_tokens")).to_have_value("9")
    expect(root.locator("textarea[name=text]")).to_have_value("Um </script> outro")
    root.locator("textarea[name=text]").fill("O gato")
    assert json.loads(area.input_value())["prompt"] == "O gato"
    expect(root.locator(".api-note")).to_be_visible()


def test_the_code_is_code(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["api-call"]())
    root.locator("textarea[name=text]").fill('Diga "oi", d\'água\n</script>')
    body = json.loads(root.locator("textarea.api-json").input_value()) | {"top_k": 3}
    root.locator("textarea.api-json").fill(json.dumps(body))
    root.get_by_role("tab", name="Python").click()
    tree = ast.parse(root.locator(".api-panel pre").inner_text())
    call = next(
        n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "attr", "") == "create"
    )
    fields = {k.arg: ast.literal_eval(k.value) for k in call.keywords}
    assert fields.pop("extra_body") == {"top_k": 3}
    assert fields | {"top_k": 3} == body
    root.get_by_role("tab", name="Python").press("ArrowRight")
    curl = root.locator(".api-panel pre").inner_text()
    import shlex

    words = shlex.split(curl.replace("\\\n", " "))
    assert words[0] == "curl"
    assert json.loads(words[-1]) == body


def test_what_is_sent_is_answered_by_the_model(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["api-call"]())
    body = {
        "prompt": "O gato",
        "max_tokens": 5,
        "temperature": 0.9,
        "seed": 11,
        "logprobs": 2,
        "stream": True,
    }
    asked(root, body)
    expect(root.locator(".api-lines li").last).to_have_text("data: [DONE]")
    rules = {"temperature": 0.9, "seed": 11}
    events = list(
        FakeLM().compute("generate", {"text": "O gato", "max_new_tokens": 5, "k": 2, "sampling": rules})
    )
    texts = [e["token"]["text"] for e in events if e["token"]["text"] != "<|endoftext|>"]
    assert "".join(c["choices"][0]["text"] for c in chunks(root)) == "".join(texts)
    expect(root).to_have_attribute("data-state", "live")
    assert chunks(root)[-1]["choices"][0]["finish_reason"] in ("length", "stop")
    asked(root, body | {"stream": False})
    whole = root.locator(".api-response pre.api-code")
    expect(whole).to_contain_text("usage")
    answer = json.loads(whole.inner_text())
    assert answer["choices"][0]["text"] == "".join(texts)
    assert answer["usage"] == {
        "prompt_tokens": 3,
        "completion_tokens": len(events),
        "total_tokens": 3 + len(events),
    }


def test_a_stop_text_never_shows(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["api-call"]())
    body = {"prompt": "O gato", "max_tokens": 12, "temperature": 0, "stream": True}
    asked(root, body)
    expect(root.locator(".api-lines li").last).to_have_text("data: [DONE]")
    whole = "".join(c["choices"][0]["text"] for c in chunks(root))
    stop = whole[6:9]
    asked(root, body | {"stop": stop})
    expect(root.locator(".api-status")).to_contain_text("fim: stop")
    assert "".join(c["choices"][0]["text"] for c in chunks(root)) == whole[: whole.index(stop)]


def test_a_token_and_its_line_are_one_choice(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["api-call"]())
    root.locator(".llm-strip button.llm-token").nth(1).click()
    expect(root.locator(".api-picked")).to_have_count(1)
    expect(root.locator(".api-detail")).to_contain_text("logprob")
    expect(root.locator(".llm-bar:not(.llm-rest)").first).to_be_visible()
    root.locator(".api-lines li").first.click()
    expect(root.locator(".api-lines li").first).to_have_class("api-picked")


def test_interrupting_stops_the_stream(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["api-call"]())
    asked(root, {"prompt": "O gato", "max_tokens": 60, "temperature": 1, "seed": 2, "stream": True})
    expect(root.locator(".api-lines li").nth(2)).to_be_attached()
    press(root, "Interromper")
    expect(root.locator(".api-status")).to_contain_text("interrompido")
    count = root.locator(".api-lines li").count()
    root.page.wait_for_timeout(300)
    assert root.locator(".api-lines li").count() == count


BAD = [
    {"temperature": 2.5},
    {"max_tokens": 0},
    {"max_tokens": 1.5},
    {"top_p": 0},
    {"frequency_penalty": -3},
    {"stop": ""},
    {"stop": 7},
    {"logprobs": 99},
    {"stream": "sim"},
    {"prompt": 7},
    {"temprature": 0},
    {"max_token": 4},
    {"model": "gpt-6"},
    {"presence_penalty": 1, "repetition_penalty": 2},
]


def test_mistakes_are_answered_with_the_servers_own_sentences(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["api-call"]())
    for extra in BAD:
        body = {"model": "mini-base", "prompt": "A"} | extra
        asked(root, body)
        shown = error(root)
        if "model" in extra:
            assert shown["message"] == "Este servidor tem o modelo mini-base; veio gpt-6."
            continue
        with pytest.raises(RequestError) as caught:
            request.read("completions", body)
        assert shown == caught.value.body()["error"], extra
    asked(root, "{}")
    assert error(root)["message"] == "Falta prompt no pedido."
    asked(root, '{"prompt": "a",\n oops}')
    assert error(root)["message"].startswith("O pedido não é JSON: linha 2, coluna ")
    asked(root, "[1]")
    assert "é um objeto JSON" in error(root)["message"]


def test_a_conversation_has_the_other_shape(opened: Callable[..., Locator]) -> None:
    root = opened(ApiCall(FakeLM(), "Oi", chat=True, max_tokens=4))
    assert chunks(root)[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert {c["object"] for c in chunks(root)} == {"chat.completion.chunk"}
    body = json.loads(root.locator("textarea.api-json").input_value())
    assert body["logprobs"] is True
    root.locator("textarea[name=text]").fill("Quem é você?")
    press(root, "Enviar")
    expect(root).to_have_attribute("data-state", "live")
    expect(root.locator(".api-lines li").last).to_have_text("data: [DONE]")


def test_a_missing_model_is_said(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["api-call"](), spoil=lambda folder: (folder / "models" / "mini-base.js").unlink())
    press(root, "Enviar")
    expect(root).to_have_attribute("data-state", "error")
    expect(root.locator(".api-status strong")).to_have_text("HTTP 500")
    root.visited.errors.clear()  # the browser itself reports the missing file
