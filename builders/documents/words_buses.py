"""Sentences, questions and structures of the bus lines' timetables and notices, and of the places."""

from __future__ import annotations

import random

from builders.documents.words import Asked, Row, turn


def _first_grid(rng: random.Random, row: Row, told: dict[str, str]) -> tuple[str, str]:
    names = {
        "primeira": "primeiro carro",
        "ultima": "último carro",
        "intervalo": "um carro a cada",
        "tarifa": "passagem",
        "duracao": "duração da viagem",
        "cor": "cor da faixa",
        "motorista": "motorista do primeiro carro",
    }
    table = "\n".join(f"[{key}: | {names[name]} | # |]" for name, key in told.items())
    return (
        f"Linha {row['numero']}: {row['nome']}",
        (
            f"VIAÇÃO TAPURUNA\nHorários válidos nos dias úteis\n\n[{row['numero']}-destino: A linha # vai"
            f" para {row['destino']}.] Paradas principais: {row['via']}.\n\n| linha {row['numero']} | |\n|"
            f" --- | --- |\n{table}\n\n{row['nota']} {turn(row, 4, BUS_ENDS[0])}"
        ),
    )


def _line(number: str, name: str, key: str) -> str:
    sentence = {
        "primeira": "O primeiro carro da linha {n} sai às #.",
        "ultima": "O último carro da linha {n} sai às #.",
        "intervalo": "Na linha {n}, passa um carro a cada #.",
        "tarifa": "A passagem da linha {n} custa #.",
        "duracao": "A viagem na linha {n} dura #.",
        "cor": "A faixa dos carros da linha {n} é #.",
        "motorista": "Quem dirige o primeiro carro da linha {n} é #.",
    }[name].format(n=number)
    if name == "intervalo":
        sentence = f"A linha {number} tem um carro a cada #."
    return f"[{key}: {sentence}]"


def _prose_bus(rng: random.Random, row: Row, told: dict[str, str]) -> tuple[str, str]:
    said = [_line(row["numero"], name, key) for name, key in told.items()]
    return (
        f"Como usar o {row['numero']}",
        f"[{row['numero']}-destino: A linha # vai para {row['destino']}.] Os pontos são {row['via']}, nesta"
        f" ordem na ida e na contrária na volta.\n\n{said[0]} {said[2]}\n\n{row['nota']} {said[3]}"
        f" {said[4]}\n\n{said[1]} " + turn(row, 4, BUS_ENDS[1]),
    )


def _stops(rng: random.Random, row: Row, told: dict[str, str]) -> tuple[str, str]:
    stops = "\n".join(f"{i}. {stop}" for i, stop in enumerate(row["via"].split(", "), 1))
    said = "\n".join(f"* {_line(row['numero'], name, key)}" for name, key in told.items())
    return (
        f"Itinerário do {row['numero']} ({row['nome']})",
        (
            f"Ponto inicial: rodoviária de Caxinduba\n{stops}\n[{row['numero']}-destino: Ponto final da"
            " linha #:"
            f" {row['destino'].split(' ', 1)[1]}.]\n\nInformações\n{said}\n\nObservações\n{row['nota']}"
            f" {turn(row, 4, BUS_ENDS[2])}"
        ),
    )


def _poster(rng: random.Random, row: Row, told: dict[str, str]) -> tuple[str, str]:
    said = [_line(row["numero"], name, key) for name, key in told.items()]
    return (
        f"{row['numero']} · {row['nome'].upper()}",
        (
            "Cartaz do abrigo de"
            f" passageiros\n\n{said[0]}\n{said[2]}\n{said[3]}\n\n[{row['numero']}-destino: A linha # vai"
            f" para {row['destino']}.]\nPassa por: {row['via']}.\n\n{said[1]}\n{said[4]}\n\nAtenção!"
            f" {row['nota']}\n\n{turn(row, 4, BUS_ENDS[3])}"
        ),
    )


