"""PromptBench: the page cuts a prompt as Python does; a change of one part asks the model again."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from book import frontend
from llmlib import widgets
from llmlib.scratch.prompting import LAYOUTS, Prompt, variants
from llmlib.widgets import PromptBench
from llmlib.widgets.prompt_bench import plain
from tests.widgets.talk import TalkLM

HERE = Path(widgets.__file__).parent
EXAMPLES = (("gato", "gatos"), ("flor", "flores"), ("</script>", "<b>"))
FULL = Prompt("cavalo", EXAMPLES, "Você é professor. ", "Plural:", "Contexto: “ã” 👩🏽‍🚀")
CASES = [
    FULL,
    Prompt("oi"),
    Prompt("oi", EXAMPLES[:1], cue=False, layout=LAYOUTS["Entrada / Saída"]),
    Prompt("oi", EXAMPLES[:2], instruction=" ", layout=LAYOUTS["- gato: gatos"]),
]


def figure(**options: object) -> PromptBench:
    tasks = {"plural": (FULL, "cavalos"), "eco": (Prompt("Era uma vez", cue=False), "um gato")}
    return PromptBench([TalkLM()], tasks, **options)


def in_node(expression: str) -> object:
    script = (HERE / "kit.js").read_text("utf-8") + (HERE / "prompt_bench.parts.js").read_text("utf-8")
    script += f"\nprocess.stdout.write(JSON.stringify({expression}));"
    done = subprocess.run([frontend.node()[0], "-"], input=script, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_page_makes_the_same_prompts_and_the_same_changes() -> None:
    given = [[plain(prompt), prompt.layout] for prompt in CASES]
    both = "([p, l]) => [pbPieces(p, l), pbVariants(p).map(([n, v]) => [n, pbText(v, l)])]"
    made = in_node(f"{json.dumps(given)}.map({both})")
    for prompt, (pieces, changed) in zip(CASES, made, strict=True):
        assert [tuple(piece) for piece in pieces] == prompt.pieces()
        assert dict(changed) == {name: each.text() for name, each in variants(prompt).items()}


@pytest.mark.parametrize("form", ["text", "chat"])
def test_every_token_belongs_to_the_part_that_wrote_it(form: str) -> None:
    lm = TalkLM()
    plain_prompt = Prompt("cavalo", EXAMPLES, "Você é professor.", "Plural:", "Contexto: nada.")
    words = {"text": plain_prompt.text()}
    if form == "chat":
        words = {"messages": [{"role": "user", "content": plain_prompt.text()}]}
    tokens = lm.compute("encode", words)["tokens"]
    runs = in_node(f"pbRuns({json.dumps(tokens)}, {json.dumps(plain_prompt.pieces())}, {json.dumps(form)})")
    parts = ["papel", "instrução", "contexto", "exemplos", "entrada", "deixa"]
    assert [run["part"] for run in runs] == (["formato", *parts, "formato"] if form == "chat" else parts)
    said = {run["part"]: "".join(t["text"] for t in run["tokens"]) for run in runs[1:-1]}
    assert said["exemplos"].startswith("gato →")
    assert said["entrada"] == "cavalo"


def test_the_first_state_is_recorded_for_every_model_and_variant() -> None:
    widget = PromptBench([TalkLM(), TalkLM("mini-instruct")], {"plural": (FULL, "cavalos")}, prefix=" ")
    task = widget.tasks[0]
    assert len(task["records"]) == 2
    for made in task["records"]:
        assert list(made["worth"]) == list(variants(FULL))
        assert all(0 <= p <= 1 for p in made["worth"].values())
        assert made["written"]
    assert task["records"][0]["tokens"] != task["records"][1]["tokens"]  # one of them is a message
    assert "cavalos" in widget.summary()
    assert widget.fallback().count("<tr>") == 1 + len(variants(FULL))
    assert "</script>" not in widget.html().split('class="llm-state">')[1].split("</script>")[0]


@pytest.mark.parametrize(
    ("tasks", "options", "says"),
    [
        ({}, {}, "tarefa"),
        ({"a": (Prompt("x"), " ")}, {}, "resposta certa"),
        ({"a": (Prompt("x", layout=("?", "!", "")), "y")}, {}, "LAYOUTS"),
        ({"a": (Prompt("x", (("a", "b"),) * 9), "y")}, {}, "cabem 8"),
        ({"a": (Prompt("x"), "y")}, {"forms": ("fala",)}, "forms"),
    ],
)
def test_wrong_arguments_are_refused(tasks: dict, options: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        PromptBench([TalkLM()], tasks, **options)


def worth(root: Locator) -> dict[str, str]:
    bars = root.locator(".pb-bar")
    return {
        bar.locator(".pb-label").inner_text(): bar.locator(".pb-number").inner_text().split(" era")[0]
        for bar in bars.all()
    }


@pytest.mark.parametrize("host", ["http", "disco"])
@pytest.mark.parametrize("size", ["celular", "mesa"])
def test_switching_a_part_off_asks_again(opened: Callable[..., Locator], host: str, size: str) -> None:
    root = opened(figure(), host, real="mini-base", size=size)
    page = root.visited.page
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert list(worth(root)) == list(variants(FULL))
    root.get_by_label("Usar papel").uncheck()
    expect(root).to_have_attribute("data-state", "live")
    expect(root.locator(".pb-bar")).to_have_count(len(variants(FULL)) - 1)
    assert "sem papel" not in worth(root)
    expect(root.locator(".pb-run[data-part='papel']")).to_have_count(0)
    root.get_by_label("Descer").first.press("Enter")
    expect(root.get_by_label("Entrada do exemplo 1", exact=True)).to_have_value("flor")
    expect(root.get_by_label("Descer o exemplo 2")).to_be_focused()


def test_the_probability_is_that_of_the_kernel(opened: Callable[..., Locator]) -> None:
    from llmlib.measure import answer_probability
    from tests.widgets.page import as_in_the_page

    root = opened(figure(), real="mini-base")
    root.get_by_label("Entrada: o que se pergunta").fill("tambor")
    root.get_by_label("Resposta certa, que o modelo não vê").fill("tambores")
    expect(root).to_have_attribute("data-state", "live")
    expect(root.locator(".pb-bars.llm-wait")).to_have_count(0)
    expect(root.locator(".pb-run[data-part='entrada']")).to_contain_text("bor")  # of the new input
    lm = as_in_the_page("mini-base")
    asked = Prompt("tambor", EXAMPLES, FULL.role, FULL.instruction, FULL.context)
    for name, changed in variants(asked).items():
        begin = "" if changed.text().endswith("\n") else " "
        shown = worth(root)[name].replace(",", ".").replace("\u00a0%", "")
        seen = 0.00005 if shown.startswith("<") else float(shown) / 100
        p = answer_probability(lm, changed.text(), begin + "tambores")
        assert seen == pytest.approx(p, rel=0.06, abs=0.0001), name


def test_a_recorded_task_needs_no_model_and_nothing_to_ask_is_said(opened: Callable[..., Locator]) -> None:
    root = opened(figure(), spoil=lambda static: (static / "models" / "mini-base.js").unlink())
    root.get_by_role("button", name="eco").click()
    assert list(worth(root)) == ["como está"]
    expect(root).to_have_attribute("data-state", "recorded")
    root.get_by_label("Resposta certa, que o modelo não vê").fill("")
    expect(root.locator(".llm-pill").first).to_contain_text("escreva a entrada e a resposta certa")
