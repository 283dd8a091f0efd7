"""Sentences, questions and structures of the sheets of species: the wording of what `tables` makes."""

from __future__ import annotations

import random

from builders.documents.words import PLANTS, Agree, Asked, Row, elided, turn


def _bears(row: Row) -> str:
    return "tem" if "filhote" in row["filhotes"] else "põe" if "ovos" in row["filhotes"] else "produz"


def _shows(row: Row) -> str:
    return "floresce" if row["grupo"] in PLANTS else "brota" if row["grupo"] == "cogumelo" else "aparece"


def species_sentence(rng: random.Random, name: str, row: Row) -> str:
    """One sentence that states a fact of a species."""
    many = row["perigo"].startswith(("os ", "as "))
    feeds = (
        ["{O} se alimenta de #."]
        if row["grupo"] in PLANTS | {"cogumelo"}
        else ["{O} come #.", "{O} se alimenta de #."]
    )
    return rng.choice(
        {
            "mede": ["{O} mede #.", "{O} chega a #.", "O tamanho {do} é de #."],
            "come": feeds,
            "vive": ["{O} vive #.", "{O} mora #.", "É # que vive {o}."],
            "filhotes": [f"{{O}} {_bears(row)} # de cada vez.", f"De cada vez, {{o}} {_bears(row)} #."],
            "perigo": [
                f"O que mais ameaça {{o}} {'são' if many else 'é'} #.",
                f"A maior ameaça {{ao}} {'são' if many else 'é'} #.",
            ],
            "horas": [f"{{O}} {_shows(row)} #."],
            "quem": ["{O} foi descrit(o) por #.", "Quem descreveu {o} foi #."],
        }[name]
    )


def species_question(name: str, row: Row) -> Asked:
    """How people ask for that fact; the far wordings of some call the species by what it is known for."""
    things = row["filhotes"].split()[-1]
    things = things + "s" if things == "filhote" else things
    many = f"Quant{'a' if things in ('mudas', 'larvas', 'sementes') else 'o'}s {things}"
    about = row["descricao"]
    into = f"{'a' if about.startswith('a') else 'o'} {about[2:]}"
    of = f"d{into}"
    at = "{o}"
    plant = row["grupo"] in PLANTS
    return {
        "mede": (
            [f"Quanto mede {at}?", "Qual é o tamanho {do}?"],
            [f"Que comprimento tem {into}?", "Até que dimensão cresce {o}?"],
            "tamanho {x}",
        ),
        "come": (
            [f"{'Do que se alimenta' if plant else 'O que come'} {at}?", "De que se alimenta {o}?"],
            [f"Qual é a dieta {of}?", f"De que vive, em matéria de comida, {into}?"],
            "alimentação {x}",
        ),
        "vive": (
            ["Onde vive {o}?", "Onde mora {o}?"],
            [f"Qual é o habitat {of}?", "Em que lugar devo procurar se quiser encontrar {o}?"],
            "habitat {x}",
        ),
        "filhotes": (
            [f"{many} {{o}} {_bears(row)} de cada vez?"],
            [
                f"De quant{'a' if things in ('mudas', 'larvas', 'sementes') else 'o'}s é a prole {of}?",
                "Qual é o tamanho da descendência {do} em cada reprodução?",
            ],
            "reprodução {x}",
        ),
        "perigo": (
            ["O que mais ameaça {o}?", "Qual é a maior ameaça {ao}?"],
            [f"O que pode fazer desaparecer {into}?", "Por culpa de quê {o} corre perigo?"],
            "ameaça {x}",
        ),
        "horas": (
            [f"Quando {{o}} {_shows(row)}?"],
            [f"Em que momento consigo ver {into}?", "Qual é o melhor horário ou época para observar {o}?"],
            "horário {x}",
        ),
        "quem": (
            ["Quem descreveu {o}?", "Por quem {o} foi descrit(o)?"],
            [
                f"Que cientista deu nome {'à' if about.startswith('a') else 'ao'} {about[2:]}?",
                "De que pesquisador é o trabalho que apresentou {o} à ciência?",
            ],
            "autor descrição {x}",
        ),
    }[name]


