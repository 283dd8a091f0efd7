"""Sentences, questions and structures of product sheets, manuals and notices on warranties."""

from __future__ import annotations

import random

from builders.documents.words import Agree, Asked, Row, elided, turn


def product_values(name: str, row: Row) -> tuple[str, ...]:
    """The value of a product's fact, and other ways to say it."""
    value = row[name]
    return (value, f"unidade {value}", f"a unidade {value}") if name == "unidade" else (value,)


PRODUCT_SENTENCES = {
    "peso": ["{O} pesa #.", "O peso {do} é de #."],
    "preco": ["{O} custa #.", "O preço {do} é de #."],
    "garantia": ["A garantia {do} é de #.", "{O} tem garantia de #."],
    "unidade": ["{O} é fabricad(o) na unidade #.", "Quem fabrica {o} é a unidade #."],
    "luz": ["A luz vermelha {do} avisa que #.", "Quando #, a luz vermelha {do} acende."],
    "nunca": ["Nunca use {o} #.", "{O} não deve ser usad(o) #."],
    "limpeza": ["Limpe {o} #.", "{O} deve ser limp(o) #."],
}
PRODUCT_QUESTIONS: dict[str, Asked] = {
    "peso": (
        ["Quanto pesa {o}?", "Qual é o peso {do}?"],
        ["Consigo carregar {o} sozinho? Quanto marca a balança?"],
        "peso {x}",
    ),
    "preco": (
        ["Quanto custa {o}?", "Qual é o preço {do}?"],
        ["Por que valor se vende {o}?", "Quanto preciso juntar para ter {o}?"],
        "{x} preço",
    ),
    "garantia": (
        ["De quanto é a garantia {do}?", "Que garantia tem {o}?"],
        ["Se {o} quebrar, por quanto tempo a fábrica conserta de graça?"],
        "garantia {x}",
    ),
    "unidade": (
        ["Que unidade fabrica {o}?", "Em que unidade {o} é fabricad(o)?"],
        ["De que fábrica da Brivela sai {o}?"],
        "origem {x}",
    ),
    "luz": (
        ["O que avisa a luz vermelha {do}?"],
        ["Acendeu um sinal encarnado {no}. O que significa?"],
        "luz vermelha {x}",
    ),
    "nunca": (
        ["Onde ou como {o} nunca deve ser usad(o)?", "Como não se deve usar {o}?"],
        ["Que descuido é perigoso com {o}?"],
        "proibido {x}",
    ),
    "limpeza": (
        ["De quanto em quanto tempo se limpa {o}?", "Quando {o} deve ser limp(o)?"],
        ["Com que frequência passo um pano {no}?"],
        "limpeza {x}",
    ),
}


def _card(rng: random.Random, row: Row, told: dict[str, str], agree: Agree) -> tuple[str, str]:
    return (
        agree(f"{{x}}, modelo {row['modelo']}")[:1].upper() + agree(f"{{x}}, modelo {row['modelo']}")[1:],
        f"BRIVELA · catálogo\nModelo: {row['modelo']}\nTensão: {row['volts']}\n\n{row['uso']}\n\n-"
        f" {told['peso']}\n- {elided(told['preco'], agree)}\n- {elided(told['garantia'], agree)}\n"
        f"- {elided(told['unidade'], agree)}\n\n{row['nota']} "
        + turn(
            row,
            4,
            [
                (
                    "A caixa traz o aparelho, o manual e um cartão para registrar a compra. Guarde a nota:"
                    " sem ela, o balcão pode ajudar, mas não pode trocar."
                ),
                (
                    "Entregamos em casa no município, de carroça motorizada, às terças e quintas. Fora"
                    " dele, o ônibus leva."
                ),
                (
                    "Vem montado. Peças avulsas podem ser pedidas pelo número gravado embaixo, com uma lupa"
                    " e boa vontade."
                ),
                (
                    "Página do catálogo conferida em reunião. Se achar um erro, avise: quem acha ganha um"
                    " boné."
                ),
                "A embalagem é de papelão sem tinta e vira caixa de gato em menos de um dia.",
            ],
        ),
    )


