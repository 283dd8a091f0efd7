"""The controls of generation as a reader meets them: values, when to use each, and its name in three systems.

One table for the figure, its still picture and the chapter. What a control does is in
`llmlib.scratch.sampling`; nothing here computes. Names were checked in November 2026 against the OpenAI API
reference, transformers 5 and llama.cpp's server ("—": the system has no such control).
"""

from __future__ import annotations

from llmlib.widgets.fallback import decimal

VOCABULARY = 100_000  # a top-k past any vocabulary of the course

CONTROLS: dict[str, dict] = {
    "temperature": {
        "label": "temperatura",
        "values": [0, *(round(0.05 * i, 2) for i in range(1, 41))],
        "off": 1,
        "when": "Baixe para respostas repetíveis; suba para ideias variadas.",
        "names": ["temperature", "temperature", "temperature"],
        "notes": [
            ["=", 0, "No 0 a divisão não existe: por convenção, o mais provável leva tudo e não há sorteio."],
            ["<", 1, "Abaixo de 1 as distâncias entre as notas crescem: o favorito ganha."],
            [">", 1, "Acima de 1 as distâncias encolhem: a cauda ganha. A ordem nunca se inverte."],
        ],
    },
    "top_k": {
        "label": "top-k",
        "values": [1, 2, 3, 5, 8, 12, 20, 40, 80, 200, 1000, 0],
        "off": 0,
        "when": "Use um número fixo de opções quando a cauda atrapalha e todas as posições se parecem.",
        "names": ["—", "top_k", "top_k"],
        "notes": [
            ["=", 1, "Com 1 só resta o favorito: o mesmo texto da temperatura 0."],
            [
                ">",
                0,
                "Ficam os k mais prováveis (e quem empata com o último), tenham eles 2 % ou 99 % da massa.",
            ],
        ],
    },
    "top_p": {
        "label": "top-p",
        "values": [0, *(round(0.05 * i, 2) for i in range(1, 20)), 0.98, 0.99, 1],
        "off": 1,
        "when": "Use para tirar a cauda com um corte que se adapta: estreito onde o modelo tem certeza, "
        "largo onde não tem.",
        "names": ["top_p", "top_p", "top_p"],
        "notes": [
            ["=", 0, "No 0 fica um só: o favorito nunca é cortado. Há programas que recusam o 0."],
            ["<", 1, "Ficam os mais prováveis até a soma alcançar p; quem cruza a linha ainda entra."],
            ["=", 1, "No 1 nada é cortado."],
        ],
    },
    "min_p": {
        "label": "min-p",
        "values": [0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1],
        "off": 0,
        "when": "Use com temperatura alta: corta quem está longe do favorito e deixa quem concorre com ele.",
        "names": ["—", "min_p", "min_p"],
        "notes": [
            ["=", 1, "No 1 só fica quem empata com o favorito."],
            [">", 0, "Fica quem tem pelo menos esta fração da probabilidade do favorito."],
        ],
    },
    "frequency_penalty": {
        "label": "frequência",
        "values": [round(0.1 * i, 1) for i in range(-20, 21)],
        "off": 0,
        "when": "Suba um pouco se o texto martela as mesmas palavras: o desconto cresce a cada repetição.",
        "names": ["frequency_penalty", "—", "frequency_penalty"],
        "notes": [
            ["=", 2, "No máximo, até artigos e vírgulas ficam caros, e a gramática sofre."],
            ["=", -2, "No mínimo, repetir rende: em poucos passos o texto vira um eco."],
            ["<", 0, "Negativa: cada repetição aumenta a nota do token."],
            [">", 0, "Cada vez que o token já saiu no texto gerado tira este tanto da nota dele."],
        ],
    },
    "presence_penalty": {
        "label": "presença",
        "values": [round(0.1 * i, 1) for i in range(-20, 21)],
        "off": 0,
        "when": "Suba para puxar assuntos novos: o desconto é um só, tenha o token saído uma vez ou dez.",
        "names": ["presence_penalty", "—", "presence_penalty"],
        "notes": [
            ["=", 2, "No máximo, tudo que já saiu uma vez perde 2 na nota: o texto foge de si mesmo."],
            ["=", -2, "No mínimo, o que já saiu ganha 2 na nota: o texto gira em volta das mesmas palavras."],
            ["<", 0, "Negativa: ter saído uma vez aumenta a nota."],
            [">", 0, "Ter saído ao menos uma vez no texto gerado tira este tanto da nota."],
        ],
    },
    "repetition_penalty": {
        "label": "repetição",
        "values": [0.5, 0.7, 0.8, 0.9, 1, 1.05, 1.1, 1.15, 1.2, 1.3, 1.5, 2, 3],
        "off": 1,
        "when": "Use de leve (1,05 a 1,2) contra laços; ela desconta também o que está no prompt.",
        "names": ["—", "repetition_penalty", "repeat_penalty"],
        "notes": [
            ["=", 3, "Forte assim, ela castiga até o nome que a pergunta pede para repetir."],
            ["<", 1, "Abaixo de 1 ela premia o que já apareceu, no prompt inclusive."],
            [">", 1, "Nota positiva é dividida por este número; negativa, multiplicada: as duas pioram."],
        ],
    },
    "max_new_tokens": {
        "label": "tamanho",
        "values": [0, 1, 2, 5, 10, 16, 24, 40, 80, 160, 320, 640],
        "off": 24,
        "when": "Ponha um teto de custo e de espera; ele não encurta a ideia, só corta o texto.",
        "names": ["max_completion_tokens", "max_new_tokens", "n_predict"],
        "notes": [
            ["=", 0, "Tamanho 0: nada é escrito. O modelo não chega a ser chamado."],
            [">", 0, "O texto para aqui, mesmo no meio de uma palavra."],
        ],
    },
    "stop": {
        "label": "parada",
        "when": "Diga onde a resposta acaba: fim de linha, ponto, ou a marca do próximo turno.",
        "names": ["stop", "stop_strings", "stop"],
        "notes": [],
    },
    "seed": {
        "label": "semente",
        "values": list(range(0, 33)),
        "off": 0,
        "when": "Fixe para repetir um sorteio; troque para ver outro. Com temperatura 0 ela não muda nada.",
        "names": ["seed", "set_seed(…)", "seed"],
        "notes": [],
    },
}
SYSTEMS = ("API da OpenAI", "transformers", "llama.cpp")


def written(name: str, value: object) -> str:
    """A value of a control as the figure shows it: '0,7', 'desligado', '24 tokens'."""
    control = CONTROLS[name]
    if name == "stop":
        return ", ".join(f"“{each}”" for each in value).replace("\n", "↵") or "nenhuma"
    if name == "max_new_tokens":
        return f"{value} token" if value == 1 else f"{value} tokens"
    if name not in ("temperature", "seed") and value == control["off"]:
        return "desligado"
    digits = 0 if float(value) == int(value) else 1 if float(value) * 10 == round(float(value) * 10) else 2
    return ("−" if value < 0 else "") + decimal(abs(value), digits)


def note(name: str, value: float) -> str:
    """What the control does at this value, or ""."""
    tests = {"=": value.__eq__, "<": value.__lt__, ">": value.__gt__} if name != "stop" else {}
    for sign, limit, sentence in CONTROLS[name]["notes"]:
        if tests[sign](type(value)(limit)):
            return sentence
    return ""