def _sheet(rng: random.Random, row: Row, told: dict[str, str], agree: Agree) -> tuple[str, str]:
    heads = {
        "mede": "Tamanho",
        "come": "Alimento",
        "vive": "Onde procurar",
        "filhotes": "Reprodução",
        "perigo": "Perigo",
        "horas": "Quando ver",
        "quem": "Descrição",
    }
    body = "\n".join(f"{heads[name]}. {elided(sentence, agree)}" for name, sentence in told.items())
    end = turn(
        row,
        5,
        [
            "Ficha da coleção da Estação Biológica do Urutim. As medidas são de adultos.",
            "Se você o encontrar, anote o lugar e a hora, e não leve nada além da anotação.",
            "Esta ficha é revista a cada dois anos; correções são bem-vindas na portaria.",
            "Fotografia no verso, feita por visitante e cedida à coleção.",
            "Há um exemplar em gaveta, seco, na segunda sala, e outro vivo, em qualquer lugar da serra.",
            "Datilografada em duas vias. A outra foi comida por traças, o que também é ciência.",
        ],
    ).replace("o encontrar", "o encontrar" if row["g"] == "m" else "a encontrar")
    return (
        f"Ficha: {row['nome']}",
        (
            f"Nome popular: {row['nome']}\nNome científico: {row['latim']}\nGrupo: {row['grupo']}\n\n"
            f"{row['nota']}\n\n{body}\n\n{row['nota2']}\n\n{end}"
        ),
    )


def _guide(rng: random.Random, row: Row, told: dict[str, str], agree: Agree) -> tuple[str, str]:
    first, second, third, fourth, who = told.values()
    second, fourth = elided(second, agree, True), elided(fourth, agree, True)
    opening = rng.choice(
        [
            (
                "No guia da serra há bichos de que se fala muito e outros que quase ninguém viu."
                f" {agree('{O}')} está entre os dois."
            ),
            f"Quem caminha com atenção acaba por conhecer {agree('{o}')}.",
            f"Há uma página inteira para {agree('{o}')} no caderno de visitas da estação.",
            f"Antes de ter nome em latim, {agree('{o}')} já tinha fama.",
            f"Pergunte a qualquer morador antigo: todos têm uma história com {agree('{o}')}.",
        ]
    )
    if row["grupo"] in PLANTS or row["grupo"] == "cogumelo":
        opening = opening.replace("há bichos de que se fala", "há plantas de que se fala").replace(
            "e outros que", "e outras que"
        )
    return (
        agree(rng.choice(["Conheça {o}", "Um encontro com {o}", "{O}, de perto"])),
        f"{opening} {row['nota']}\n\n{first} {second} {row['nota2']}\n\n{third} {fourth}\n\n{who} "
        f"O nome completo é {row['latim']}, "
        + rng.choice(
            [
                "e ninguém na serra o pronuncia do mesmo jeito.",
                "mas pelo apelido todos entendem.",
                "que fica bonito na etiqueta e feio na conversa.",
            ]
        ),
    )


def _board(rng: random.Random, row: Row, told: dict[str, str], agree: Agree) -> tuple[str, str]:
    lines = [f"- {sentence}" for sentence in told.values()]
    rng.shuffle(lines)
    head = turn(
        row,
        5,
        [
            "PARE. OLHE PARA CIMA, PARA BAIXO E PARA OS LADOS.",
            "VOCÊ ESTÁ NA CASA DE ALGUÉM.",
            "FALE BAIXO: HÁ VIZINHOS AQUI.",
            "LEIA ANTES DE SEGUIR.",
            "DESCANSE UM MINUTO E LEIA.",
            "QUEM MORA AQUI?",
        ],
    )
    end = turn(
        row,
        5,
        [
            "Fique na trilha. O que está fora dela não é para os pés.",
            "Não toque, não colha, não assobie. Fotografar pode.",
            "Esta placa foi pintada pelos alunos da escola agrícola. Se descascar, avise na portaria.",
            "A próxima placa fica a duzentos passos, depois da pedra grande.",
            "Se ouvir passos atrás de você, são os de outro visitante, quase sempre.",
            "Há bancos adiante e um bebedouro depois dos bancos.",
        ],
    )
    return (
        agree(rng.choice(["Placa da trilha: {o}", "Trilha do Urutim, placa {do}"])),
        f"{head}\n\n{row['nota']}\n\n" + "\n".join(lines) + f"\n\n{row['nota2']}\n\n{end}",
    )


def _diary(rng: random.Random, row: Row, told: dict[str, str], agree: Agree) -> tuple[str, str]:
    first, second, third, fourth, who = told.values()
    second, fourth = elided(second, agree, True), elided(fourth, agree, True)
    weather = turn(
        row,
        5,
        [
            "Garoa fina, vento nenhum. Saímos ainda no escuro, três pessoas e uma garrafa de café.",
            "Céu limpo, lua pela metade. Fui só com o ajudante, que fala pouco e vê muito.",
            "Calor de rachar. Levamos água demais e comida de menos.",
            "Neblina até as nove. Esperamos sentados na raiz grande, contando mosquitos.",
            "Choveu à noite; trilha pesada. Dois escorregões, nenhum ferido, um caderno enlameado.",
            "Dia de vento. Nada se deixa ouvir, e por isso andamos olhando para o chão.",
        ],
    )
    find = rng.choice(
        [
            f"Por fim encontramos {agree('{o}')}.",
            f"O ajudante apontou: ali estava {agree('{o}')}.",
            f"Achamos {agree('{o}')} onde ninguém procurava, ao lado da nossa mochila.",
        ]
    )
    end = turn(
        row,
        5,
        [
            "Voltamos com os pés molhados e o caderno seco, que é o certo.",
            "Jantamos tarde. Ninguém falou de outra coisa.",
            "Medi, desenhei, soltei. Amanhã, o outro lado do córrego.",
            "O gravador ficou sem pilha na melhor hora, como sempre.",
            "Perdi o lápis. Terminei de escrever com o dos outros.",
            "No caminho de volta discutimos o nome que as crianças dariam. Ganhou o de sempre.",
        ],
    )
    return (
        agree("Diário de campo: {o}"),
        (
            f"{weather}\n\n{find} {row['nota']} {first} "
            f"{second}\n\nPara não esquecer. {third} {fourth}\n\n{row['nota2']}\n\n"
            f"Conferi no livro da estação. {who}\n\n{end}"
        ),
    )


