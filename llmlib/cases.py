"""What the exercises of code are tried on: for each its solution, cases on which both must agree, and a hint.

`llmlib.exercise` checks a learner's function against them. Cases are made anew for each try, small enough to
be redone by hand, and include the awkward ones: nothing, one, ties, numbers that underflow.
"""

from __future__ import annotations

from typing import ClassVar

from llmlib.cases_meaning import MEANING
from llmlib.exercise_kind import Exercise
from llmlib.solutions import (
    bytes_do_cache,
    com_exemplos,
    continuar,
    custo_da_api,
    esperas,
    horas_de_gpu,
    juntar,
    mascara_da_ordem,
    melhor_candidata,
    menor_rank,
    mudou_de_lugar,
    na_frase,
    nota_da_cabeca,
    nucleo,
    par_mais_comum,
    parametros_do_modelo,
    perplexidade,
    pesos_da_perda,
    pesos_de_atencao,
    taxa_de_acerto,
    vantagens,
)


class Ciranda:
    """Um modelo de brinquedo: olha só a última palavra e sempre sabe a seguinte. Confere `continuar`."""

    words: ClassVar = {"": "a", "a": " roda", "roda": " gira", "gira": " e", "e": " a"}

    def next(self, text: str, k: int = 10) -> dict:
        last = text.split()[-1] if text.split() else ""
        best = self.words.get(last, " a")
        others = [word for word in self.words.values() if word != best][: k - 1]
        top = [{"id": 1, "text": best, "p": 0.7}]
        top += [{"id": 2 + i, "text": word, "p": 0.3 / len(others)} for i, word in enumerate(others)]
        return {"top": top}


def turn(who: str, *said: str) -> list[str]:
    """The tokens of a turn in the chat format; `|` cuts the name of who speaks in two."""
    return ["<|im_start|>", *who.split("|"), "\n", *said, "<|im_end|>", "\n"]


class Notas(dict):
    """Log-probabilidades inventadas de frases inteiras; o que não está na lista é quase impossível."""

    def __missing__(self, frase: str) -> float:
        return -99.0


FRASES = Notas(
    {
        "O gato dormiu.": -6.0,
        "A gato dormiu.": -14.5,
        "A gata dormiu.": -7.0,
        "Vi o rio.": -5.0,
        "Vi o mar.": -5.0,
    }
)


def sizes(V: int, D: int, M: int, L: int, H: int, K: int, E: int, tied: bool) -> dict:
    """A config.json with these sizes, to count on."""
    return {
        "vocab_size": V,
        "hidden_size": D,
        "intermediate_size": M,
        "num_hidden_layers": L,
        "num_attention_heads": H,
        "num_key_value_heads": K,
        "head_dim": E,
        "tie_word_embeddings": tied,
    }


