"""The page judges and checks citations as Python does; the reader's answer is judged as it is written."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from book import frontend
from llmlib import rag_judge, widgets
from tests.llmlib.judged import CAUSES, CITED, ORDER, SOURCES, VERDICTS

HERE = Path(widgets.__file__).parent
TEXTS = [
    "R$ 1.234,00 às 7:05 ou 17h30; vinte e cinco mil reais e 5 km",
    "Dr. Silva mora aqui. “Sim”!  Não?\nE três…",
    "Segunda-feira, às 9 horas, por 3 min: 12,50 reais e 40 centavos. [1, 3] [2]",
    "",
    "[4]",
    "Ça ÉÇÃ ²3 _a_ 🐈 x-y:z",
]
ASKED = {  # name: (one case in JavaScript, the same in Python)
    "verdicts": ("ajJudge(...a)", lambda a: rag_judge.judge(*a)),
    "causes": ("ajCause(...a)", lambda a: rag_judge.cause(*a)),
    "cited": ("ajAttribution(...a)", lambda a: rag_judge.attribution(*a)),
    "evidence": ("ajEvidence(a[2], a[1])", lambda a: rag_judge.evidence(a[2], a[1])),
    "canonical": ("ajCanonical(a)", rag_judge.canonical),
    "sentences": ("ajSentences(a)", rag_judge.sentences),
    "numbers": ("ajCited(a)", rag_judge.cited),
    "refuses": ("ajRefuses(a)", rag_judge.refuses),
    "marks": ("[...ajMarks(a)].sort()", lambda a: sorted(rag_judge.marks(a))),
}


def in_node(expression: str) -> object:
    script = (HERE / "answer_judge.rules.js").read_text("utf-8")
    script += f"\nprocess.stdout.write(JSON.stringify({expression}));"
    done = subprocess.run([frontend.node()[0], "-"], input=script, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_page_judges_the_same() -> None:
    texts = TEXTS + [each[0] for each in VERDICTS] + [each["text"] for each in SOURCES]
    asked = [list(each[:3]) for each in [*VERDICTS, *CAUSES, *CITED]]
    cases = dict.fromkeys(ASKED, texts) | {"verdicts": asked, "cited": asked, "evidence": asked}
    cases["causes"] = [[*each, [ORDER]] for each in asked]
    calls = ", ".join(f"{name}: c.{name}.map((a) => {call})" for name, (call, _) in ASKED.items())
    found = in_node(f"((c) => ({{ {calls}, words: AJ_CAUSES }}))({json.dumps(cases)})")
    for name, (_, mine) in ASKED.items():
        for case, theirs in zip(cases[name], found[name], strict=True):
            assert theirs == mine(case), (name, case)
    assert found["words"] == rag_judge.CAUSES
