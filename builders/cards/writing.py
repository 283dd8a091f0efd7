"""The measures of a base model: prediction, writing, reading, examples, heads, memory, variety, bias."""

from __future__ import annotations

from builders.cards.words import KINDS, number, percent, several, table

DAMAGE = {
    "nome": "o herói troca de nome no meio",
    "tipo": "o herói vira outro bicho ou outra pessoa",
    "pronome": "“ele” vira “ela”, ou o contrário",
    "outra história": "a segunda metade é de outra história",
}
CELLS = {"trained": "treinadas", "held_out": "nunca treinadas"}


def losses(found: dict) -> str:
    """Loss by kind of text."""
    order = [kind for kind in KINDS if kind in found] + [kind for kind in found if kind not in KINDS]
    rows = [
        [
            KINDS.get(k, k),
            number(found[k]["texts"]),
            number(found[k]["loss"], 3),
            number(found[k]["perplexity"], 2),
        ]
        for k in order
    ]
    return "**Previsão**, em textos que não entraram no treino:\n\n" + table(
        ["tipo de texto", "textos", "perda por token (nats)", "perplexidade"], rows
    )


def stories(found: dict) -> str:
    """Consistency, whole sentences, agreement; and how good the checker is."""
    kept = [[f"mantém: {name}", percent(share)] for name, share in found["kept"].items()]
    rows = [["história coerente em tudo", percent(found["consistent"])], *kept]
    if found.get("goal_returns"):
        rows.append(["a coisa apresentada no começo volta", percent(found["goal_returns"])])
        rows.append(["o mesmo, no corpus", percent(found["goal_returns_in_corpus"])])
    rows += [
        ["frases quebradas ou sem fim", percent(found["broken"])],
        ["o mesmo, no corpus", percent(found["broken_in_corpus"])],
        ["frases sem erro de concordância achado", percent(found["agreement"])],
        ["histórias que o modelo terminou sozinho", percent(found["ended"])],
    ]
    checker = found["checker"]
    caught = [f"{DAMAGE.get(n, n)}: {percent(s)}" for n, s in checker["rejects"].items() if s]
    return (
        f"**Histórias.** {found['consistent']['n']} histórias livres, a partir das duas primeiras frases de"
        f" histórias"
        " novas, à temperatura 0,7:\n\n" + table(["o que se vê", "fração"], rows) + "\n\n"
        f"O verificador aceita {percent(checker['accepts'])} das histórias novas do corpus e recusa as"
        f" estragadas de"
        f" propósito ({'; '.join(caught)}). Ele só conhece as palavras das tabelas: o silêncio dele não"
        f" prova que o"
        " texto está certo."
    )


def agreement(found: dict) -> str:
    """Preference between right and wrong forms."""
    labels = {"corpus": "frases novas do corpus, com uma forma trocada", "todos": "todos juntos"}
    rows = [
        [labels.get(k, f"construções que o corpus quase não tem: {k}"), percent(v)] for k, v in found.items()
    ]
    return (
        "**Concordância com distrator.** Entre duas frases que só diferem numa palavra, a certa é a mais"
        " provável"
        " (ao acaso: 50 %):\n\n" + table(["pares", "acertos"], rows)
    )


def facts(found: dict) -> str:
    """Recall by what training said of a fact."""
    labels = {"seen": "perguntados no treino", "stated": "só afirmados no treino", "held_out": "nunca vistos"}
    rows = [[labels[k], percent(v), number(v["n"])] for k, v in found.items()]
    return "**Fatos**, perguntados sem contexto, resposta exata:\n\n" + table(
        ["fatos", "acertos", "casos"], rows
    )


