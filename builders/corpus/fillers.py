"""What passages say without saying a fact, and which relations are too alike to be told apart."""

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
)


def close(one: str, other: str) -> bool:
    """Whether telling one relation half answers the other: such a pair is never asked as unanswerable."""
    return one == other or any(one in group and other in group for group in ALIKE)
