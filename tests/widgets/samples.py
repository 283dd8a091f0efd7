"""One sample of each widget of this folder, on the fake model."""

from __future__ import annotations

from collections.abc import Callable

from llmlib.widgets import Generate, NextToken, Playground, Quiz, SamplingView
from llmlib.widgets.base import Widget
from tests.widgets.fake import FakeLM

PROMPTS = ["Era uma vez", "Qual é a capital do Brasil?", "A raposa marrom pula sobre o"]

QUESTIONS = [
    {
        "pergunta": "O que um LLM calcula a cada passo?",
        "opcoes": [
            {"texto": "A frase inteira", "certa": False, "retorno": "Ele escreve um token por vez."},
            {
                "texto": "Uma probabilidade para cada token do vocabulário",
                "certa": True,
                "retorno": "Depois sorteia um, acrescenta ao texto e recomeça.",
            },
            {"texto": "A resposta certa, buscada na internet", "retorno": "Nada aqui saiu da sua máquina."},
        ],
    },
    {
        "pergunta": "O que faz `temperature=0`, mesmo com <b>negrito</b>?",
        "opcoes": [
            {"texto": "Escolhe sempre o mais provável", "certa": True, "retorno": "Sem sorteio: `argmax`."},
            {"texto": "Impede invenções", "retorno": "Repetível não é correto."},
        ],
    },
]

SAMPLES: dict[str, Callable[[], Widget]] = {
    "next-token": lambda: NextToken(FakeLM(), "O gato subiu no", examples=PROMPTS),
    "generate": lambda: Generate(
        FakeLM(), "Era uma vez um gato", temperature=0.8, seed=13, max_new_tokens=14
    ),
    "sampling-view": lambda: SamplingView(
        FakeLM(), "O gato subiu no", examples=PROMPTS, temperature=0.9, top_p=0.95
    ),
    "quiz": lambda: Quiz(QUESTIONS),
    "playground": lambda: Playground(
        FakeLM(), "Era uma vez um gato", temperature=0.8, seed=13, max_new_tokens=14
    ),
}