def _shop(rng: random.Random, row: Row, told: dict[str, str], agree: Agree) -> tuple[str, str]:
    opening = rng.choice(
        [
            f"Chegou à loja da praça {agree('{o}')}.",
            f"Muita gente pergunta por {agree('{o}')}, e com razão.",
            f"Se a sua casa pede ajuda, talvez seja hora de conhecer {agree('{o}')}.",
        ]
    )
    return (
        agree(rng.choice(["{O} está na vitrine", "Novidade da Brivela: {o}"])),
        f"{opening} {row['uso']} {row['nota']}\n\n{told['preco']} {elided(told['peso'], agree, True)} Tensão:"
        f" {row['volts']}.\n\n{told['garantia']} {elided(told['unidade'], agree, True)} "
        + turn(
            row,
            4,
            [
                (
                    "Se quiser experimentar antes de levar, peça no balcão: há um ligado, e a vendedora"
                    " gosta de mostrar. Pagamento em até três vezes, sem fiador e sem café, porque a"
                    " máquina do café não é nossa."
                ),
                (
                    "Quem traz um aparelho velho do mesmo tipo, funcionando ou não, ganha desconto de um"
                    " dedo de prosa e leva o novo até a porta com ajuda."
                ),
                "A loja fecha na hora do almoço. Olhe pelo vidro, decida com calma e volte às duas.",
                "São poucos nesta remessa. A próxima vem de balsa, e da balsa ninguém sabe.",
                (
                    "Para presente, embrulhamos em papel de pão com barbante, que é o papel que temos e o"
                    " laço que sabemos."
                ),
            ],
        ),
    )


def _grid(rng: random.Random, row: Row, told: dict[str, str], agree: Agree) -> tuple[str, str]:
    slug = row["slug"]
    old = "-" if row["antiga"] else ""
    return (
        agree("Dados técnicos {do}"),
        f"{row['uso']}\n\n| {agree('{x}')} | |\n| --- | --- |\n| modelo | {row['modelo']} |\n| tensão |"
        f" {row['volts']} |\n[{slug}-peso: | peso | # |]\n[{slug}-preco: | preço | #"
        f" |]\n[{slug}-garantia{old}: | garantia | # |]\n[{slug}-unidade: | unidade de fabricação | #"
        f" |]\n\n{row['nota']}\n\n"
        + turn(
            row,
            4,
            [
                (
                    "Os dados podem variar um pouco de um lote para outro. Em caso de dúvida, vale o que"
                    " está na etiqueta colada embaixo do aparelho. A Brivela conserta o que faz: leve à"
                    " oficina da praça com a nota e o cabo."
                ),
                (
                    "Medidas feitas no laboratório da fábrica, em dia de sol, por duas pessoas que não se"
                    " falavam. Deram igual."
                ),
                "Tabela para uso dos vendedores. Não rasgue, não dobre, não use como leque.",
                "Os valores são os do fim do ano. Quando mudarem, esta folha muda de cor.",
                "Ficha impressa a pedido das escolas técnicas, que gostam de números e têm razão.",
            ],
        ),
    )


def _letter(rng: random.Random, row: Row, told: dict[str, str], agree: Agree) -> tuple[str, str]:
    who = rng.choice(["Celestina", "Austregésilo", "Maria do Amparo", "Quirino", "Lindaura"])
    return (
        agree("Resposta a uma cliente sobre {o}").replace(
            "uma cliente", "um cliente" if who in ("Austregésilo", "Quirino") else "uma cliente"
        ),
        (
            f"{'Caro' if who in ('Austregésilo', 'Quirino') else 'Cara'}"
            f" {who},\n\n{turn(row, 4, LETTER_STARTS)}\n\nSim, {agree('{o}')} está à venda."
            f" {elided(told['preco'], agree, True)}"
            f" {row['uso']}\n\n{told['peso']} {turn(row, 4, LETTER_SIZES)}"
            f" {told['unidade']}\n\n{told['garantia']} {turn(row, 4, LETTER_LIMITS)}\n\n{row['nota']}\n\nUm"
            " abraço da equipe de atendimento da Brivela."
        ),
    )


