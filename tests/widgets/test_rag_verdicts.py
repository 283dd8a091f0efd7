"""RankingMetrics, RagCurves, RagCases: the sums of Python; a recording opens alone, a change runs it all."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from book import frontend
from llmlib import widgets
from llmlib.widgets import AnswerJudge, RagCases, RagCurves, RankingMetrics
from llmlib.widgets.ranking_metrics import measured
from tests.widgets import asked
from tests.widgets.samples import SAMPLES

HERE = Path(widgets.__file__).parent
LISTS = [([0, 3, 1], [], 2), ([0, 0], [1], 2), ([3, 2, 1, 0], [3, 1], 3), ([1], [], 1), ([0, 1, 0, 2], [], 4)]


def test_the_page_sums_the_same() -> None:
    script = (HERE / "ranking_metrics.sums.js").read_text("utf-8")
    script += f"\nprocess.stdout.write(JSON.stringify({json.dumps(LISTS)}.map((c) => rkMetrics(...c))));"
    done = subprocess.run([frontend.node()[0], "-"], input=script, capture_output=True, text=True, check=True)
    for case, theirs in zip(LISTS, json.loads(done.stdout), strict=True):
        mine = measured(*case)
        assert {key: theirs[key] for key in mine} == pytest.approx(mine), case


def test_what_cannot_be_drawn_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="cada resultado uma vez"):
        RankingMetrics("x", asked.ITEMS, {"a": [0, 1]})
    with pytest.raises(ValueError, match="vai de 0 a 3"):
        RankingMetrics("x", [{"title": "a", "grade": 4}, {"title": "b", "grade": 0}], {"a": [0, 1]}, k=1)
    with pytest.raises(ValueError, match="k vai de 1 a 5"):
        RankingMetrics("x", asked.ITEMS, asked.ORDERS, k=6)
    with pytest.raises(ValueError, match="ao menos uma resposta"):
        AnswerJudge([])
    with pytest.raises(ValueError, match="falta sources, reply"):
        AnswerJudge([{"label": "a", "question": {}}])
    with pytest.raises(ValueError, match="make data NAME=rag"):
        RagCurves([])
    with pytest.raises(ValueError, match="ao menos um caso"):
        RagCases(asked.AskedLM(), [])
    with pytest.raises(ValueError, match="k vai de 1 a 8"):
        RagCases(asked.AskedLM(), asked.CASES, k=9)
    with pytest.raises(ValueError, match="by é um de"):
        RagCases(asked.AskedLM(), asked.CASES, by="google")


def test_the_message_of_each_figure_needs_no_script() -> None:
    ranking, judge, curves, cases = (
        SAMPLES[name]() for name in ("ranking-metrics", "answer-judge", "rag-curves", "rag-cases")
    )
    assert "recall 0,50" in ranking.summary()
    assert judge.summary().endswith("é certa: disse uma das formas aceitas.")
    assert "palavras (BM25), 40" in curves.summary()
    assert curves.fallback().count("<tr>") == sum(1 + len(s["points"]) for s in curves.sweeps)
    assert [s["name"] for s in curves.sweeps] == ["by", "k", "temperature"]
    assert [p["label"] for p in curves.sweeps[2]["points"]] == ["0", "0,8"]
    assert "sem documentos, o modelo disse “Não sei.” (recusada)" in cases.summary()
    assert "[1] o trecho afirma isto" in cases.summary()
    for figure in (ranking, judge, curves, cases):
        assert "</script>" not in figure.html().split('class="llm-state">')[1].split("</script>")[0]
        assert "<b>" not in figure.fallback()


def test_each_case_is_recorded_and_judged() -> None:
    cases = SAMPLES["rag-cases"]()
    found = [(each["label"], verdict, cause) for each, verdict, cause in cases.judged()]
    assert found == [
        ("o prazo", "certa", ""),
        ("a multa", "errada", "achado e ignorado"),
        ("o ano", "errada", "sem resposta"),
        ("as linhas", "errada", "não achado"),
    ]
    first = cases.cases[0]
    assert first["question"]["jeitos"] == [asked.BOOK["pergunta"], "prazo <b>"]
    assert first["record"]["used"] == len(first["record"]["hits"]) == 3
    assert (
        first["record"]["prompt"]
        .split("\n", 1)[1]
        .startswith("Contexto:\n[1] Documento 1 <b>. Regras da biblioteca.")
    )
    assert cases.settings["titles"]
    bare = RagCases(asked.AskedLM(), asked.CASES[:1], k=2, titles=False)
    assert (
        bare.cases[0]["record"]["prompt"].split("\n", 1)[1].startswith("Contexto:\n[1] Regras da biblioteca.")
    )
    assert len(bare.cases[0]["record"]["hits"]) == 2


def test_moving_a_result_moves_the_metrics(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["ranking-metrics"](), host="disco", size="celular")
    page = root.page
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    value = lambda name: root.locator(f'.rk-card[data-metric="{name}"] strong')  # noqa: E731
    first = root.locator(".rk-item").first
    expect(first).to_contain_text("Café")
    expect(value("rr")).to_have_text("0,50")
    up = root.get_by_role("button", name="Subir “Sono </script>”")
    up.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(first).to_contain_text("Sono </script>")
    expect(value("rr")).to_have_text("1,00")
    expect(root.get_by_role("button", name="Descer “Sono </script>”")).to_be_focused()  # up is spent
    expect(value("recall")).to_have_text("0,50")
    expect(root.locator('.rk-card[data-metric="ndcg"] .rk-moved')).to_contain_text("▲")
    root.get_by_role("button", name="a melhor").click()
    expect(value("ndcg")).to_have_text("1,00")
    root.locator("input[name=k]").fill("5")
    expect(value("recall")).to_have_text("0,75")  # one that serves is not in the list
    root.get_by_role("button", name="Relevância de “Sono </script>”: 3 de 3").click()
    expect(value("rr")).to_have_text("0,50")
    grip = root.locator(".rk-grip").nth(4).bounding_box()
    page.mouse.move(grip["x"] + 5, grip["y"] + 5)
    page.mouse.down()
    page.mouse.move(grip["x"] + 5, root.locator(".rk-item").first.bounding_box()["y"] - 5)
    page.mouse.up()
    expect(root.locator(".rk-item").first).to_contain_text("Água")


def test_an_answer_is_judged_at_each_letter(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["answer-judge"]())
    reply = root.get_by_label("Resposta a julgar")
    expect(root.locator(".aj-verdict")).to_have_attribute("data-verdict", "certa")
    expect(root.locator(".aj-check")).to_contain_text("sustenta")
    expect(root.locator(".aj-mark[data-kind=apoio]")).to_contain_text("O prazo de devolução é de 15 dias.")
    reply.fill("O prazo é de 150 dias. [7]")
    expect(root.locator(".aj-verdict")).to_have_attribute("data-verdict", "inventada")
    expect(root.locator(".aj-check")).to_contain_text("não existe")
    root.get_by_role("button", name="superada").click()
    expect(root.locator(".aj-verdict")).to_have_attribute("data-verdict", "superada")
    expect(root.locator(".aj-mark[data-kind=velho]")).to_have_count(1)


def test_a_setting_shows_its_intervals_and_answers(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["rag-curves"](), host="disco")
    expect(root.locator(".rc-row")).to_have_count(4)
    root.locator(".rc-row").first.focus()
    root.page.keyboard.press("ArrowDown")
    expect(root.locator(".rc-table thead th").first).to_have_text("como buscar: vetores")
    expect(root.locator(".rc-table tbody tr").first).to_contain_text("30 %".replace(" ", "\u00a0"))
    expect(root.locator(".rc-replies dd").first).to_contain_text("0.3 </script>")
    root.get_by_role("radio", name="temperatura").check()
    expect(root.locator(".rc-row")).to_have_count(2)
    root.get_by_role("radio", name="não têm").check()
    expect(root.locator(".rc-found")).to_have_count(0)
    expect(root.locator(".rc-table tbody tr")).to_have_count(5)


@pytest.mark.parametrize("host", ["http", "disco"])
def test_a_case_is_run_again_in_the_page(host: str, opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["rag-cases"](), host, collections=["caxinduba"])
    cause = root.locator(".rx-cause")
    expect(cause).to_contain_text("não falhou")
    expect(root.locator(".rx-where")).to_have_text("O trecho que responde ficou em 1º lugar.")
    root.get_by_role("button", name="as linhas").click()
    expect(cause).to_contain_text("não achado")
    expect(root.locator(".rx-where")).to_contain_text("São precisos 2 fatos")
    expect(root).to_have_attribute("data-state", "recorded")
    root.get_by_label("Procurar por").select_option("bm25")
    expect(root).to_have_attribute("data-state", "live")
    expect(root.locator(".rx-halves .llm-wait")).to_have_count(0)
    expect(root.locator(".aj-source")).to_have_count(3)
    expect(root.locator(".aj-title").first).not_to_contain_text("Documento 1")
    second = root.locator(".aj-title").nth(1)
    before = second.text_content()
    root.get_by_label("Pergunta", exact=True).fill("Onde estudou a técnica de som da Rádio Tapiriri?")
    expect(root.locator(".aj-title").first).to_contain_text("Tapiriri")
    root.get_by_label("buscar de novo").check()
    expect(second).to_contain_text("achado com “Silvana Xerém”")
    assert second.text_content() != before
    root.get_by_label("Quantos").fill("1")
    expect(root.locator(".aj-source")).to_have_count(1)
    root.get_by_label("Pergunta", exact=True).fill("  ")
    expect(root.locator(".llm-pill")).to_contain_text("Escreva uma pergunta")
    root.get_by_role("button", name="o prazo").click()
    expect(root).to_have_attribute("data-state", "recorded")
    expect(root.get_by_label("buscar de novo")).not_to_be_checked()
    expect(root.locator(".aj-source")).to_have_count(3)


def test_without_the_model_the_recording_stays(opened: Callable[..., Locator]) -> None:
    root = opened(
        SAMPLES["rag-cases"](),
        size="celular",
        spoil=lambda static: (static / "models" / "mini-base.js").unlink(),
    )
    root.visited.page.evaluate("document.documentElement.scrollWidth") <= 360 or pytest.fail("too wide")
    root.get_by_role("button", name="prazo <b>").click()
    expect(root).to_have_attribute("data-state", "error")
    expect(root.locator(".rx-reply").nth(1)).to_have_text("15 dias. [1]")
    root.visited.errors.clear()  # the file that was taken away
