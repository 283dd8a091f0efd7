"""Playground: the recorded run, its data in links, files and code, and the figure in a browser."""

from __future__ import annotations

import ast
import base64
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from book import frontend
from llmlib import data
from llmlib.widgets import Playground
from llmlib.widgets import playground as module
from tests.widgets.fake import FakeLM
from tests.widgets.samples import SAMPLES

HERE = Path(module.__file__).parent
MODEL_LOADED = "typeof globalThis.llmEngine !== 'undefined'"
HOSTILE = "</script><img src=x onerror=alert(1)> \u2028 “aspas” \\ 🐱"


def figure(prompt: str = "Era uma vez um gato", **options: object) -> Playground:
    return Playground(
        FakeLM(), prompt, **{"temperature": 0.8, "seed": 13, "max_new_tokens": 14, "key": "t", **options}
    )


def in_node(expression: str, *args: object) -> object:
    """What an expression over the parts (and kit.js) gives; args is the list of arguments."""
    parts = [HERE / "kit.js", *sorted(HERE.glob("playground.*.js"))]
    script = "\n".join(part.read_text("utf-8") for part in parts)
    script += (
        f"\nconst args = {json.dumps(args)};\nprocess.stdout.write(JSON.stringify({expression}) ?? 'null');"
    )
    done = subprocess.run([frontend.node()[0], "-"], input=script, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


# ---- Python's side


def test_the_recording_is_the_run_that_the_model_makes() -> None:
    (turn,) = figure().session["turns"]
    (answer,) = turn["answers"]
    events = FakeLM().generate(
        text="Era uma vez um gato", max_new_tokens=14, k=6, sampling={"temperature": 0.8, "seed": 13}
    )
    assert [token["id"] for token in answer["tokens"]] == [event["token"]["id"] for event in events]
    assert all(len(token["top"]) == 6 for token in answer["tokens"])
    assert answer["reason"] == "length"


def test_only_bundled_models_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "model_names", lambda: ["mini-base"])
    opened: list[str] = []

    def load(name: str) -> FakeLM:
        opened.append(name)
        return FakeLM()

    widget = Playground(load, "Era", models=["mini-base", "mini-futuro", "dono/real"], max_new_tokens=2)
    assert [(each["name"], each["bundled"]) for each in widget.models] == [
        ("mini-base", True),
        ("dono/real", False),
    ]
    assert opened == ["mini-base"]  # a model is opened when it is chosen
    list(widget._models.compute("generate", {"model": "dono/real", "text": "a", "max_new_tokens": 1}))
    assert opened == ["mini-base", "dono/real"]
    with pytest.raises(ValueError, match="Os que há: mini-base"):
        Playground(load, "Era", models=["mini-futuro"])
    one = Playground(load, "Era", models=["mini-base"], versus={"model": "mini-futuro"}, max_new_tokens=2)
    assert len(one.session["sides"]) == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"temperature": 3}, "temperature vai de 0 a 2; veio 3"),
        ({"top_k": 1.5}, "top_k vai de 0 a 100, sem vírgula"),
        ({"max_new_tokens": -1}, "max_new_tokens vai de 0"),
        ({"stop": [""]}, "stop são até 4 textos"),
        ({"stop": list("abcde")}, "stop são até 4 textos"),
        ({"temperatura": 1}, "Não conheço o controle “temperatura”"),
        ({"key": "a-b"}, "key são até 20"),
    ],
)
def test_what_has_no_meaning_is_refused(wrong: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        figure(**wrong)


def test_zero_tokens_and_no_prompt_record_nothing() -> None:
    assert figure(max_new_tokens=0).session["turns"][0]["answers"][0]["tokens"] == []
    assert figure("").session["turns"] == []
    assert "escolha o modelo" in figure("").summary()


def test_python_and_the_page_have_the_same_table_of_controls() -> None:
    table = in_node("PG_CONTROLS.map(({ name, low, high, usual }) => [name, low, high, usual])")
    assert {name: (low, high) for name, low, high, _ in table} == module.RANGES
    assert {name: usual for name, *_, usual in table} | {"stop": []} == module.USUAL


# ---- a session as data

STATE = {
    "mode": "chat",
    "system": "Fale pouco.",
    "prompt": HOSTILE,
    "sides": [{"model": "mini-base", "settings": module.USUAL | {"temperature": 0.7, "stop": ["\n", "🐱"]}}],
    "turns": [{"user": "Oi <b>", "answers": [{"text": "Olá.", "tokens": [], "reason": "eos"}]}],
}


def test_a_link_brings_back_what_it_took() -> None:
    fragment = in_node("pgToLink('t', pgSession(args[0], false))", STATE)
    assert re.fullmatch(r"pg-t-v1-[A-Za-z0-9_-]+", fragment)  # also a good id: no script of the page stumbles
    data_ = in_node("pgFromLink('t', args[0])", fragment)["data"]
    found = in_node("pgCheckSession(args[0], ['mini-base'])", data_)
    assert found["notes"] == []
    session = found["session"]
    for name in ("mode", "system", "prompt", "sides"):
        assert session[name] == STATE[name]
    assert [(turn["user"], turn["answers"][0]["text"]) for turn in session["turns"]] == [("Oi <b>", "Olá.")]
    assert in_node("pgFromLink('u', args[0])", fragment) is None  # another figure's


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("fragment", "sentence"),
    [
        ("pg-t-v1-%3Cscript%3E", "incompleto ou foi alterado"),
        ("pg-t-v1-" + "A" * 13000, "longo demais"),
        ("pg-t-v7-" + packed({}), "é da versão 7, e esta página lê a 1"),
        ("pg-t-v1-_____", "incompleto ou foi alterado"),
        ("pg-t-v", "incompleto ou foi alterado"),
    ],
)
def test_a_broken_link_is_one_sentence(fragment: str, sentence: str) -> None:
    assert sentence in in_node("pgFromLink('t', args[0])", fragment)["error"]