BUS_ENDS = (
    [
        (
            "Nos feriados vale o quadro de domingo, afixado no guichê. Objetos esquecidos vão para a"
            " rodoviária e esperam por três meses."
        ),
        "O quadro não conta o tempo parado na porteira, que depende dos bois.",
        "Trocos acima de vinte reais são dados no guichê, depois da viagem, com paciência.",
    ],
    [
        (
            "Tenha o dinheiro na mão: o cobrador agradece, e a fila também. Crianças que passam por baixo"
            " da catraca não pagam, adultos que tentam pagam o dobro em vergonha."
        ),
        "Se o carro vier cheio, dê lugar a quem carrega mais do que você, incluindo anos.",
        "Peixe fresco viaja no último banco, com a janela aberta. Peixe seco viaja onde quiser.",
    ],
    [
        (
            "A linha não circula na Sexta-Feira Santa. Para pessoas em cadeira de rodas, o carro com"
            " elevador passa de duas em duas viagens; o fiscal informa qual."
        ),
        "Quem dorme e passa do ponto volta de graça, uma vez por mês, se contar o sonho.",
        "Bicicletas vão no suporte da frente. O ciclista vai dentro, por mais que peça.",
    ],
    [
        (
            "Espere atrás da faixa amarela. Dê o braço a quem precisa. Não fale com o motorista enquanto o"
            " carro anda; quando ele para, pode, e ele gosta."
        ),
        "O abrigo é de todos: não risque, não cole, não durma atravessado.",
        "Se o cartaz sumir, pergunte na banca, que tem cópia e opinião.",
    ],
)
BUS_LAYOUTS = (_first_grid, _prose_bus, _stops, _poster)
BUS_QUESTIONS: dict[str, Asked] = {
    "primeira": (
        ["A que horas sai o primeiro carro da {x}?", "Quando sai o primeiro carro da {x}?"],
        ["Preciso viajar cedo. Quando começa a rodar a {x}?", "Qual é o horário mais cedo da {x}?"],
        "{x} primeiro horário",
    ),
    "ultima": (
        ["A que horas sai o último carro da {x}?"],
        ["Se eu sair tarde do trabalho, até quando posso contar com a {x}?", "A {x} roda até que horas?"],
        "{x} último horário",
    ),
    "intervalo": (
        ["De quanto em quanto tempo passa um carro da {x}?", "A {x} tem um carro a cada quanto tempo?"],
        ["Perdi o ônibus da {x}. Quanto espero pelo seguinte?"],
        "{x} intervalo",
    ),
    "tarifa": (
        ["Quanto custa a passagem da {x}?", "Qual é o preço da passagem da {x}?"],
        ["Quanto devo separar de dinheiro para andar na {x}?", "Que valor o cobrador da {x} pede?"],
        "{x} tarifa",
    ),
    "duracao": (
        ["Quanto dura a viagem na {x}?"],
        ["Quanto tempo fico sentado até o fim do trajeto da {x}?"],
        "{x} duração",
    ),
    "cor": (
        ["De que cor é a faixa dos carros da {x}?"],
        ["Como reconheço de longe, pela pintura, a {x}?"],
        "{x} cor",
    ),
    "motorista": (
        ["Quem dirige o primeiro carro da {x}?"],
        ["Quem está ao volante de manhãzinha na {x}?"],
        "{x} motorista",
    ),
}
BUS_NOTICES = {
    "102": (
        "Nova tarifa na linha do Barro Branco",
        (
            "A partir de hoje, os cobradores da linha 102 usam nova tabela. [102-tarifa: A passagem da"
            " linha 102 custa #.] O preço do quadro de 2023 não vale mais.\n\nO aumento foi pedido por"
            " causa do trecho de terra depois da escola agrícola, que come pneu e mola. Quem comprou"
            " bilhetes antes pode usá-los até o fim do mês, sem completar a diferença.\n\nEstudantes"
            " continuam pagando metade, com a carteirinha deste ano. A do ano passado serve só de"
            " lembrança."
        ),
    ),
    "109": (
        "Linha 109 sai mais cedo",
        (
            "Atenderam-se os trabalhadores do posto do Cachorro, que chegavam com o turno começado. O"
            " horário de 2023 está cancelado. [109-primeira: O primeiro carro da linha 109 sai às #.]\n\nOs"
            " demais horários do Jatobá não mudam. O motorista pede que se espere do lado de dentro do"
            " abrigo: a essa hora a rua é dele e dos gatos.\n\nRecados para depois da porteira podem ser"
            " entregues na véspera, no guichê, em papel dobrado com o nome por fora."
        ),
    ),
    "203": (
        "Alto do Cruzeiro: muda o valor da passagem",
        (
            "Moradores do Alto, o reajuste que se discutia desde o inverno foi aprovado, e o valor impresso"
            " em 2023 perdeu a validade. [203-tarifa: A passagem da linha 203 custa #.]\n\nEm troca, a"
            " empresa se comprometeu a pôr um banco no ponto da escada dos Cem, com encosto e sombra. Se o"
            " banco não aparecer em sessenta dias, o preço volta atrás: está escrito e assinado.\n\nIdosos"
            " e crianças pequenas não pagam, como sempre."
        ),
    ),
    "206": (
        "Novo horário para Poço Verde",
        (
            "A pedido do camping, o ônibus de Poço Verde espera agora o trem da serra. [206-primeira: O"
            " primeiro carro da linha 206 sai às #.] O horário que estava no quadro de 2023 fica sem"
            " efeito.\n\nQuem perder esse carro espera hora e meia, e não há padaria perto: traga o seu"
            " pão.\n\nA volta não muda. O motorista apita na entrada do camping e conta até cinquenta,"
            " devagar."
        ),
    ),
}
BUS_UNKNOWN = (
    (
        "número de passageiros",
        "passageiros por,transporta,lotação",
        "Quantos passageiros cabem num carro da {x}?",
        "Qual é a lotação de um ônibus da {x}?",
    ),
    (
        "quilômetros",
        "quilômetro",
        "Quantos quilômetros tem o trajeto da {x}?",
        "Qual é a extensão do percurso da {x}?",
    ),
)
PLACE: Asked = (["Onde fica {o}?"], ["Em que bairro encontro {o}?"], "endereço {x}")
COMPARE_FIRST = [
    (
        "Qual linha começa mais cedo, {a} ou {b}?",
        "Entre {a} e {b}, em qual se viaja primeiro de manhã?",
        False,
    ),
    (
        "Qual linha começa mais tarde, {a} ou {b}?",
        "Comparando {a} e {b}, qual demora mais a começar o dia?",
        True,
    ),
]
COMPARE_FARE = [
    (
        "Em qual linha a passagem é mais cara, {a} ou {b}?",
        "Entre {a} e {b}, qual pesa mais no bolso?",
        True,
    ),
    ("Em qual linha a passagem é mais barata, {a} ou {b}?", "Quero economizar: tomo {a} ou {b}?", False),
]


