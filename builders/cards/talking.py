"""The measures of a chat model: instructions by kind, refusals, grounded reading, the duel of mini-dpo."""

from __future__ import annotations

from builders.cards.words import number, percent, table
from builders.cards.writing import int8, reading

KINDS = {
    "fato": "fatos perguntados no ajuste",
    "fato_guardado": "fatos que só o pré-treino perguntou",
    "fato_afirmado": "fatos que só o pré-treino afirmou",
    "recusa": "perguntas que ninguém poderia responder",
    "leitura": "perguntas sobre um contexto",
    "sem_resposta": "contexto sem a resposta",
    "fonte": "responder citando a fonte",
    "documento": "perguntas sobre trechos de documentos",
    "documento_sem": "trechos de documentos que não respondem",
    "cidade": "o que uma busca acharia numa cidade inventada",
    "cidade_sem": "o mesmo, quando nenhum trecho responde",
    "padrao": "seguir um padrão de exemplos",
    "copia": "copiar",
    "lista": "listas com número certo de itens",
    "vocabulario": "contrários, plurais, femininos",
    "conta": "contas",
    "classificacao": "classificar",
    "historia": "contar uma história pedida",
    "continuacao": "continuar uma história",
    "descricao": "descrever",
    "reescrita": "reescrever",
    "identidade": "quem é você",
    "saudacao": "saudações",
    "dialogo": "perguntas encadeadas",
    "sistema": "obedecer à mensagem de sistema",
    "todos": "todos os tipos ensinados",
}


def following(found: dict) -> str:
    """Right replies by kind, and who gets refused."""
    rows = [[KINDS.get(k, k), percent(s), number(s["n"])] for k, s in found["right"].items()]
    refused = [[KINDS.get(k, k), percent(s)] for k, s in found["refuses"].items()]
    return (
        "**Instruções**, em conversas novas, conferidas por regras que conhecem a verdade:\n\n"
        + table(["tipo de pedido", "certas", "casos"], rows)
        + "\n\n**Recusas** (“Não sei.”, “O texto não diz.”), por tipo de pergunta:\n\n"
        + table(["tipo de pergunta", "recusou"], refused)
    )


def towns(found: dict) -> str:
    """Reading what a search found, by whether training read the theme."""
    names = {"trained": "temas que o treino leu, com outros nomes", "held": "temas que nenhum treino leu"}
    rows = [
        [names[which], *(percent(cells[way]) for way in ("near", "far", "unanswerable"))]
        for which, cells in found.items()
    ]
    head = ["cidades inventadas", "com as palavras do texto", "com outras", "recusa quando não está lá"]
    return "**Ler o que uma busca achou**, em um ou dois trechos:\n\n" + table(head, rows)


def duel(found: dict) -> str:
    """Wins, losses and ties against the sibling."""
    rate = f", {percent(found['rate'])} das decididas" if found["rate"] else ""
    return (
        f"**Duelo com {found['other']}.** Nas mesmas mensagens, à temperatura 0,7: {found['wins']} vitórias,"
        f" {found['losses']} derrotas, {found['ties']} empates{rate}. Respostas certas:"
        f" {percent(found['right'])}"
        f" contra {percent(found['other_right'])}."
    )


def section(result: dict) -> str:
    """All measures of a chat model that were taken."""
    m = result["measures"]
    parts = []
    if "answers" in m:
        parts.append(
            f"**Pergunta solta.** Respondeu, em vez de continuar, em {percent(m['answers'])} de"
            f" {m['answers']['n']} casos."
        )
    parts += [
        make(m[name])
        for name, make in (
            ("following", following),
            ("duel", duel),
            ("reading", reading),
            ("towns", towns),
            ("int8", int8),
        )
        if m.get(name)
    ]
    return "## O que foi medido\n\n" + "\n\n".join(parts)