@pytest.mark.parametrize(
    "wrong", [None, 3, [], "x", {}, {"mode": "root", "sides": []}, {"mode": "text", "sides": []}]
)
def test_what_is_no_session_is_refused(wrong: object) -> None:
    script = (
        "(() => { try { return pgCheckSession(args[0], ['mini-base']); } catch (e) { return e.message; } })()"
    )
    assert in_node(script, wrong) == "O conteúdo não é uma sessão deste playground"


def test_each_bad_field_is_left_out_and_named() -> None:
    settings = {
        "temperature": "quente",
        "top_k": 2.5,
        "seed": -1,
        "stop": ["a"] * 9,
        "__proto__": {"x": 1},
        "top_p": 0.9,
    }
    hostile = {
        "mode": "text",
        "sides": [{"model": "../../x", "settings": settings}, 3, {"model": "mini-base"}],
        "prompt": ["não é texto"],
        "turns": "nada",
    }
    found = in_node("pgCheckSession(args[0], ['mini-base'])", hostile)
    (side,) = found["session"]["sides"]
    assert side == {"model": "mini-base", "settings": module.USUAL | {"top_p": 0.9}}
    assert (found["session"]["prompt"], found["session"]["turns"]) == ("", [])
    said = "; ".join(found["notes"])
    for part in ("Temperatura", "Top-k", "Semente", "parada", "modelo", "pedido", "conversa"):
        assert part in said


@pytest.mark.parametrize("stops", [["\n"], ["🐱", "\\n"], ["a\tb", "\\", "\n\n"], []])
def test_stop_sequences_survive_being_written(stops: list[str]) -> None:
    assert in_node("pgReadStops(pgWriteStops(args[0]))", stops) == stops