def reading(found: dict, copying: dict | None = None) -> str:
    """The four cells, by facts, by length, and the other reading skills."""
    cells = found["cells"]
    grid = [
        [f"relações {CELLS[r]}", *(percent(cells[f"{r}/{w}"]) for w in ("trained", "held_out"))]
        for r in ("trained", "held_out")
    ]
    by_facts = table(
        ["fatos no contexto", *found["facts"]], [["acertos", *map(percent, found["facts"].values())]]
    )
    by_words = table(
        ["palavras no contexto, cerca de", *found["words"]],
        [["acertos", *map(percent, found["words"].values())]],
    )
    labels = {
        "stories": "perguntas sobre uma história curta, com nomes novos",
        "handwritten": "contextos escritos à mão, resposta exata",
        "handwritten_found": "contextos escritos à mão, o valor está na resposta",
        "unanswerable": "diz “O texto não diz.” quando a resposta não está lá",
        "unanswerable_held_out": "o mesmo, relações e frases nunca treinadas",
        "refused_answerable": "diz “O texto não diz.” quando a resposta **está** lá (quanto menos, melhor)",
        "sources": "aponta a passagem certa entre 4",
        "cited": "responde e cita a passagem certa",
        "copying_sentences": "copia uma frase inteira",
    }
    rows = [[label, percent(found[name]), number(found[name]["n"])] for name, label in labels.items()]
    if copying:
        rows.append(["repete até o fim uma sequência ao acaso", percent(copying), number(copying["n"])])
    return "\n\n".join(
        [
            "**Leitura.** Valores e nomes inventados, nunca vistos no treino; resposta exata, com o token"
            " mais provável"
            " a cada passo.",
            table(["", "frases treinadas", "frases nunca treinadas"], grid),
            "Na casa mais difícil (relações e frases nunca treinadas):",
            by_facts,
            by_words,
            table(["também", "acertos", "casos"], rows),
        ]
    )


def fewshot(found: dict) -> str:
    """Exact answers by number of examples."""
    shots = list(next(iter(found["tasks"].values()))["shots"])
    rows = [
        [
            name.replace("_", " ") + (" (nunca treinada)" if task["held_out"] else ""),
            *(percent(task["shots"][k]) for k in shots),
            "sim" if task["gain"] else "não",
        ]
        for name, task in found["tasks"].items()
    ]
    layout = found["unseen_layouts"]
    return (
        f"**Tarefas por exemplos**, sem instrução: quantas respostas exatas depois de"
        f" {', '.join(shots[:-1])} e"
        f" {shots[-1]} exemplos. Ganho: {shots[-1]} vence {shots[0]} sem que os intervalos se toquem"
        f" ({found['gains']} de {len(rows)}).\n\n"
        + table(["tarefa", *shots, "ganho"], rows)
        + f"\n\nEm formatos nunca treinados: {percent(layout['0'])} sem exemplos, {percent(layout['4'])}"
        f" com 4."
    )


def induction(found: dict, history: list[dict] | None = None) -> str:
    """The best head, all heads, and the path along the checkpoints."""
    best = found["best"]
    heads = [f"cabeça {i}" for i in range(len(found["scores"][0]))]
    rows = [[f"camada {i}", *(number(s, 2) for s in row)] for i, row in enumerate(found["scores"])]
    text = (
        f"**Cabeças de indução.** Numa sequência ao acaso lida duas vezes, a cabeça {best['head']} da camada"
        f" {best['layer']} põe {number(best['score'], 2)} da atenção no token seguinte à primeira"
        f" ocorrência; com a"
        f" segunda metade embaralhada, {number(best['baseline'], 2)}. O modelo acerta"
        f" {number(100 * found['copying'])} % da segunda cópia.\n\n" + table(["", *heads], rows)
    )
    if not history:
        return text
    along = [
        [
            number(e["step"]),
            number(e["tokens"] / 1e6, 2) if "tokens" in e else "–",
            number(e["heads"]["best"]["score"], 2),
            f"{number(100 * e['heads']['copying'])} %",
            *(
                f"{number(100 * e[k]['value'])} %"
                for k in ("reading", "reading_held_out", "copying", "agreement")
            ),
        ]
        for e in history
    ]
    header = [
        "passo",
        "milhões de tokens",
        "melhor cabeça",
        "cópia ao acaso",
        "leitura",
        "leitura nova",
        "frase copiada",
    ]
    return text + "\n\nAo longo do treino:\n\n" + table([*header, "concordância"], along)