def _school(rng: random.Random, row: Row, told: dict[str, str], agree: Agree) -> tuple[str, str]:
    ask = {
        "mede": "É grande?",
        "come": "Do que vive?" if row["grupo"] in PLANTS else "O que come?",
        "vive": "Onde está?",
        "filhotes": "E a família?",
        "perigo": "Está em perigo?",
        "horas": "Quando aparece?",
        "quem": "Quem escreveu sobre isso primeiro?",
    }
    body = "\n\n".join(f"{ask[name]} {sentence}" for name, sentence in told.items())
    start = rng.choice(
        [
            "Trabalho do sexto ano, depois da visita à Estação Biológica do Urutim.",
            "Perguntas da turma, respostas da estação.",
            "Entrevista que fizemos com os cientistas da lagoa, sem mudar nada do que disseram.",
        ]
    )
    end = rng.choice(
        [
            f"O que mais gostamos: {row['nota2'][0].lower()}{row['nota2'][1:]}",
            f"Curiosidade: {row['nota2'][0].lower()}{row['nota2'][1:]}",
            f"A professora não acreditou nesta parte: {row['nota2'][0].lower()}{row['nota2'][1:]}",
        ]
    )
    return agree("O que aprendemos sobre {o}"), f"{start}\n\n{row['nota']}\n\n{body}\n\n{end}"


SPECIES_LAYOUTS = (_sheet, _guide, _board, _diary, _school)
SPECIES_UNKNOWN = (
    ("peso", "pesa,quilo,grama", "Quanto pesa {o}?", "Quantos gramas tem {o} na balança?"),
    (
        "tempo de vida",
        "vive até,anos de vida,longev",
        "Quantos anos vive {o}?",
        "Qual é a longevidade {do}?",
    ),
    (
        "predador",
        "predador,devora,caçad",
        "Que predador caça {o}?",
        "De quem {o} precisa fugir para não virar comida?",
    ),
)
BORN: Asked = (
    ["Onde nasceu {x}?"],
    ["De que cidade veio {x}?", "Qual é a terra natal de {x}?"],
    "naturalidade {x}",
)
COMPARE_SIZE = [
    ("Qual é maior, {a} ou {b}?", "Entre {a} e {b}, quem tem mais centímetros?", True),
    ("Quem é menor: {a} ou {b}?", "Comparando {a} e {b}, qual ocupa menos espaço?", False),
]


def people_page(split: str, people: list[Row]) -> tuple[str, str]:
    """A page on the researchers of a split: where they were born, and a habit each."""
    slug = {row["nome"]: row["nome"].split()[0].lower().replace("ê", "e") for row in people}
    told = [f"[{slug[row['nome']]}-cidade: {row['nome']} nasceu em #.]" for row in people]
    habits = [row["mania"] for row in people]
    since = [row["desde"] for row in people]
    if split == "dev":
        return (
            "Quem é quem no alojamento da lagoa",
            "Toda casa de mato tem seus moradores de inverno e de verão. Estes três são de todas as"
            " estações.\n\n"
            + "\n\n".join(
                f"{sentence} Está na lagoa desde {year} e {habit}."
                for sentence, year, habit in zip(told, since, habits, strict=True)
            )
            + "\n\nOs três dividem a mesma mesa, a mesma garrafa térmica e uma discussão antiga sobre a "
            "janela: aberta por causa do ar, ou fechada por causa dos besouros.",
        )
    return (
        "Três cadernos, três manias",
        "Quem visita o laboratório repara primeiro nos cadernos.\n\n"
        + "\n\n".join(
            f"O de capa {color} é de quem {habit}. {sentence} Chegou à estação em {year}."
            for color, habit, sentence, year in zip(
                ("azul", "verde", "vermelha"), habits, told, since, strict=True
            )
        )
        + "\n\nNo fim do ano, os cadernos são lidos em voz alta, e cada um corrige a letra do outro. É a"
        " única noite em que a cozinha faz pudim.",
    )