def test_presets_say_every_control_and_are_told_apart() -> None:
    names = in_node(
        "PG_PRESETS.map((p) => pgPresetOf(pgApply({ ...pgUsual(), seed: 9, stop: ['x'] }, p))?.name)"
    )
    assert names == in_node("PG_PRESETS.map((p) => p.name)")
    assert len(set(names)) == len(names)
    kept = in_node("pgApply({ ...pgUsual(), seed: 9, max_new_tokens: 3, top_k: 7 }, PG_PRESETS[1])")
    assert (kept["seed"], kept["max_new_tokens"], kept["top_k"], kept["temperature"]) == (9, 3, 0, 0)


def test_loose_bytes_join_into_characters() -> None:
    tokens = [{"text": " p"}, {"text": "⟨C3⟩"}, {"text": "⟨A3⟩o"}, {"text": "<|im_end|>"}]
    assert in_node("pgText(args[0])", tokens) == " pão"


# ---- the code

REQUESTS = [
    {"mode": "text", "model": "mini-base", "prompt": HOSTILE, "messages": []},
    {"mode": "chat", "model": "dono/real", "prompt": "", "messages": [{"role": "user", "content": HOSTILE}]},
]
FULL = module.USUAL | {
    "temperature": 0.7, "top_k": 5, "min_p": 0.1, "frequency_penalty": 0.5, "repetition_penalty": 1.1,
    "stop": ["\n", '"'],
}  # fmt: skip


def calls(program: str) -> dict[str, dict]:
    """The keyword arguments of every call, by the name called."""
    found = {}
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            found[name] = {each.arg: each.value for each in node.keywords if each.arg}
            found[name]["args"] = node.args
    return found


@pytest.mark.parametrize("request_", REQUESTS, ids=["text", "chat"])
@pytest.mark.parametrize("kind", ["llmlib", "transformers", "openai"])
@pytest.mark.parametrize(
    "settings", [module.USUAL, FULL, FULL | {"temperature": 0}], ids=["usual", "full", "greedy"]
)
def test_the_code_is_python_and_says_every_setting(kind: str, request_: dict, settings: dict) -> None:
    program = in_node("PG_CODE[args[0]](args[1])", kind, request_ | {"settings": settings})
    found = calls(program)
    literals = [node.value for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Constant)]
    assert HOSTILE in literals
    what = {
        "llmlib": "lm.chat" if request_["mode"] == "chat" else "lm.generate",
        "transformers": "model.generate",
        "openai": f"client.{'chat.' if request_['mode'] == 'chat' else ''}completions.create",
    }[kind]
    given = {key: ast.unparse(value) for key, value in found[what].items() if key != "args"}
    if kind == "llmlib":
        changed = {k for k, v in settings.items() if v != module.USUAL[k]} | {"max_new_tokens", "seed"}
        assert {key: ast.literal_eval(value) for key, value in given.items()} == {
            k: settings[k] for k in changed
        }
    if kind == "transformers":
        assert given["do_sample"] == str(settings["temperature"] > 0)
        assert ("temperature" in given) == (settings["temperature"] not in (0, 1))
        assert ("não tem frequency_penalty" in program) == (settings["frequency_penalty"] != 0)
    if kind == "openai":
        assert given["max_tokens"] == "60"
        assert not {"top_k", "min_p", "repetition_penalty"} & set(given)
        if settings is not module.USUAL:
            extra = ast.literal_eval(given["extra_body"])
            assert extra == {"top_k": 5, "min_p": 0.1, "repetition_penalty": 1.1}


def test_the_code_for_llmlib_writes_what_the_page_writes() -> None:
    """With the bundled weights: the recording and the program, run here."""
    pytest.importorskip("torch")
    import contextlib
    import io

    from llmlib import load

    options = {"temperature": 0.7, "top_p": 0.9, "seed": 5, "max_new_tokens": 20, "stop": ["."]}
    widget = Playground(load, "Era uma vez", models=["mini-base"], **options)
    (side,) = widget.session["sides"]
    request = {
        "mode": "text",
        "model": "mini-base",
        "prompt": "Era uma vez",
        "messages": [],
        "settings": side["settings"],
    }
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(in_node("PG_CODE.llmlib(args[0])", request), "programa", "exec"), {})
    assert out.getvalue() == widget.session["turns"][0]["answers"][0]["text"] + "\n"


