"""What passages say without saying a fact, and which relations are too alike to be told apart."""

from __future__ import annotations

import random

from builders.corpus import descriptions

ANYTHING = (
    "A tarde estava bonita.",
    "O vento soprava devagar.",
    "Era um dia comum.",
    "Todo mundo conversava na praça.",
    "A feira estava cheia.",
    "Choveu um pouco de manhã.",
    "O sol demorou a aparecer.",
    "Ninguém tinha pressa.",
    "Ao longe, ouvia-se um sino.",
    "Um cachorro latiu na rua.",
    "As crianças brincavam lá fora.",
    "O café ficou pronto cedo.",
    "A notícia correu depressa.",
    "Essas coisas são bem conhecidas por ali.",
    "Muita gente não sabia disso.",
    "A noite chegou sem barulho.",
    "O rádio tocava uma música antiga.",
    "As janelas estavam abertas.",
    "Foi uma semana tranquila.",
    "A lua apareceu atrás do morro.",
    "O ônibus passou lotado.",
    "No fim do dia, tudo ficou em silêncio.",
)
HEARSAY = (
    "Todos sabem que",
    "Dizem que",
    "Segundo o jornal,",
    "Conta-se que",
    "Na verdade,",
    "Como se sabe,",
    "Parece que",
)
SHORT_LINKS = frozenset(["em", "de", "para", "por", "a", "às", "pelo", "o", "com", "um", "uma", "como"])
ALIKE = (
    {"cuida", "cuida_de", "pessoa:acompanhou"},
    {"mora_em", "nasceu_em", "esta_onde", "viajou_para", "vizinho"},
    {"comida_preferida", "fruta_preferida", "preparou", "trouxe", "bebe"},
    {"ganhou_de", "objeto:recebeu"},
    {"gosta_fazer", "sonha", "pratica", "toca"},
    {"estuda", "ensina", "profissao", "trabalha_em", "fala"},
    {"jeito", "estado", "usa_roupa"},
    {"perdeu", "objeto:esqueceu"},
    {"dono_barco", "inventou", "dono_empresa"},
    {"aniversario", "idade", "chegou_dia", "acorda"},
    {"governa", "rei"},
    {"come", "foge"},
    {"prefeito", "fundador", "fundada_ano"},
    {"serve_para", "robo_faz"},
    {"lex:achar", "lex:encontrar", "lex:descobrir", "lex:reconhecer", "lex:recuperar"},
    {"lex:pegar", "lex:buscar", "lex:recolher", "lex:coletar", "lex:juntar", "lex:escolher"},
    {"lex:levar", "lex:trazer", "lex:transportar", "lex:despachar", "lex:enviar", "lex:carregar"},
    {"lex:exportar", "lex:importar", "lex:devolver", "lex:empurrar", "lex:puxar", "lex:mexer"},
    {"lex:ganhar", "lex:receber", "lex:herdar", "lex:alugar", "lex:aceitar", "lex:roubar"},
    {"lex:mostrar", "lex:exibir", "lex:anunciar", "lex:oferecer"},
    {"lex:observar", "lex:vigiar", "lex:escutar", "lex:ouvir", "lex:fiscalizar", "lex:estudar"},
    {"lex:proteger", "lex:salvar", "lex:resgatar", "lex:socorrer", "lex:curar"},
    {"lex:seguir", "lex:perseguir", "lex:procurar", "lex:alcançar"},
    {"lex:reformar", "lex:restaurar", "lex:arrumar", "lex:remendar", "lex:montar", "lex:preparar"},
    {"lex:secar", "lex:enxugar", "lex:lavar", "lex:limpar", "lex:encerar", "lex:engraxar", "lex:lustrar"},
    {"lex:desejar", "lex:admirar", "lex:premiar", "lex:recompensar", "lex:aplaudir", "lex:imaginar"},
    {"lex:levantar", "lex:elevar", "lex:segurar", "lex:erguer"},
    {"lex:lixar", "lex:raspar", "lex:riscar", "lex:cortar", "lex:furar", "lex:perfurar", "lex:rachar"},
    {"lex:esquecer", "lex:perder", "lex:soltar"},
    {"lex:etiquetar", "lex:numerar", "lex:carimbar", "lex:catalogar", "lex:registrar"},
    {"lex:contratar", "lex:chamar", "lex:nomear", "lex:convencer", "lex:avisar"},
    {"lex:julgar", "lex:criticar", "lex:processar", "lex:interrogar"},
)


def close(one: str, other: str) -> bool:
    """Whether telling one relation half answers the other: such a pair is never asked as unanswerable."""
    return one == other or any(one in group and other in group for group in ALIKE)


def scene_sentences(rng: random.Random, split: str) -> list[str]:
    """Sentences of one description, those long enough to be quoted and short enough for a passage."""
    text = next(descriptions.documents(rng, split)).text
    return [
        s.strip() + "." for s in text.rstrip(".").split(". ") if 4 <= s.count(" ") <= 18 and "\n" not in s
    ]


def filler(rng: random.Random, split: str, names: list[str]) -> str:
    """A sentence that says nothing about `names`: a commonplace, or one of a description."""
    if rng.random() < 0.5:
        for sentence in scene_sentences(rng, split):
            lower = sentence.lower()
            if not any(name.lower() in lower for name in names) and "?" not in sentence:
                return sentence
    return rng.choice(ANYTHING)


def fillers(rng: random.Random, split: str, names: list[str], words: int) -> list[str]:
    """Different sentences that say nothing about `names`, of about `words` words together."""
    found: dict[str, None] = {}
    lowered = [name.lower() for name in names]
    for _ in range(40):
        for sentence in (*scene_sentences(rng, split)[:3], rng.choice(ANYTHING)):
            if words <= 3:
                return list(found)
            lower = sentence.lower()
            if sentence not in found and "?" not in sentence and not any(n in lower for n in lowered):
                found[sentence] = None
                words -= sentence.count(" ") + 1
    return list(found)