LETTER_STARTS = [
    "Obrigado pela carta e pelo desenho. Vamos às suas perguntas, na ordem.",
    "Recebemos o seu bilhete, que a chuva borrou um pouco. Respondemos ao que deu para ler.",
    (
        "Sua pergunta chegou no dia em que a fábrica parou para o bolo. Por isso a demora, e por isso a"
        " migalha no papel."
    ),
    "Que bom que escreveu. Quase ninguém mais pergunta antes de comprar, e depois pergunta muito.",
    "Seu filho ditou bem a carta. Diga a ele que respondemos a tudo, menos à pergunta sobre robôs.",
]
LETTER_SIZES = [
    "Cabe no banco de trás de um carro.",
    "Vai bem numa sacola reforçada.",
    "Com a caixa, some mais um palmo de cada lado.",
    "Já foi levado de bicicleta, mas não recomendamos.",
    "O correio aceita, a balsa também.",
]
LETTER_LIMITS = [
    "Ela não cobre quedas, raios nem netos.",
    "Guarde o cupom junto da conta de luz, que é o papel que ninguém perde.",
    "Para usá-la, basta trazer o aparelho; não precisa contar a história toda, mas gostamos de ouvir.",
    "Vale em qualquer oficina nossa, e são seis.",
    "Não vale se alguém abrir antes com faca de cozinha, como da outra vez.",
]
PRODUCT_LAYOUTS = (_card, _shop, _grid, _letter)


MANUAL_PARTS: dict[str, tuple[str, str, str]] = {
    "brisa": (
        "Encaixe a haste no pé até ouvir um clique e aperte a borboleta com a mão, sem alicate.",
        "A hélice só gira com as duas grades presas. Se balançar, afrouxe tudo e recomece pelo pé.",
        "Para guardar, tire a haste e deite o motor sobre um pano.",
    ),
    "cafune": (
        "Desenrole o fio inteiro antes de ligar; enrolado, ele esquenta.",
        (
            "Mantenha um palmo de distância do cabelo e não pare no mesmo lugar. O botão azul esfria o ar"
            " para fixar o penteado."
        ),
        "Tire os fios da grade de trás com uma escova de dentes velha.",
    ),
    "orvalho": (
        "Encha com água fria e filtrada, até a marca do peixinho.",
        (
            "Ponha longe de livros e de quadros. A névoa deve subir reta; se cair, o ar já está úmido o"
            " bastante."
        ),
        "No fim da estação, seque tudo e guarde sem a tampa.",
    ),
    "farol": (
        "Carregue por quatro horas antes do primeiro uso, com a tampinha de borracha aberta.",
        (
            "Um toque acende, dois diminuem, três chamam a luz vermelha. Não aponte para os olhos de"
            " ninguém, nem de coruja."
        ),
        "Se ficar meses na gaveta, carregue de novo antes da viagem.",
    ),
    "sombra": (
        "Espere o técnico. Quem instala por conta própria perde a cobertura e, às vezes, a parede.",
        "Comece em vinte e quatro graus e desça devagar. O controle lembra a última noite.",
        "Do lado de fora, deixe dois palmos livres para o ar sair e para a lagartixa entrar.",
    ),
    "pilao": (
        "Ponha os grãos até a linha e feche a tampa de rosca.",
        (
            "Gire o anel: cinco pontos para o coador de pano, dois para a máquina de pressão. Moa só o que"
            " vai beber."
        ),
        "O pó que fica no canto sai com um pincel.",
    ),
    "vagalume": (
        "Rosqueie o braço na base e ajuste a altura antes de ligar.",
        "Encoste um dedo na haste: fraca, média, forte, apagada. Crianças descobrem isso antes dos pais.",
        "Não rosqueie a lâmpada quente; conte até sessenta.",
    ),
    "vassourinha": (
        "Encaixe o tubo curto no longo e o longo na mangueira, girando um quarto de volta.",
        (
            "Use a boca larga para tapetes e a de bico para rodapés. Se a força cair, olhe dentro do tubo:"
            " quase sempre é uma meia."
        ),
        "O fio volta sozinho ao puxar a alça; segure o plugue para ele não chicotear.",
    ),
    "neve": (
        "Deixe em pé e desligada por seis horas depois do transporte.",
        "Gire o botão para o três no verão e para o dois no inverno. Comida quente espera do lado de fora.",
        "A borracha da porta deve segurar uma folha de papel; se a folha cair, chame a oficina.",
    ),
    "retalho": (
        "Passe a linha pelos quatro ganchos, de cima para baixo, seguindo as setas vermelhas.",
        (
            "Treine num pano velho. Pano grosso pede ponto largo e pé leve. Se embolar embaixo, o erro está"
            " em cima."
        ),
        "Pingue uma gota de óleo nos pontos marcados, no primeiro dia de cada mês.",
    ),
}


