"""Sentences, questions and structures of contracts: the wording of what `tables` makes."""

from __future__ import annotations

from builders.documents.words import Asked, Row

CONTRACT_SENTENCES = {
    "preco": ["O preço {do} é de #.", "Pela realização {do}, a contratante paga #."],
    "prazo": ["O prazo para {o} é de #.", "O prazo {do} é de #."],
    "multa": [
        "A multa por atraso n{do} é de #.".replace("n{do}", "{no}"),
        "Em caso de atraso {no}, a multa é de #.",
    ],
    "contratada": ["Quem foi contratado para {o} foi #.", "Para {o}, foi chamado: #."],
}
CONTRACT_SENTENCES["contratada"] = ["{O} fica a cargo de: #.", "Responsável: # fará {o}."]
CONTRACT_QUESTIONS: dict[str, Asked] = {
    "preco": (
        ["Qual é o preço {do}?", "Quanto custa {o}?"],
        ["Quanto vai ser gasto com {o}?"],
        "valor {x}",
    ),
    "prazo": (["Qual é o prazo {do}?"], ["Quanto tempo foi dado para terminar {o}?"], "prazo {x}"),
    "multa": (
        ["De quanto é a multa por atraso {no}?"],
        ["O que se perde, em dinheiro, se {o} demorar demais?"],
        "multa {x}",
    ),
    "contratada": (
        ["Quem ficou a cargo {do}?", "Quem fará {o}?"],
        ["Nas mãos de quem está {o}?"],
        "responsável {x}",
    ),
}
CONTRACT_UNKNOWN = (
    "testemunhas",
    "testemunha",
    "Quem foram as testemunhas do contrato {do}?",
    "Que pessoas assinaram como testemunhas no acordo sobre {o}?",
)


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]


def _clauses(row: Row, told: dict[str, str]) -> tuple[str, str]:
    return (
        f"Contrato: {row['objeto'].split(' ', 1)[1]}",
        (
            f"Entre {row['contratante']}, daqui em diante a parte contratante, e a outra parte abaixo"
            f" nomeada, fica combinado o seguinte.\n\nCláusula 1ª. {told['contratada']}\n\nCláusula 2ª."
            f" {told['prazo']} Conta-se a partir da assinatura, feita em {row['assinatura']}.\n\nCláusula"
            f" 3ª. {told['preco']} Metade é paga no começo, e a outra, quando tudo estiver pronto e"
            f" conferido.\n\nCláusula 4ª. {told['multa']}\n\nCláusula 5ª. {row['extra']}\n\nCláusula 6ª."
            f" {row['extra2']}\n\nAs partes leram, entenderam e assinam em duas vias."
        ),
    )


def _terms(row: Row, told: dict[str, str]) -> tuple[str, str]:
    return (
        f"Termo de acordo para {row['objeto']}",
        (
            f"QUEM: {_cap(row['contratante'])} contrata. {told['contratada']}\n\nQUANTO: {told['preco']}"
            f" Não há despesas além desta. Se houver, conversa-se antes.\n\nATÉ QUANDO: {told['prazo']}"
            f" {told['multa']}\n\nCOMO: {row['extra']} {row['extra2']}\n\nSE DER ERRADO: as partes tentam"
            " primeiro um café, depois a mediação da associação comercial, e só então o fórum de"
            f" Caxinduba.\n\nAssinado em {row['assinatura']}, com caneta azul."
        ),
    )


def _letter_contract(row: Row, told: dict[str, str]) -> tuple[str, str]:
    return (
        f"Carta-contrato: {row['objeto'].split(' ', 1)[1]}",
        (
            f"Caxinduba, {row['assinatura']}.\n\nPor esta carta confirmamos o que foi falado na nossa"
            f" reunião, para que ninguém precise confiar na memória.\n\n{told['contratada']}"
            f" {row['extra']}\n\n{told['preco']} {told['prazo']} Se o serviço terminar antes, agradecemos e"
            f" pagamos o mesmo.\n\n{told['multa']} {row['extra2']}\n\nUma cópia assinada desta carta vale"
            f" como contrato. A outra fica na gaveta de {row['contratante'].split(' ', 1)[1]}."
        ),
    )


CONTRACT_LAYOUTS = (_clauses, _terms, _letter_contract)
