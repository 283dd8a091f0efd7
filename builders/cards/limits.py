"""What a model cannot do, with the measured figures where there are any."""

from __future__ import annotations

from builders.cards.words import number, percent

_WORLD = "Falar do mundo: conhece só as histórias, os lugares e os fatos do corpus. Fora deles, inventa."
_SIZE = "Ler além de {context} tokens, calcular com números grandes, escrever em outra língua."
LIMITS = {
    "base": (
        "Conversar ou obedecer: ele continua o texto, e uma pergunta chama outra pergunta.",
        _WORLD,
        "{unseen}",
        _SIZE,
    ),
    "chat": ("Aconselhar: é um modelo de estudo. Não use as respostas para decidir nada.", _WORLD, _SIZE),
    "bert": ("Escrever: só preenche palavras escondidas.", _WORLD),
    "t5": (
        "Tarefas que não aprendeu: conhece só os prefixos do treino.",
        "Textos de mais de 256 tokens.",
        _WORLD,
    ),
    "xlnet": ("Escrever textos longos: foi treinado em linhas de 128 tokens.", _WORLD),
    "embed": (
        "Textos de assuntos e palavras de fora do corpus, outra língua, textos de mais de 256 tokens.",
    ),
    "rerank": (
        "Textos de assuntos e palavras de fora do corpus, outra língua.",
        "Notas absolutas: só a ordem importa.",
    ),
}
LIMITS["dpo"] = LIMITS["chat"]


def section(kind: str, result: dict, config: dict) -> str:
    """A list of limits."""
    unseen = result.get("measures", {}).get("facts", {}).get("held_out")
    told = (
        f"Dizer a verdade: de fatos que nunca leu acertou {percent(unseen)}, e erra com a mesma segurança"
        f" com que acerta."
        if unseen
        else "Dizer a verdade: erra com a mesma segurança com que acerta."
    )
    context = number(config.get("max_position_embeddings") or 256)
    lines = [line.replace("{unseen}", told).replace("{context}", context) for line in LIMITS[kind]]
    return "## O que ele não sabe fazer\n\n" + "\n".join(f"- {line}" for line in lines)