def manual_parts(row: Row) -> tuple[str, str, str]:
    """How a product is set up, used and kept. Rows made for training borrow by the head of their slug."""
    return MANUAL_PARTS[row["slug"].split("-")[0]]


def _extra(told: dict[str, str]) -> list[str]:
    return [told[name] for name in ("luz", "nunca", "limpeza") if name in told]


def _steps(rng: random.Random, row: Row, told: dict[str, str], agree: Agree) -> tuple[str, str]:
    one, two, three = manual_parts(row)
    extra = _extra(told)
    return (
        agree(f"Manual {{do}} ({row['modelo']})"),
        (
            f"Leia uma vez, guarde na gaveta.\n\n1. Veja na etiqueta a tensão: {row['volts']}.\n2."
            f" {one}\n3. {two}\n4. {three}\n\nATENÇÃO\n{extra[0]}\n{extra[1]}\n\nSe sobrar uma peça depois"
            " de montar, não jogue fora: ela tinha um lugar. A assistência atende de segunda a sexta, e"
            " aos sábados por carta."
        ),
    )


def _troubles(rng: random.Random, row: Row, told: dict[str, str], agree: Agree) -> tuple[str, str]:
    one, two, three = manual_parts(row)
    extra = _extra(told)
    return (
        agree("Dúvidas sobre {o}"),
        (
            f"Por onde começo? {one}\n\nE depois? {two}\n\nHá sinais ou perigos que eu deva conhecer?"
            f" {extra[0]} {extra[1]}\n\nComo conservo? {three}\n\nNada resolveu. Leve à oficina com o"
            f" modelo anotado ({row['modelo']}) e conte o que tentou, mesmo o que dá vergonha. Se não liga,"
            " experimente antes outra tomada: metade das visitas acaba aí."
        ),
    )


def _care(rng: random.Random, row: Row, told: dict[str, str], agree: Agree) -> tuple[str, str]:
    one, two, three = manual_parts(row)
    extra = _extra(told)
    return (
        agree("Uso e conservação {do}"),
        (
            f"{row['uso']} Para que continue assim, bastam poucos cuidados.\n\nNO PRIMEIRO DIA\n{one}"
            f" {extra[0]}\n\nTODOS OS DIAS\n{two}\n\nDE VEZ EM QUANDO\n{extra[1]} {three}\n\nA vida de um"
            f" aparelho depende mais de quem o usa do que de quem o fez. O seu é um {row['modelo']}: boa"
            " companhia."
        ),
    )