# ---- in the page


def press(root: Locator, name: str) -> None:
    root.get_by_role("button", name=name, exact=True).click()


def tokens(root: Locator, side: int = 0) -> list[str]:
    return root.locator(".pg-flow").nth(side).locator(".pg-token").all_text_contents()


def written(widget: Playground, side: int = 0) -> list[str]:
    """The recorded tokens as the page shows them."""
    texts = [token["text"] for token in widget.session["turns"][0]["answers"][side]["tokens"]]
    return ["fim do texto" if text == "<|endoftext|>" else text for text in texts]


def settled(root: Locator, patience: float = 20_000) -> None:
    expect(root.get_by_role("button", name="Parar")).to_be_disabled(timeout=patience)
    expect(root.locator(".pg-ending").last).not_to_be_empty()


@pytest.mark.parametrize("size", ["celular", "mesa"])
@pytest.mark.parametrize("host", ["http", "disco"])
def test_it_opens_recorded_and_writes_the_same_when_live(
    host: str, size: str, opened: Callable[..., Locator]
) -> None:
    widget = SAMPLES["playground"]()
    root = opened(widget, host, size=size)
    expect(root).to_have_attribute("data-state", "recorded")
    assert tokens(root) == written(widget)
    assert not root.page.evaluate(MODEL_LOADED)
    press(root, "Gerar")
    settled(root)
    expect(root).to_have_attribute("data-state", "live")
    assert tokens(root) == written(widget)
    assert root.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_an_alternative_is_a_branch_and_undo_comes_back(opened: Callable[..., Locator]) -> None:
    widget = figure()
    root = opened(widget)
    before = tokens(root)
    root.locator(".pg-token").nth(3).hover()
    expect(root.locator(".pg-peek")).to_be_visible()
    expect(root.locator(".pg-peek .llm-chosen .llm-bar-token")).to_contain_text(before[3].strip())
    root.locator(".pg-peek .llm-bar:not(.llm-chosen):not(.llm-rest) button").first.click()
    settled(root)
    after = tokens(root)
    assert after[:3] == before[:3]
    assert after[3] != before[3]
    expect(root.locator(".pg-forced")).to_have_count(1)
    record = widget.session["turns"][0]["answers"][0]["tokens"]
    other = next(row for row in record[3]["top"] if row["id"] != record[3]["id"])
    ids = [token["id"] for token in record[:3]] + [other["id"]]
    events = list(
        FakeLM().generate(
            text="Era uma vez um gato",
            max_new_tokens=10,
            k=6,
            written=ids,
            sampling={"temperature": 0.8, "seed": 13},
        )
    )
    assert [text.strip() for text in after[4:]] == [
        event["token"]["text"].strip().replace("<|endoftext|>", "fim do texto") for event in events
    ]
    press(root, "Desfazer")
    assert tokens(root) == before


def test_by_keyboard_alone(opened: Callable[..., Locator]) -> None:
    root = opened(figure())
    before = tokens(root)
    keys = root.page.keyboard
    root.locator("textarea.llm-text").focus()
    keys.press("Control+Enter")
    settled(root)
    root.locator('.pg-token[tabindex="0"]').focus()
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    expect(root.locator(".pg-peek")).to_be_visible()
    keys.press("Enter")
    expect(root.locator(".pg-peek button:focus")).to_have_count(1)
    keys.press("Escape")
    expect(root.locator('.pg-token[data-at="2"]')).to_be_focused()
    keys.press("Enter")
    keys.press("End")
    keys.press("Enter")
    settled(root)
    assert tokens(root)[:2] == before[:2]
    assert tokens(root)[2] != before[2]
    expect(root.locator('.pg-token[data-at="2"]')).to_be_focused()  # where the reader was


