"""The solutions of the exercises of code: ordinary functions, shown behind a fold and tested.

`llmlib.cases` has what they are held to, and `llmlib.exercise` checks a learner's function against them.
Nothing here is used by the course itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise


def perplexidade(probabilidades: list[float]) -> float:
    """A perplexidade de um texto, dadas as probabilidades que cada um de seus tokens recebeu."""
    surpresas = [-math.log(p) for p in probabilidades]
    return math.exp(sum(surpresas) / len(surpresas))


def continuar(lm, texto: str, passos: int) -> str:
    """O texto seguido de `passos` tokens, sempre o mais provável: o laço autoregressivo."""
    for _ in range(passos):
        mais_provavel = lm.next(texto)["top"][0]
        texto = texto + mais_provavel["text"]
    return texto


def nucleo(probabilidades: list[float], p: float) -> list[int]:
    """Os lugares que o top-p deixa no sorteio, do mais provável ao menos, até a soma alcançar p."""
    ficam, soma = [], 0.0
    for lugar in sorted(range(len(probabilidades)), key=lambda i: -probabilidades[i]):
        if ficam and soma >= p:
            break
        ficam.append(lugar)
        soma += probabilidades[lugar]
    return ficam


def horas_de_gpu(parametros: float, tokens: float, pico: float, aproveitamento: float) -> float:
    """Horas de um processador de `pico` operações por segundo para um treino: 6 por parâmetro e por token."""
    operacoes = 6 * parametros * tokens
    return operacoes / (pico * aproveitamento) / 3600


def taxa_de_acerto(gerar: Callable[[int], str], certo: str, sementes: list[int]) -> float:
    """Em que parte das sementes o texto que sai de `gerar(semente)` contém `certo`."""
    acertos = [certo in gerar(semente) for semente in sementes]
    return sum(acertos) / len(acertos)


def pesos_da_perda(tokens: list[str]) -> list[int]:
    """1 em cada token que o assistente diz e na marca que encerra o turno dele; 0 em todos os outros."""
    pesos, quem, no_cabecalho = [], "", False
    for token in tokens:
        pesos.append(int(quem == "assistant" and not no_cabecalho))
        if token == "<|im_start|>":
            quem, no_cabecalho = "", True
        elif token == "<|im_end|>":
            quem = ""
        elif no_cabecalho and token == "\n":
            no_cabecalho = False
        elif no_cabecalho:
            quem += token
    return pesos


def custo_da_api(lidos: int, escritos: int, preco_lidos: float, preco_escritos: float, pedidos: int) -> float:
    """O custo de muitos pedidos iguais, com os preços por milhão de tokens."""
    por_pedido = lidos * preco_lidos + escritos * preco_escritos
    return pedidos * por_pedido / 1_000_000


def esperas(tentativas: int, base: float, maximo: float) -> list[float]:
    """As pausas entre as tentativas: começam em `base`, dobram e não passam de `maximo`."""
    return [min(maximo, base * 2**numero) for numero in range(tentativas - 1)]


def par_mais_comum(palavras: list[list[str]]) -> tuple[str, str]:
    """O par de vizinhos que mais se repete nas palavras; no empate, o primeiro em ordem alfabética."""
    contagem: dict[tuple[str, str], int] = {}
    for palavra in palavras:
        for par in pairwise(palavra):
            contagem[par] = contagem.get(par, 0) + 1
    return min(contagem, key=lambda par: (-contagem[par], par))


def juntar(palavra: list[str], par: tuple[str, str]) -> list[str]:
    """A palavra com cada ocorrência do par, da esquerda para a direita, trocada por um pedaço só."""
    nova: list[str] = []
    i = 0
    while i < len(palavra):
        if tuple(palavra[i : i + 2]) == par:
            nova.append(par[0] + par[1])
            i += 2
        else:
            nova.append(palavra[i])
            i += 1
    return nova


def vantagens(recompensas: list[float]) -> list[float]:
    """Quanto cada recompensa passa da média das outras."""
    soma, quantas = sum(recompensas), len(recompensas)
    return [r - (soma - r) / (quantas - 1) for r in recompensas]


def com_exemplos(exemplos: list[tuple[str, str]], entrada: str) -> str:
    """Um prompt com exemplos, um por linha, “entrada → resposta”, e a última linha à espera da resposta."""
    linhas = [f"{pergunta} → {resposta}" for pergunta, resposta in exemplos]
    return "\n".join([*linhas, f"{entrada} →"])


def na_frase(resposta: str, documento: str, nome: str) -> bool:
    """Se alguma frase do documento traz, ao mesmo tempo, o nome perguntado e a resposta."""
    frases = documento.replace("\n", ". ").split(". ")
    return any(nome in frase and resposta in frase for frase in frases)


def menor_rank(valores: list[float], parte: float) -> int:
    """Quantos valores singulares, do maior ao menor, guardam ao menos `parte` da soma dos quadrados."""
    total, soma = sum(v * v for v in valores), 0.0
    for quantos, valor in enumerate(valores):
        if soma >= parte * total:
            return quantos
        soma += valor * valor
    return len(valores)


def mascara_da_ordem(ordem: list[int]) -> list[list[bool]]:
    """Para cada palavra a prever, quais das outras ela vê: as que vêm antes dela em `ordem`."""
    vez = {palavra: passo for passo, palavra in enumerate(ordem)}
    return [[vez[vista] < vez[prevista] for vista in range(len(ordem))] for prevista in range(len(ordem))]


def melhor_candidata(pontuar: Callable[[str], float], antes: str, candidatas: list[str], depois: str) -> str:
    """A candidata que deixa a frase inteira mais provável; no empate, a primeira."""
    return max(candidatas, key=lambda candidata: pontuar(antes + candidata + depois))


def parametros_do_modelo(c: dict) -> int:
    """Quantos parâmetros tem um modelo da família Qwen3, contados pelos tamanhos do seu config.json."""
    D, E = c["hidden_size"], c["head_dim"]
    consultas, chaves = c["num_attention_heads"] * E, c["num_key_value_heads"] * E
    atencao = D * consultas + 2 * D * chaves + consultas * D + 2 * E  # q, k e v, saída, normas de q e de k
    mlp = 3 * D * c["intermediate_size"]
    camadas = c["num_hidden_layers"] * (atencao + mlp + 2 * D)  # e duas normas por camada
    tabelas = 1 if c["tie_word_embeddings"] else 2
    return tabelas * c["vocab_size"] * D + camadas + D  # e a última norma


def bytes_do_cache(camadas: int, cabecas_kv: int, tamanho: int, tokens: int, por_numero: int) -> int:
    """A memória que as chaves e os valores de `tokens` tokens ocupam."""
    return 2 * camadas * cabecas_kv * tamanho * tokens * por_numero


def pesos_de_atencao(consultas: list[list[float]], chaves: list[list[float]], t: int) -> list[float]:
    """Os pesos que o token t dá a cada token do texto, com a máscara: zero para os que vêm depois dele."""
    tamanho = math.sqrt(len(consultas[t]))
    notas = [sum(a * b for a, b in zip(consultas[t], chave, strict=True)) / tamanho for chave in chaves]
    crescidas = [math.exp(nota) if s <= t else 0.0 for s, nota in enumerate(notas)]
    return [x / sum(crescidas) for x in crescidas]


def mudou_de_lugar(antes: list[float], depois: list[float]) -> float:
    """Que parte da probabilidade mudou de lugar entre duas apostas: a variação total."""
    return sum(abs(a - d) for a, d in zip(antes, depois, strict=True)) / 2


def nota_da_cabeca(mapa: list[list[float]], pares: list[tuple[int, list[int]]]) -> float:
    """A parte média da atenção que cai nos lugares pedidos: mapa[q][k] é quanto q olha para k."""
    partes = [sum(mapa[q][k] for k in lugares) for q, lugares in pares]
    return sum(partes) / len(partes)


def palavras_de_apoio(busca: list[str], textos: list[list[str]], quantas: int) -> list[str]:
    """As palavras que aparecem em mais textos e não estão na busca; no empate, em ordem alfabética."""
    em_quantos: dict[str, int] = {}
    for texto in textos:
        for palavra in set(texto) - set(busca):
            em_quantos[palavra] = em_quantos.get(palavra, 0) + 1
    return sorted(em_quantos, key=lambda palavra: (-em_quantos[palavra], palavra))[:quantas]


def fundir(listas: list[list[str]], constante: int) -> list[str]:
    """Várias listas ordenadas numa só: soma 1/(constante + lugar) de cada item, lugares a partir de 1."""
    notas: dict[str, float] = {}
    for lista in listas:
        for lugar, item in enumerate(lista, start=1):
            notas[item] = notas.get(item, 0.0) + 1 / (constante + lugar)
    return sorted(notas, key=lambda item: -notas[item])


def completar_analogia(vetores: dict[str, list[float]], a: str, b: str, c: str) -> str:
    """A palavra, fora as três, cujo vetor faz o menor ângulo com b − a + c, todos de tamanho 1."""

    def unitario(v: list[float]) -> list[float]:
        tamanho = math.sqrt(sum(x * x for x in v))
        return [x / tamanho for x in v]

    u = {palavra: unitario(v) for palavra, v in vetores.items()}
    alvo = [y - x + z for x, y, z in zip(u[a], u[b], u[c], strict=True)]
    outras = [palavra for palavra in u if palavra not in (a, b, c)]
    return max(outras, key=lambda palavra: sum(x * y for x, y in zip(alvo, u[palavra], strict=True)))


def pedacos(palavra: str, menor: int, maior: int) -> list[str]:
    """Os pedaços de `menor` a `maior` letras de uma palavra entre < e >, os curtos primeiro, em ordem."""
    marcada = f"<{palavra}>"
    tamanhos = range(menor, min(maior, len(marcada)) + 1)
    return [marcada[i : i + n] for n in tamanhos for i in range(len(marcada) - n + 1)]


def afastamento(a: list[float], b: list[float], acaso: float) -> float:
    """Quanto dois vetores se afastam: 0 para o mesmo, 1 para o que o cosseno do acaso já daria."""
    produto = sum(x * y for x, y in zip(a, b, strict=True))
    tamanhos = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(y * y for y in b))
    return (1 - produto / tamanhos) / (1 - acaso)


def sentido_mais_perto(exemplos: dict[str, list[list[float]]], vetor: list[float]) -> str:
    """O sentido cuja média de vetores faz o menor ângulo com `vetor`."""

    def cosseno(u: list[float], v: list[float]) -> float:
        return sum(x * y for x, y in zip(u, v, strict=True)) / (math.hypot(*u) * math.hypot(*v))

    medias = {
        nome: [sum(eixo) / len(eixo) for eixo in zip(*vetores, strict=True)]
        for nome, vetores in exemplos.items()
    }
    return max(medias, key=lambda nome: cosseno(medias[nome], vetor))


def ndcg_da_lista(notas: list[int], k: int) -> float:
    """O nDCG dos `k` primeiros de uma lista, dadas as notas de relevância na ordem em que ela as mostra."""

    def dcg(ordem: list[int]) -> float:
        return sum(nota / math.log2(lugar + 1) for lugar, nota in enumerate(ordem[:k], start=1))

    melhor = dcg(sorted(notas, reverse=True))
    return dcg(notas) / melhor if melhor else 0.0


def rotulo_dos_vizinhos(vetores: list[list[float]], rotulos: list[str], vetor: list[float], k: int) -> str:
    """O rótulo mais frequente entre os k vetores mais parecidos com `vetor`; no empate, o de maior soma."""
    produtos = [sum(x * y for x, y in zip(v, vetor, strict=True)) for v in vetores]
    votos: dict[str, tuple[int, float]] = {}
    for i in sorted(range(len(vetores)), key=lambda i: -produtos[i])[:k]:
        quantos, soma = votos.get(rotulos[i], (0, 0.0))
        votos[rotulos[i]] = (quantos + 1, soma + produtos[i])
    return max(votos, key=lambda rotulo: votos[rotulo])
