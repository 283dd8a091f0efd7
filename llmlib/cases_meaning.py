"""What the exercises on vectors and on retrieval are tried on, as `cases` does for the others."""

from __future__ import annotations

from llmlib.exercise_kind import Exercise
from llmlib.solutions import (
    afastamento,
    completar_analogia,
    fundir,
    ndcg_da_lista,
    palavras_de_apoio,
    pedacos,
    rotulo_dos_vizinhos,
    sentido_mais_perto,
)

WORD_PLANE = {  # royalty to the right, women up; an apple, so that something else could come
    "homem": [1.0, -1.0],
    "mulher": [1.0, 1.0],
    "rei": [3.0, -1.0],
    "rainha": [3.0, 1.2],
    "maçã": [-2.0, 0.5],
}

MEANING = {
    "fundir": Exercise(
        fundir,
        (
            lambda: ([["a", "b", "c"], ["c", "b"]], 60),
            lambda: ([["x", "y"], ["y", "x"]], 60),
            lambda: ([["a", "b", "c", "d"], ["d", "e"], []], 1),
            lambda: ([], 60),
        ),
        "Some item por item num dicionário e ordene do maior ao menor; sorted guarda a ordem dos empates.",
    ),
    "palavras_de_apoio": Exercise(
        palavras_de_apoio,
        (
            lambda: (["sono"], [["sono", "cochilo", "tarde"], ["cochilo", "sono"], ["tarde", "cochilo"]], 2),
            lambda: (["a"], [["b", "b", "b"], ["c"], ["c"]], 1),
            lambda: (["a"], [["c"], ["b"]], 5),
            lambda: (["a"], [["a"]], 3),
            lambda: ([], [], 3),
        ),
        "Conte em quantos textos cada palavra está (uma vez por texto), tire as da busca e ordene.",
    ),
    "completar_analogia": Exercise(
        completar_analogia,
        (
            lambda: (WORD_PLANE, "homem", "mulher", "rei"),
            lambda: (WORD_PLANE, "homem", "rei", "mulher"),
            lambda: (WORD_PLANE, "rei", "rainha", "homem"),
            lambda: ({"a": [2.0, 0.0], "b": [0.0, 5.0], "c": [1.0, 1.0], "d": [-1.0, 9.0]}, "a", "b", "c"),
        ),
        "Divida cada vetor pelo seu tamanho, some e subtraia número a número, e deixe as três de fora.",
    ),
    "pedacos": Exercise(
        pedacos,
        (
            lambda: ("gato", 3, 4),
            lambda: ("pé", 3, 5),
            lambda: ("beija-flor", 3, 3),
            lambda: ("", 3, 5),
        ),
        "Ponha < e > nas pontas; para cada tamanho, ande uma janela desse tamanho da esquerda à direita.",
    ),
    "afastamento": Exercise(
        afastamento,
        (
            lambda: ([1.0, 0.0], [1.0, 0.0], 0.3),
            lambda: ([1.0, 0.0], [0.6, 0.8], 0.6),
            lambda: ([3.0, 4.0], [4.0, 3.0], 0.0),
            lambda: ([1.0, 2.0, 2.0], [-2.0, 1.0, 0.0], 0.8),
        ),
        "Cosseno: produto interno dividido pelos dois tamanhos. Depois (1 − cosseno) / (1 − acaso).",
    ),
    "sentido_mais_perto": Exercise(
        sentido_mais_perto,
        (
            lambda: ({"a": [[1.0, 0.0]], "b": [[0.0, 1.0]]}, [0.2, 0.9]),
            lambda: ({"a": [[9.0, 1.0], [9.0, 3.0]], "b": [[0.1, 0.1]]}, [0.5, 0.4]),
            lambda: ({"x": [[0.0, 1.0, 0.0]], "y": [[1.0, 1.0, 0.0], [1.0, -1.0, 0.0]]}, [5.0, 1.0, 7.0]),
        ),
        "Tire a média dos vetores de cada sentido, eixo por eixo; escolha a de maior cosseno com o vetor.",
    ),
    "ndcg_da_lista": Exercise(
        ndcg_da_lista,
        (
            lambda: ([0, 3, 1], 3),
            lambda: ([0, 3, 1], 2),
            lambda: ([3, 2, 0], 3),
            lambda: ([0, 0], 5),
            lambda: ([1], 1),
            lambda: ([0, 0, 2, 0, 1, 3], 4),
        ),
        "Some as notas, cada uma sobre log2(lugar + 1); divida pela mesma soma da maior para a menor.",
    ),
    "rotulo_dos_vizinhos": Exercise(
        rotulo_dos_vizinhos,
        (
            lambda: ([[1.0, 0.0], [0.0, 1.0], [0.9, 0.1]], ["a", "b", "a"], [1.0, 0.2], 3),
            lambda: ([[1.0, 0.0], [0.6, 0.8], [0.5, 0.5]], ["a", "b", "b"], [1.0, 0.0], 1),
            lambda: ([[1.0, 0.0], [0.8, 0.1], [0.7, 0.3], [0.2, 0.9]], ["a", "b", "b", "a"], [1.0, 0.0], 4),
            lambda: ([[-1.0, 0.0], [-0.2, 1.0]], ["x", "y"], [1.0, 0.0], 2),
        ),
        "Calcule os produtos, ordene os lugares, fique com k, conte os rótulos; desempate pela soma.",
    ),
}