def test_two_sides_show_two_temperatures(opened: Callable[..., Locator]) -> None:
    widget = figure(versus={"temperature": 0})
    root = opened(widget)
    press(root, "Gerar")
    settled(root)
    assert [tokens(root, 0), tokens(root, 1)] == [written(widget, 0), written(widget, 1)]
    root.get_by_label("dois lado a lado").uncheck()
    expect(root.locator(".pg-side")).to_have_count(1)
    expect(root.locator(".pg-flow")).to_have_count(1)
    root.get_by_label("dois lado a lado").check()
    expect(root.locator(".pg-side")).to_have_count(2)


def test_a_model_is_fetched_when_it_is_chosen(
    monkeypatch: pytest.MonkeyPatch, opened: Callable[..., Locator]
) -> None:
    there = data.model_names()
    monkeypatch.setattr(data, "model_names", lambda: ["mini-base", "mini-outro"])
    monkeypatch.setattr(data, "model_path", lambda _, path=data.model_path: path(there[0]))
    widget = Playground(
        lambda _: FakeLM(), "Era", models=["mini-base", "mini-outro"], max_new_tokens=3, key="t"
    )

    def add(static: Path) -> None:
        (static / "models" / "mini-outro.js").write_text(
            '(globalThis.llmPageFiles ??= {})["mini-outro"] = {"whole": true};', "utf-8"
        )

    root = opened(widget, spoil=add)
    fetched: list[str] = []
    root.page.on("request", lambda request: fetched.append(request.url.rsplit("/", 1)[-1]))
    press(root, "Gerar")
    settled(root)
    assert "mini-base.js" in fetched
    assert "mini-outro.js" not in fetched
    root.get_by_label("Modelo", exact=True).select_option("mini-outro")
    press(root, "Gerar")
    expect(root.locator(".pg-name")).to_have_text("mini-outro")
    settled(root)
    assert "mini-outro.js" in fetched


def test_a_conversation(opened: Callable[..., Locator]) -> None:
    root = opened(figure("Oi <b>", chat=True, system="Fale pouco."))
    expect(root.locator(".pg-user")).to_have_text(["Oi <b>"])
    field = root.locator("textarea.llm-text")
    field.fill("   ")
    field.press("Enter")
    expect(root.locator(".pg-notice")).to_have_text("Escreva uma mensagem antes de enviar.")
    field.fill("E agora?")
    field.press("Enter")
    expect(root.locator(".pg-talk > li")).to_have_count(2)
    settled(root)
    expect(field).to_have_value("")
    root.locator(".pg-talk > li").first.locator(".pg-token").nth(1).click()
    root.locator(".pg-peek:visible .llm-bar:not(.llm-chosen):not(.llm-rest) button").first.click()
    settled(root)
    expect(root.locator(".pg-talk > li")).to_have_count(1)  # what followed answered another text
    press(root, "Desfazer")
    expect(root.locator(".pg-talk > li")).to_have_count(2)


def test_reading_pace_can_be_stopped_and_taken_up(opened: Callable[..., Locator]) -> None:
    root = opened(figure(max_new_tokens=60, temperature=2, seed=42))  # 60 tokens: over 8 s of reading
    root.get_by_label("Velocidade").select_option("ritmo de leitura")
    press(root, "Gerar")
    root.page.wait_for_function("document.querySelectorAll('.pg-token').length >= 3")
    expect(root.get_by_role("button", name="Parar")).to_be_focused()
    root.page.keyboard.press("Escape")
    settled(root)
    expect(root.get_by_role("button", name="Gerar")).to_be_focused()
    stopped = tokens(root)
    assert 3 <= len(stopped) < 60
    expect(root.locator(".pg-ending")).to_contain_text("você parou")
    root.get_by_label("Velocidade").select_option("toda a velocidade")
    press(root, "Continuar")
    expect(root.locator(".pg-ending")).not_to_contain_text("você parou")
    settled(root)
    assert tokens(root)[: len(stopped)] == stopped
    assert len(tokens(root)) > len(stopped)