def places_page(split: str, lines: list[str]) -> tuple[str, str]:
    """Where the places of a split are."""
    if split == "dev":
        return (
            "Caxinduba a pé: onde fica o quê",
            (
                f"Mapa desenhado por quem nasceu aqui e se perde mesmo assim.\n\n{lines[0]} Vá pela sombra,"
                f" do lado dos muros.\n\n{lines[1]} Aos domingos ouve-se o apito do juiz e o do trem, e nem"
                f" sempre se distingue um do outro.\n\n{lines[2]} De lá sai o tijolo de metade da"
                f" cidade.\n\n{lines[3]} A chave está com a vizinha da frente, que também serve"
                f" café.\n\n{lines[4]} Leve luz, e não grite: o eco devolve com juros."
            ),
        )
    return (
        "Passeios de uma tarde em Caxinduba",
        (
            f"Cinco destinos para quem tem só uma tarde e os dois pés.\n\n1. {lines[0]} As pás giram quando"
            f" querem.\n2. {lines[1]} Ainda se fazem canoas ali, com machado e paciência.\n3. {lines[2]} Em"
            f" agosto o céu fica cheio de papel.\n4. {lines[3]} Dizem que quem bebe volta; é verdade,"
            f" porque a água é boa e dá sede de mais.\n5. {lines[4]} Só por fora, mas o portão de ferro"
            " vale a fotografia.\n\nCalce sapato velho. Volte antes do escuro, ou leve alguém que saiba o"
            " caminho."
        ),
    )