def kinds(found: dict) -> str:
    """Sums, programs, DNA, recipes, and the planted bias."""
    labels = {
        "sums": "contas com números guardados",
        "code": "saída de pequenos programas",
        "dna": "sequências de DNA",
        "recipes": "ingredientes que o modo de fazer usa",
    }
    rows = [[label, percent(found[name])] for name, label in labels.items()]
    trades = [
        [trade, f"{number(100 * b['women'])} %", number(b["in_data"], 2),
         f"{number(b['value'], 2)} ({number(b['low'], 2)} a {number(b['high'], 2)})"]
        for trade, b in found["bias"].items()
    ]  # fmt: skip
    return (
        "**Outros tipos de texto**, resposta exata:\n\n" + table(["o quê", "acertos"], rows) + "\n\n"
        "**O viés plantado** (`data/corpus/vies.md`): log P(feminino) − log P(masculino) da mesma frase, em"
        " nats:\n\n" + table(["ofício inventado", "mulheres nos textos", "nos dados", "no modelo"], trades)
    )


def memory(found: dict) -> str:
    """How much of a text comes back from its beginning."""
    labels = {
        "train": "textos do treino",
        "unseen": "textos novos dos mesmos tipos",
        "by_hand": "textos escritos à mão (treino)",
    }
    rows = [
        [
            label,
            number(found[k]["texts"]),
            number(found[k]["mean"], 1),
            number(found[k]["longest"]),
            percent(found[k]["long"]),
        ]
        for k, label in labels.items()
        if found[k]["texts"]
    ]
    return (
        f"**Memória.** Depois dos primeiros {found['prompt']} tokens de um texto, quantos tokens seguintes"
        f" o modelo"
        f" devolve iguais (até {found['room']}). Como os textos vêm de moldes, os novos servem de"
        f" comparação: só a"
        " diferença é memória.\n\n"
        + table(["textos", "casos", "média", "mais longo", f"devolve {found['at_least']} ou mais"], rows)
    )


def diversity(found: list[dict]) -> str:
    """Variety and breakage by temperature."""
    rows = [
        [
            number(e["temperature"], 1),
            *(number(e[f"distinct_{k}"], 2) for k in (1, 2, 3)),
            number(e["shared_4"], 2),
            percent(e["broken"]),
        ]
        for e in found
    ]
    return (
        "**Diversidade por temperatura** de continuações de “Era uma vez”: n-gramas diferentes sobre todos"
        " (distinct-n), fração dos 4-gramas que outra continuação também tem, frases quebradas:\n\n"
        + table(
            ["temperatura", "distinct-1", "distinct-2", "distinct-3", "4-gramas em comum", "quebradas"], rows
        )
    )


def int8(found: dict) -> str:
    """What the page's weights lose."""
    lost = 100 * (found["perplexity_int8"] / found["perplexity"] - 1)
    return (
        f"**Na página.** Com pesos em int8, um logit muda em média {number(found['logit_mean'], 3)} e no"
        f" máximo"
        f" {number(found['logit_max'], 2)}; a perplexidade passa de {number(found['perplexity'], 3)} a"
        f" {number(found['perplexity_int8'], 3)} (variação de {number(lost, 2)} %)."
    )


def first_page(continuations: list[dict]) -> str:
    """Agreement over the continuations that the first page shows."""
    right = sum(not c["errors"] for c in continuations)
    return (
        f"**Começos da primeira página.** Das {several(len(continuations), 'continuação', 'continuações')}"
        f" dos três"
        f" começos, {right} não têm nenhum erro de concordância achado."
    )


def section(result: dict) -> str:
    """All measures of a base model that were taken."""
    m = result["measures"]
    parts = [
        make(m[name])
        for name, make in (("loss", losses), ("stories", stories), ("agreement", agreement), ("facts", facts))
        if name in m
    ]
    if "reading" in m:
        parts.append(reading(m["reading"], m.get("copying")))
    parts += [fewshot(m["fewshot"])] if "fewshot" in m else []
    parts += [induction(m["induction"], m.get("history"))] if "induction" in m else []
    if "questions" in m:
        parts.append(
            f"**Pergunta solta.** Continuou com outra pergunta em {percent(m['questions'])} de"
            f" {m['questions']['n']} casos."
        )
    parts += [
        make(m[name])
        for name, make in (("kinds", kinds), ("memory", memory), ("diversity", diversity), ("int8", int8))
        if name in m
    ]
    if result.get("continuations"):
        parts.append(first_page(result["continuations"]))
    return "## O que foi medido\n\n" + "\n\n".join(parts)