def test_zero_tokens_no_text_and_a_text_too_long(opened: Callable[..., Locator]) -> None:
    root = opened(figure())
    root.locator("summary", has_text="Todos os controles").click()
    root.locator('input[name="max_new_tokens"]').fill("0")
    press(root, "Gerar")
    expect(root.locator(".pg-notice")).to_contain_text("Com máximo de 0 tokens nada é escrito")
    expect(root.locator(".pg-count")).to_contain_text("nada será escrito")
    root.locator('input[name="max_new_tokens"]').fill("5")
    root.locator("textarea.llm-text").fill("")
    press(root, "Gerar")
    settled(root)
    expect(root.locator(".pg-notice")).to_contain_text("Sem pedido, o modelo começou um texto do nada")
    root.locator("textarea.llm-text").fill("gato " * 700)
    expect(root.locator(".pg-count")).to_contain_text("Não cabe: encurte o texto")
    press(root, "Gerar")
    expect(root.locator(".pg-problem")).to_contain_text("não sobra lugar para a resposta")
    expect(root).to_have_attribute("data-state", "error")


def test_stop_sequences_with_line_breaks_and_too_many(opened: Callable[..., Locator]) -> None:
    widget = figure()
    texts = [token["text"] for token in widget.session["turns"][0]["answers"][0]["tokens"]]
    at = next(i for i in range(3, 14) if texts[i] not in "".join(texts[:i]) and texts[i].strip().isalpha())
    root = opened(widget)
    root.locator("summary", has_text="Todos os controles").click()
    stops = root.get_by_label("Sequências de parada")
    stops.fill("a\nb\nc\nd\ne")
    expect(root.locator('.pg-control p[role="status"]')).to_contain_text("no máximo 4")
    stops.fill(f"🐱🐱\n\\n\\n\n\n{texts[at]}")
    press(root, "Gerar")
    settled(root)
    expect(root.locator(".pg-ending")).to_contain_text("parou na sequência de parada")
    assert tokens(root) == texts[: at + 1]
    expect(root.locator(".pg-cut")).to_have_count(1)  # the stop sequence is shown, and is not in the text


def test_a_link_is_copied_and_opened(opened: Callable[..., Locator], served: str) -> None:
    root = opened(figure(), permissions=["clipboard-read", "clipboard-write"])
    root.locator("textarea.llm-text").fill(HOSTILE)
    root.get_by_label("Ajuste pronto").select_option("sem sorteio")
    press(root, "Copiar link")
    expect(root.locator(".pg-notice")).to_contain_text("Link copiado")
    link = root.page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{served}/index.html#pg-t-v1-")
    root.locator("textarea.llm-text").fill("outra coisa")
    root.page.evaluate("link => { location.hash = new URL(link).hash; }", link)
    expect(root.locator(".pg-notice")).to_contain_text("Pedido aberto do link")
    expect(root.locator("textarea.llm-text")).to_have_value(HOSTILE)
    expect(root.get_by_label("Ajuste pronto")).to_have_value("sem sorteio")
    assert root.page.locator("img").count() == 0


def test_a_hostile_link_changes_nothing(opened: Callable[..., Locator]) -> None:
    root = opened(figure())
    for fragment in (
        "pg-t-v1-%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E",
        "pg-t-v1-" + packed([1]),
        "pg-t-v3-AA",
    ):
        root.page.evaluate("f => { location.hash = f; }", fragment)
        expect(root.locator(".pg-notice")).to_contain_text("foi ignorado, e a figura ficou como estava")
        expect(root.locator("textarea.llm-text")).to_have_value("Era uma vez um gato")
        root.page.evaluate("location.hash = ''")
    session = STATE | {"sides": [{"model": "<img src=x onerror=alert(1)>", "settings": {"temperature": 9}}]}
    root.page.evaluate("f => { location.hash = f; }", "pg-t-v1-" + packed(session))
    expect(root.locator(".pg-notice")).to_contain_text("o modelo pedido não está nesta página")
    expect(root.locator(".pg-user")).to_have_text("Oi <b>")
    assert root.page.locator("img").count() == 0