MANUAL_LAYOUTS = (_steps, _troubles, _care)
PRODUCT_NOTICES = {
    "chuvisco": (
        "Brivela estende a garantia da bomba Chuvisco",
        (
            "Depois de três anos de oficina quase vazia, decidimos confiar mais no que fazemos."
            " [chuvisco-garantia: A garantia da bomba Chuvisco é de #.] O prazo menor, impresso nos"
            " catálogos anteriores, está substituído por este.\n\nA mudança vale também para quem comprou"
            " no ano passado: basta apresentar a nota no balcão e trocar o cartão.\n\nContinuam fora da"
            " cobertura as bombas usadas sem filtro, as que puxaram lama e a que voltou com uma rã dentro."
            " A rã passa bem."
        ),
    ),
    "garoa": (
        "Comunicado aos donos do chuveiro Garoa",
        (
            "A Brivela revisou as condições de venda do Garoa, e o prazo impresso no catálogo perdeu a"
            " validade. [garoa-garantia: A garantia do chuveiro Garoa é de #.]\n\nA resistência, peça que"
            " mais se gasta, passa a ser trocada sem custo na primeira vez. Na segunda, cobra-se metade. Na"
            " terceira, mandamos alguém olhar a rede da casa, porque a culpa já não é do chuveiro.\n\nFica"
            " mantida a recomendação de sempre: fio terra, sempre, mesmo que o vizinho diga que nunca"
            " precisou."
        ),
    ),
    "batuque": (
        "Mais tempo para a caixa Batuque",
        (
            "Recebemos muitas cartas de músicos, um abaixo-assinado e um samba. Cedemos. [batuque-garantia:"
            " A caixa de som Batuque tem garantia de #.] O prazo anterior, do catálogo, não vale"
            " mais.\n\nSe a sua parou depois do prazo antigo e antes do novo, traga-a: conserta-se. Traga"
            " também o cabo, que metade dos defeitos mora nele.\n\nO samba será tocado na festa de fim de"
            " ano, no volume permitido pelo regulamento."
        ),
    ),
}
PRODUCT_UNKNOWN = (
    ("cores", "cores,nas cor", "Em que cores é vendid(o) {o}?", "Existe {o} em azul ou só em branco?"),
    (
        "ano de lançamento",
        "lançad,desde 20,desde 19",
        "Em que ano {o} foi lançad(o)?",
        "Desde quando se vende {o}?",
    ),
    (
        "consumo",
        "consumo de energia,watts,kwh",
        "Quantos watts consome {o}?",
        "Quanto {o} gasta de luz por mês?",
    ),
)
UNIT: Asked = (["Quem gerencia a {x}?"], ["Com quem falo se quiser o chefe da {x}?"], "gerente {x}")
COMPARE_PRICE = [
    ("O que custa mais, {a} ou {b}?", "Entre {a} e {b}, o que leva mais dinheiro?", True),
    ("O que é mais barato: {a} ou {b}?", "Tenho pouco dinheiro. Escolho {a} ou {b}?", False),
]
COMPARE_WARRANTY = [
    (
        "Quem tem garantia mais longa, {a} ou {b}?",
        "Entre {a} e {b}, qual a fábrica conserta de graça por mais tempo?",
        True,
    )
]


def complaint(row: Row, name: str) -> str:
    """A far wording for who manages the unit that makes a product."""
    made = "feita" if row["g"] == "f" else "feito"
    return turn(
        row,
        3,
        [
            f"Comprei {name} e quero reclamar com quem manda na fábrica onde foi {made}. Com quem falo?",
            f"De quem são as ordens no lugar de onde sai {name}?",
            f"Quem é o chefe das pessoas que montam {name}?",
            f"Elogio ou queixa sobre {name} vão para a mesa de quem?",
        ],
    )


def units_page(split: str, lines: list[tuple[str, str]]) -> tuple[str, str]:
    """The factory's units and who manages them."""
    body = "\n\n".join(f"{sentence} {rest}" for sentence, rest in lines)
    if split == "dev":
        return (
            "Relatório das unidades da margem esquerda",
            (
                "Apresentamos, como todo semestre, as três casas da Brivela deste lado do"
                f" rio.\n\n{body}\n\nNo semestre não houve acidentes com afastamento. Houve um com bolo. Os"
                " refeitórios trocaram receitas, e o estoque de parafusos, que sempre faltava, agora"
                " sobra: descobriu-se um armário atrás de outro armário."
            ),
        )
    return (
        "Relatório das unidades da margem direita",
        (
            "As três casas novas cresceram mais do que se esperava, e os problemas também, com"
            f" gosto.\n\n{body}\n\nPendências: o portão que não fecha, o galo do vizinho que abre o turno"
            " antes da hora, e a placa da rua, que ainda traz o nome da fazenda."
        ),
    )