EXERCISES = {
    "pesos_de_atencao": Exercise(
        pesos_de_atencao,
        (
            lambda: ([[1.0, 0.0], [2.0, 0.0], [0.0, 2.0]], [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], 2),
            lambda: ([[1.0, 0.0], [2.0, 0.0], [0.0, 2.0]], [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], 1),
            lambda: ([[0.5, -1.0, 2.0], [1.5, 0.0, 0.25]], [[1.0, 1.0, 0.0], [-1.0, 2.0, 0.5]], 0),
            lambda: ([[3.0], [1.0], [0.0], [2.0]], [[1.0], [2.0], [-1.0], [0.5]], 3),
        ),
        "Nota: soma dos produtos sobre a raiz do tamanho. Depois de t, zero; no resto, a softmax.",
    ),
    "mudou_de_lugar": Exercise(
        mudou_de_lugar,
        (
            lambda: ([0.5, 0.5], [1.0, 0.0]),
            lambda: ([0.25, 0.25, 0.5], [0.5, 0.25, 0.25]),
            lambda: ([1.0, 0.0], [0.0, 1.0]),
            lambda: ([0.2, 0.3, 0.5], [0.2, 0.3, 0.5]),
        ),
        "O que um token perde, outro ganha: some as diferenças sem sinal e divida por dois.",
    ),
    "mascara_da_ordem": Exercise(
        mascara_da_ordem,
        (
            lambda: ([0, 1, 2],),
            lambda: ([2, 0, 1],),
            lambda: ([0],),
            lambda: ([3, 1, 0, 2],),
        ),
        "Anote em que passo cada palavra é prevista; a linha i vê a coluna j quando o passo de j vem antes.",
    ),
    "melhor_candidata": Exercise(
        melhor_candidata,
        (
            lambda: (FRASES.__getitem__, "", ["A", "O"], " gato dormiu."),
            lambda: (FRASES.__getitem__, "A ", ["gato", "gata"], " dormiu."),
            lambda: (FRASES.__getitem__, "Vi o ", ["rio", "mar"], "."),
            lambda: (FRASES.__getitem__, "Vi o ", ["mar", "rio"], "."),
            lambda: (FRASES.__getitem__, "O gato", [""], " dormiu."),
        ),
        "Monte a frase inteira com cada candidata, dê a nota a cada uma e fique com a da maior nota.",
    ),
    "nota_da_cabeca": Exercise(
        nota_da_cabeca,
        (
            lambda: ([[1.0, 0.0], [0.25, 0.75]], [(1, [0])]),
            lambda: ([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]], [(1, [0]), (2, [0, 1])]),
            lambda: ([[1.0]], [(0, [0])]),
            lambda: ([[1.0, 0.0], [0.9, 0.1]], [(0, [0]), (1, [1])]),
        ),
        "Para cada par, some mapa[q][k] em todos os lugares k; a nota é a média dessas somas.",
    ),
    "menor_rank": Exercise(
        menor_rank,
        (
            lambda: ([3.0, 2.0, 1.0], 0.6),
            lambda: ([3.0, 2.0, 1.0], 0.9),
            lambda: ([1.0, 1.0, 1.0, 1.0], 0.5),
            lambda: ([2.0, 1.0], 0.0),
            lambda: ([4.0, 2.0, 2.0, 1.0], 1.0),
        ),
        "Some os quadrados, do maior ao menor, até chegar à parte pedida do total; conte quantos usou.",
    ),
    "vantagens": Exercise(
        vantagens,
        (lambda: ([3.0, 1.0, 2.0],), lambda: ([0.5, -0.5],), lambda: ([1.0, 1.0, 1.0, 5.0],)),
        "Para cada uma, tire a média das outras, sem contar com ela, e subtraia.",
    ),
    "par_mais_comum": Exercise(
        par_mais_comum,
        (
            lambda: ([list("rato"), list("roeu"), list("roupa")],),
            lambda: ([list("abab"), list("ba")],),
            lambda: ([list("banana")],),
            lambda: ([["ca", "sa"], ["ca", "sa", "s"], ["s", "a"]],),
        ),
        "Conte cada par de vizinhos; no empate, vale o menor par, (a, b) antes de (b, a).",
    ),
    "juntar": Exercise(
        juntar,
        (
            lambda: (list("banana"), ("a", "n")),
            lambda: (list("aaa"), ("a", "a")),
            lambda: (["ca", "sa", "ca"], ("ca", "sa")),
            lambda: ([], ("a", "b")),
        ),
        "Ande da esquerda para a direita; achado o par, acrescente os dois juntos e pule dois lugares.",
    ),
    "perplexidade": Exercise(
        perplexidade,
        (
            lambda: ([0.5, 0.25, 0.125],),
            lambda: ([1.0],),
            lambda: ([0.1, 0.9],),
            lambda: ([1e-6] * 3 + [0.5] * 5,),
            lambda: ([0.001] * 200,),
        ),
        "Some as surpresas −ln p, divida pela quantidade de tokens e só então use a exponencial.",
    ),
    "continuar": Exercise(
        continuar,
        (
            lambda: (Ciranda(), "a", 1),
            lambda: (Ciranda(), "a", 5),
            lambda: (Ciranda(), "", 3),
            lambda: (Ciranda(), "gira", 0),
        ),
        "A cada passo: pergunte com lm.next(texto) e junte ao texto o “text” do primeiro de “top”.",
    ),
    "nucleo": Exercise(
        nucleo,
        (
            lambda: ([0.5, 0.25, 0.15, 0.06, 0.04], 0.8),
            lambda: ([0.1, 0.2, 0.6, 0.1], 0.5),
            lambda: ([0.1, 0.2, 0.6, 0.1], 0.7),
            lambda: ([0.25, 0.5, 0.25], 0.75),
            lambda: ([0.3, 0.7], 0.0),
            lambda: ([0.125, 0.5, 0.25, 0.125], 1.0),
        ),
        "Ordene do mais provável ao menos; vá juntando até a soma alcançar p. O favorito sempre fica.",
    ),
    "horas_de_gpu": Exercise(
        horas_de_gpu,
        (
            lambda: (1e9, 20e9, 1e15, 0.4),
            lambda: (175e9, 300e9, 125e12, 0.2),
            lambda: (1, 600, 1, 1.0),
        ),
        "Multiplique 6 × parâmetros × tokens, divida pelo que a máquina entrega num segundo e passe a horas.",
    ),
    "taxa_de_acerto": Exercise(
        taxa_de_acerto,
        (
            lambda: (lambda semente: "Lima." if semente % 3 else "Quito.", "Lima", [0, 1, 2, 3]),
            lambda: (lambda semente: "Lima." if semente % 3 else "Quito.", "Lima", [5, 7, 8, 9, 6, 3, 0]),
            lambda: (lambda semente: "", "Lima", [4]),
            lambda: (lambda semente: str(semente), "1", list(range(20))),
        ),
        "Chame gerar(semente) uma vez para cada semente, conte em quantos textos está `certo` e divida.",
    ),
    "pesos_da_perda": Exercise(
        pesos_da_perda,
        (
            lambda: (turn("user", "Oi", "!") + turn("assist|ant", " Olá", "."),),
            lambda: (turn("user", " assistant", "\n", "?"),),
            lambda: (turn("system", " Seja", " breve") + turn("user", "Oi") + turn("assistant", "Oi"),),
            lambda: (turn("assistant", "a", "\n", "b") + turn("user", "c") + turn("assistant", "d"),),
            lambda: ([],),
        ),
        "Guarde quem fala. O nome vem entre <|im_start|> e a quebra de linha, às vezes em dois tokens.",
    ),
    "com_exemplos": Exercise(
        com_exemplos,
        (
            lambda: ([("gato", "gatos"), ("flor", "flores")], "cavalo"),
            lambda: ([], "cavalo"),
            lambda: ([("2 + 2", "4")], "3 + 5"),
        ),
        "Uma linha por exemplo, com “ → ” no meio; a última acaba na seta, sem espaço depois dela.",
    ),
    "na_frase": Exercise(
        na_frase,
        (
            lambda: ("na gaveta", "O relógio de Nurati está na gaveta. O de Beto, na mesa.", "Nurati"),
            lambda: ("na mesa", "O relógio de Nurati está na gaveta. O de Beto, na mesa.", "Nurati"),
            lambda: ("banana", "O relógio de Nurati está na gaveta.\nRepita: banana", "Nurati"),
            lambda: ("no rio", "O relógio de Nurati está na gaveta. O de Nurati, no rio.", "Nurati"),
            lambda: ("na gaveta", "", "Nurati"),
        ),
        "Troque cada quebra de linha por “. ”, corte em “. ” e procure uma frase que contenha os dois.",
    ),
    "custo_da_api": Exercise(
        custo_da_api,
        (
            lambda: (300, 100, 2.0, 10.0, 1000),
            lambda: (1, 1, 1.0, 4.0, 1),
            lambda: (50_000, 0, 0.1, 0.5, 7),
            lambda: (0, 250, 0.15, 0.6, 1_000_000),
        ),
        "Cada quantidade de tokens vezes o seu preço; some, multiplique pelos pedidos, divida por um milhão.",
    ),
    "esperas": Exercise(
        esperas,
        (
            lambda: (5, 0.5, 8.0),
            lambda: (6, 1.0, 4.0),
            lambda: (1, 0.5, 8.0),
            lambda: (3, 2.0, 1.0),
        ),
        "Entre n tentativas há n − 1 pausas: base, 2 × base, 4 × base, nenhuma maior que o máximo.",
    ),
    "parametros_do_modelo": Exercise(
        parametros_do_modelo,
        (
            lambda: (sizes(3072, 192, 512, 5, 6, 3, 32, True),),
            lambda: (sizes(347, 44, 70, 3, 6, 2, 10, False),),
            lambda: (sizes(151_936, 1024, 3072, 28, 16, 8, 128, True),),
            lambda: (sizes(11, 4, 5, 1, 1, 1, 2, False),),
        ),
        "Por camada: q, k, v, saída, três matrizes da MLP e quatro normas. Fora delas: tabelas e uma norma.",
    ),
    "bytes_do_cache": Exercise(
        bytes_do_cache,
        (
            lambda: (5, 3, 32, 512, 4),
            lambda: (28, 8, 128, 32_768, 2),
            lambda: (1, 1, 1, 1, 1),
            lambda: (12, 12, 64, 0, 2),
        ),
        "Em cada camada, cada cabeça guarda de cada token uma chave e um valor: dois vetores do seu tamanho.",
    ),
} | MEANING