def test_a_session_is_saved_and_opened(opened: Callable[..., Locator], tmp_path: Path) -> None:
    root = opened(figure())
    before = tokens(root)
    with root.page.expect_download() as download:
        press(root, "Salvar sessão")
    saved = Path(download.value.path())
    assert json.loads(saved.read_text("utf-8"))["formato"] == "playground"
    press(root, "Limpar")
    expect(root.locator(".pg-token")).to_have_count(0)
    choose = root.locator('input[type="file"]')
    choose.set_input_files({"name": "s.json", "mimeType": "application/json", "buffer": saved.read_bytes()})
    expect(root.locator(".pg-token")).to_have_count(len(before))
    assert tokens(root) == before
    root.locator(".pg-token").nth(2).hover()
    expect(root.locator(".pg-peek .llm-bar")).not_to_have_count(0)
    for wrong in (b"{", b'{"formato": "outro"}', b"[]"):
        choose.set_input_files({"name": "s.json", "mimeType": "application/json", "buffer": wrong})
        expect(root.locator(".pg-notice")).to_contain_text("foi ignorado")
    assert tokens(root) == before


def test_the_code_follows_the_controls(opened: Callable[..., Locator]) -> None:
    root = opened(figure(), permissions=["clipboard-read", "clipboard-write"])
    root.locator("summary", has_text="Código em Python").click()
    expect(root.locator(".pg-code")).to_contain_text("temperature=0.8")
    root.get_by_label("Ajuste pronto").select_option("sem sorteio")
    expect(root.locator(".pg-code")).to_contain_text("temperature=0,")
    root.get_by_label("Biblioteca").select_option("openai")
    expect(root.locator(".pg-code")).to_contain_text("client.completions.create")
    press(root, "Copiar")
    assert root.page.evaluate("navigator.clipboard.readText()") == root.locator(".pg-code").text_content()


def test_the_real_model_streams_fast_and_writes_what_python_writes(opened: Callable[..., Locator]) -> None:
    """With the bundled weights: greedy text as the kernel's, at a rate that the figure reports."""
    pytest.importorskip("torch")
    from llmlib import load

    widget = Playground(
        load, "Era uma vez um", models=["mini-base"], temperature=0, max_new_tokens=40, key="t"
    )
    root = opened(widget, real="mini-base")
    press(root, "Gerar")
    settled(root, patience=120_000)  # three megabytes to decode, on a machine that may be busy
    same = sum(a == b for a, b in zip(tokens(root), written(widget), strict=False))
    assert same >= 10  # int8 weights may part from float32 at a near tie, not at once
    rate = float(
        re.search(r"([\d.]+) por segundo", root.locator(".pg-ending").inner_text())[1].replace(".", "")
    )
    print(f"{rate:.0f} tokens/s")  # how many depends on who else uses the machine: not judged here
    assert rate > 0


def test_a_hub_model_in_a_page_is_a_recording(opened: Callable[..., Locator]) -> None:
    lm = FakeLM()
    lm.name = "dono/real"
    widget = Playground(lm, "Era uma vez um gato", max_new_tokens=5, key="t")
    root = opened(widget)
    assert tokens(root) == written(widget)
    expect(root.get_by_role("button", name="Gerar")).to_be_disabled()
    root.locator(".pg-token").nth(1).hover()
    expect(root.locator(".pg-peek .llm-bar")).not_to_have_count(0)
    expect(root.locator(".pg-peek button:not(:disabled)")).to_have_count(0)
