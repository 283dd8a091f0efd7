"""The measures of the other families: any tree of figures as tables, and the tables of the search models."""

from __future__ import annotations

from collections.abc import Iterator

from builders.cards.words import KINDS, figure, number, table

LABELS = {
    "masked": "palavras escondidas adivinhadas",
    "masked_loss": "perda por token escondido",
    "masked_in_order": "o mesmo, em ordem sorteada: cada uma vê as anteriores",
    "agreement": "prefere a forma que concorda",
    "exact": "resposta exata, palavra por palavra",
    "copy": "o mesmo para quem só repetisse a entrada (o piso)",
    "edits": "correções, por palavra trocada",
    "untouched": "frases certas deixadas como estavam",
    "summary": "resumos",
    "span_loss": "perda por token dos trechos escondidos",
    "left_to_right": "perda por token, da esquerda para a direita",
    "random_order": "perda por token, em ordem sorteada",
    "right": "acertos",
    "loss": "perda",
    "names": "têm todos os nomes",
    "words": "F1 das palavras",
    "precision": "precisão",
    "recall": "cobertura",
    "f0.5": "F0,5",
}
METRICS = ("recall@1", "recall@5", "mrr", "ndcg@10")


def leaves(tree: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """(path, figure) of every figure in a tree of dicts."""
    if isinstance(tree, dict) and "value" not in tree:
        for key, value in tree.items():
            yield from leaves(value, (*path, key))
    else:
        yield path, tree


def tree(measures: dict) -> str:
    """One table a measure; a single figure is one line."""
    parts, single = [], []
    for name, measure in measures.items():
        label = LABELS.get(name, name)
        found = [(path, value) for path, value in leaves(measure) if value is not None]
        if found and not found[0][0]:
            single.append([label, figure(found[0][1])])
        elif found:
            rows = [
                [" · ".join(LABELS.get(p, KINDS.get(p, p)) for p in path), figure(v)] for path, v in found
            ]
            parts.append(f"**{label[:1].upper()}{label[1:]}:**\n\n" + table(["caso", "medida"], rows))
    if single:
        parts.insert(0, table(["o que se mede", "medida"], single))
    return "\n\n".join(parts)


def search(result: dict) -> str:
    """The search models: every searcher on all buckets, recall@1 by bucket, paired gains, int8."""
    searchers, buckets = result["search"], list(result["queries"])
    whole = [[name, *(figure(by["todos"][m]) for m in METRICS)] for name, by in searchers.items()]
    each = [[name, *(figure(by[b]["recall@1"]) for b in buckets)] for name, by in searchers.items()]
    sizes = "; ".join(
        f"{name}: {number(q)} buscas em {number(t)} textos" for name, (q, t) in result["queries"].items()
    )
    parts = [
        f"Buscas e textos que não entraram no treino ({sizes}). Média dos conjuntos:",
        table(["quem busca", *METRICS], whole),
        "recall@1 em cada conjunto:",
        table(["quem busca", *buckets], each),
    ]
    gains = [
        [name, *(number(100 * v, 1) for v in gain)]
        for name, gain in result.get("gain", {}).items()
        if len(gain) == 3
    ]
    if gains:
        parts += ["Ganho nas mesmas buscas, em pontos:", table(["em relação a", "ganho", "de", "a"], gains)]
    if int8 := result.get("int8"):
        parts.append(
            f"**Na página.** Com pesos em int8, o cosseno entre os dois vetores do mesmo texto é em média"
            f" {number(int8['cosine_mean'], 4)} e no mínimo {number(int8['cosine_min'], 4)}; recall@1"
            f" {figure(int8['recall@1'])}."
        )
    for part, by in result.get("collections", {}).items():
        ways = [way for way in by if way != "gain"]
        rows = [
            [way, *(figure(each["recall@5"]) for each in by[way].values()),
             *(", ".join(number(100 * v, 1) for v in gain) for gain in by["gain"][way].values())]
            for way in ways
        ]  # fmt: skip
        head = ["perguntas", *by[ways[0]], *(f"{name} menos BM25: de, a" for name in by["gain"][ways[0]])]
        parts += [
            f"recall@5 nas coleções do curso, que não entraram no treino (parte `{part}`); as últimas "
            "colunas são a diferença nas mesmas perguntas e seu intervalo, em pontos:",
            table(head, rows),
        ]
    return "\n\n".join(parts)


def section(result: dict) -> str:
    """The measures of an encoder, a T5, an XLNet or a search model."""
    body = search(result) if "search" in result else tree(result["measures"])
    return "## O que foi medido\n\n" + body
