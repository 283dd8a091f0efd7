"""The wording of the abstracts and queries whose rows `science` draws."""

from __future__ import annotations

import random
import re

from builders.documents.science import KINDS, SITES, Concept, Search, Study


def de(phrase: str) -> str:
    """ "o ruído" with "de" before it: "do ruído"; phrases without article take a plain "de"."""
    return f"d{phrase}" if re.match(r"(o|a|os|as) ", phrase) else f"de {phrase}"


def em(phrase: str) -> str:
    """The same with "em"."""
    return f"n{phrase}" if re.match(r"(o|a|os|as) ", phrase) else f"em {phrase}"


def cap(text: str) -> str:
    """First letter upper case."""
    return text[:1].upper() + text[1:]


def comma(number: float) -> str:
    """A number with a decimal comma."""
    return f"{number:.1f}".replace(".", ",")


TITLES = (
    "{E} e {o}: {kind} com {p}",
    "{O} e {e} em {p} de {place}",
    "Efeito {de_e} sobre {o}: {kind}",
    "{E} altera {o}? Resultados com {p}",
    "Relação entre {e} e {o} em {p}",
    "O que muda {em_o} com {e}: {kind} em {place}",
    "{O} sob {e}: achados com {p}",
    "{E}, {p} e {o}: {kind}",
)
REVIEW_TITLES = (
    "{E} e {o}: {kind}",
    "O que se sabe sobre {e} e {o}: {kind}",
    "{O} e {e} em {p}: {kind}",
    "Vale a pena? {E} e {o} em {p}, uma {kind}",
)
SPOKEN_TITLES = (
    "“{Lay}”: percepções sobre {o} em {place}",
    "Falas sobre {e} e {o}: {kind}",
    "Como se percebe {o} com {e}: {kind} em {place}",
    "{E} na voz de quem convive com isso: {kind}",
)
NAMES = {
    "ensaio": ("ensaio controlado", "estudo com sorteio de grupos", "experimento aleatorizado"),
    "coorte": ("estudo de coorte", "acompanhamento prospectivo", "seguimento ao longo do tempo"),
    "transversal": ("estudo transversal", "levantamento em um só momento", "inquérito"),
    "serie": ("série temporal", "análise antes e depois", "série histórica"),
    "revisao": ("revisão sistemática", "síntese de estudos", "revisão da literatura"),
    "qualitativo": ("pesquisa qualitativa", "estudo de entrevistas", "estudo em profundidade"),
}
AIMS = (
    "Verificamos se {e} altera {o} em {p}.",
    "O objetivo foi estimar o efeito {de_e} sobre {o} em {p}.",
    "Perguntamos em que medida {e} se associa a mudanças {em_o} em {p}.",
    "Este trabalho compara {o} em {p} com e sem {e}.",
    "Buscamos saber se {o} muda com {e}, olhando para {p}.",
    "Descrevemos a relação entre {e} e {o} em {p}.",
)
REVIEW_AIMS = (
    "Reunimos o que já se publicou sobre {e} e {o} em {p}.",
    "Esta revisão pergunta se {e} altera {o} em {p}.",
    "O objetivo foi resumir os estudos que relacionam {e} e {o} em {p}.",
)
SPOKEN_AIMS = (
    "Quisemos ouvir como se percebe {o} onde há {e}.",
    "O estudo procura compreender o que as pessoas dizem sobre {e} e {o}.",
    "Interessa-nos aqui a experiência de quem convive com {e} e nota mudanças {em_o}.",
)
METHODS = {
    "ensaio": (
        "Em {place}, {n} {p} foram dividid{os} por sorteio em dois grupos e acompanhad{os} por {m} meses.",
        "Participaram {n} {p}, alocad{os} ao acaso; quem mediu não sabia do grupo. Local: {place}.",
        "Sorteamos {n} {p} entre intervenção e espera, durante {m} meses, em {place}.",
        (
            "{Os} {n} {p} de {place} entraram no estudo por blocos sorteados; a medida principal foi"
            " repetida três vezes."
        ),
    ),
    "coorte": (
        "Acompanhamos {n} {p} de {place}, com medidas a cada {m} semanas.",
        "A coorte começou em {year} com {n} {p} de {place}; as perdas ficaram abaixo de um décimo.",
        "Durante {m} meses seguimos {n} {p} em {place}, com e sem a exposição.",
        "Foram seguid{os} {n} {p}, recrutad{os} em {place} por ordem de cadastro.",
    ),
    "transversal": (
        "Em uma única visita, avaliamos {n} {p} de {place}.",
        "O inquérito foi feito em {place}, em {year}, com {n} {p} escolhid{os} por conglomerados.",
        (
            "Foram avaliad{os}, no mesmo mês, {n} {p}; a exposição foi conferida por observação direta em"
            " {place}."
        ),
        "Cruzamos, em {place}, duas listas independentes sobre {n} {p}.",
    ),
    "serie": (
        "Reunimos {m} anos de registros mensais de {place} sobre {p}, antes e depois da mudança.",
        "Analisamos {n} semanas de dados sobre {p} em {place}, com ajuste para a estação do ano.",
        (
            "Os registros de {place} ({n} semanas, {p}) foram comparados antes e depois por regressão"
            " segmentada."
        ),
    ),
    "revisao": (
        "Buscamos em quatro bases, sem limite de língua, e incluímos {n} estudos com {p}.",
        "Dois leitores independentes escolheram {n} estudos sobre {p}, publicados até {year}.",
        "De mais de mil registros, {n} cumpriram os critérios; todos tratavam de {p}.",
        "Foram lidos na íntegra {n} estudos com {p}; a qualidade de cada um foi julgada por dois autores.",
    ),
    "qualitativo": (
        "Entrevistamos {n} pessoas que lidam com {p} em {place} e lemos as falas em conjunto.",
        (
            "Rodas de conversa em {place}, com {n} pessoas ligadas a {p}, foram gravadas e lidas por três"
            " pesquisadores."
        ),
        "Fizemos {n} entrevistas e dois meses de observação em {place}, em torno de {p}.",
    ),
}
RISES = (
    "Com {e}, {o} aumentou {k} (intervalo de 95 %: {lo} a {hi}).",
    "{O} foi maior na presença {de_e}: diferença média de {k} (de {lo} a {hi}).",
    "Observou-se aumento de {k} {em_o} (intervalo de 95 %: {lo} a {hi}).",
    "Nos grupos com {e}, {o} subiu, em média, {k} ({lo} a {hi}).",
    "O aumento {em_o} ligado a {e} foi de {k}, com intervalo de {lo} a {hi}.",
)
FALLS = (
    "Com {e}, {o} diminuiu {k} (intervalo de 95 %: {lo} a {hi}).",
    "{O} foi menor na presença {de_e}: diferença média de {k} (de {lo} a {hi}).",
    "Observou-se queda de {k} {em_o} (intervalo de 95 %: {lo} a {hi}).",
    "Nos grupos com {e}, {o} caiu, em média, {k} ({lo} a {hi}).",
    "A queda {em_o} ligada a {e} foi de {k}, com intervalo de {lo} a {hi}.",
)
NOTHING = (
    "Não houve diferença {em_o} com {e} (variação de {z}; intervalo de 95 % incluindo o zero).",
    "{O} foi semelhante nos dois grupos, e o intervalo incluiu o zero.",
    "A diferença {em_o} foi pequena ({z}) e compatível com o acaso.",
)
HEARD = {
    1: (
        "As falas apontam que {o} aumentou com {e}, que os participantes chamam de “{lay}”.",
        (
            "A maioria disse ter percebido aumento {em_o} depois que passou a conviver com {e}. A expressão"
            " mais usada foi “{lay}”."
        ),
    ),
    -1: (
        "As falas apontam que {o} diminuiu com {e}, que os participantes chamam de “{lay}”.",
        (
            "A maioria disse ter percebido queda {em_o} depois que passou a conviver com {e}. A expressão"
            " mais usada foi “{lay}”."
        ),
    ),
    0: (
        "As falas divergem: para uns {o} mudou com {e}, para outros não. Todos, porém, falam em “{lay}”.",
        "Não surgiu um padrão {em_o} ligado a {e}, embora “{lay}” apareça em quase todas as entrevistas.",
    ),
}
SECONDS = (
    "Como desfecho secundário, avaliou-se também {s}, com resultado na mesma direção.",
    "Mediu-se ainda {s}, sem diferença clara.",
    "Um segundo desfecho, {s}, variou pouco.",
    "Em análise complementar, {s} acompanhou o resultado principal.",
)
ADJUSTED = (
    "As análises foram ajustadas para {a}, que não era objeto do estudo.",
    "Foram excluídos os registros em que havia {a}.",
    "Controlou-se, no modelo, a interferência de outro fator: {a}.",
)
LIMITS = {
    "ensaio": (
        "O acompanhamento terminou antes das chuvas.",
        "O sorteio foi feito uma só vez, no começo.",
        "O custo da intervenção não foi medido.",
    ),
    "coorte": (
        "A exposição não foi sorteada, e outros fatores podem explicar parte do resultado.",
        "As medidas do primeiro mês foram refeitas por falha do aparelho.",
        "Um décimo dos registros se perdeu.",
    ),
    "transversal": (
        "O desenho não permite dizer o que veio antes.",
        "A amostra representa o bairro, não o município.",
        "Uma segunda visita, em outra estação, não foi possível.",
    ),
    "serie": (
        "Faltaram registros em dois invernos.",
        "Outras mudanças ocorreram no mesmo período.",
        "O ponto de corte foi definido antes da análise.",
    ),
    "revisao": (
        "Havia poucos estudos de boa qualidade.",
        "Os trabalhos usaram medidas diferentes, o que limita a comparação.",
        "Notou-se ausência de resultados negativos.",
    ),
    "qualitativo": (
        "Os resultados não se generalizam, nem era essa a intenção.",
        "As falas foram devolvidas aos participantes, que corrigiram duas interpretações.",
        "O grupo que recusou a entrevista pode pensar de outro modo.",
    ),
}
OF_PEOPLE = {  # limits of studies that follow people, not places or colonies
    "ensaio": (
        "Um em cada dez abandonou o estudo.",
        "Não foi possível esconder o grupo de quem participava.",
    ),
    "coorte": ("Parte da amostra mudou de endereço.",),
    "transversal": ("As respostas dependem da memória.",),
}
ENDS = {
    1: (
        "{E} parece elevar {o}; falta saber por quanto tempo.",
        "Os dados sustentam o aumento {em_o}, com a cautela que a amostra pede.",
        "O aumento foi consistente entre subgrupos.",
        "Recomenda-se repetir a medida em outra estação.",
        "O ganho ou a perda, porém, depende de quem aplica a medida e de como.",
    ),
    -1: (
        "{E} parece reduzir {o}; falta saber por quanto tempo.",
        "Os dados sustentam a redução {em_o}, com a cautela que a amostra pede.",
        "A redução foi consistente entre subgrupos.",
        "Sugere-se acompanhar o mesmo grupo por mais um ano.",
        "Antes de recomendar qualquer mudança, convém repetir o estudo em outro município.",
    ),
    0: (
        "Nas condições estudadas, não há indício de que {e} mude {o}.",
        "Amostras maiores são necessárias antes de descartar o efeito.",
        "A ausência de efeito pode refletir a pouca variação da exposição.",
        "O resultado contraria o que se esperava e merece réplica.",
    ),
}


SPOKEN_SECONDS = (
    "Surgiu também, sem ser perguntado, outro tema: {s}.",
    "Parte das conversas foi dedicada a outro assunto, {s}.",
)
SPOKEN_ENDS = (
    "As percepções ajudam a formular perguntas para estudos com medida.",
    "Ouvir quem convive com o problema muda a pergunta antes de mudar a resposta.",
    "O que se diz não substitui o que se mede, mas indica onde medir.",
    "Recomenda-se incluir essas pessoas no desenho das próximas ações.",
)
FEMININE = {
    "pessoas", "crianças", "escolas", "casas", "propriedades", "colônias", "colmeias", "abelhas", "lagoas",
    "lavouras", "áreas", "aves", "comunidades",
}  # fmt: skip
SINGULAR = {
    "minutos": "minuto",
    "pontos": "ponto",
    "graus": "grau",
    "espécies": "espécie",
    "unidades": "unidade",
    "porções": "porção por semana",
    "gramas": "grama por aluno",
    "visitas": "visita por hora",
    "cantos": "canto por hora",
}


def _phrases(rng: random.Random, study: Study) -> dict[str, str]:
    def said(concept: Concept) -> str:
        return concept.wordings[rng.choices((0, 1, 2), (0.55, 0.45, 0))[0]]

    unit = study.outcome.unit
    spread = max(1.0, study.size * rng.uniform(0.2, 0.6))
    joint = " " if unit else ""
    e, o = said(study.exposure), said(study.outcome)
    p = study.population.wordings[rng.randrange(2)]
    feminine = p.split()[0] in FEMININE
    return {
        "e": e,
        "E": cap(e),
        "de_e": de(e),
        "o": o,
        "O": cap(o),
        "em_o": em(o),
        "p": p,
        "s": said(study.second) if study.second else "",
        "a": said(study.adjusted) if study.adjusted else "",
        "lay": study.exposure.wordings[2],
        "Lay": cap(study.exposure.wordings[2]),
        "os": "as" if feminine else "os",
        "Os": "As" if feminine else "Os",
        "kind": rng.choice(NAMES[study.kind]),
        "place": study.place,
        "n": str(study.sample),
        "m": str(rng.randint(3, 18)),
        "year": str(study.year - 1),
        "k": f"{study.size}{joint}{unit}",
        "lo": comma(study.size - spread),
        "hi": comma(study.size + spread),
        "z": f"{comma(rng.uniform(0.1, 0.9))}{joint}{SINGULAR.get(unit.split()[0], unit)}",
    }


def abstract(study: Study) -> dict:
    """A study as a line of abstracts.jsonl."""
    rng = random.Random(f"resumo/{study.id}")
    titles = {"revisao": REVIEW_TITLES, "qualitativo": SPOKEN_TITLES}.get(study.kind, TITLES)
    title = rng.choice(titles).format(**_phrases(rng, study))
    words = _phrases(rng, study)
    backgrounds = [study.outcome.background, study.exposure.background]
    known = rng.choice([backgrounds[:1], backgrounds[1:], backgrounds])
    aims = {"revisao": REVIEW_AIMS, "qualitativo": SPOKEN_AIMS}.get(study.kind, AIMS)
    aim = rng.choice(aims).format(**words)
    again = _phrases(rng, study) | {
        k: words[k] for k in ("n", "k", "lo", "hi", "z", "p", "place", "os", "Os")
    }
    method = [rng.choice(METHODS[study.kind]).format(**again)]
    if study.kind not in ("revisao", "qualitativo"):
        method += [study.exposure.manner] * (rng.random() < 0.6) + [study.outcome.manner] * (
            rng.random() < 0.6
        )
        method += [rng.choice(ADJUSTED).format(**again)] if study.adjusted else []
    method = " ".join(method)
    if study.kind == "qualitativo":
        result = rng.choice(HEARD[study.effect]).format(**again)
    else:
        result = rng.choice({1: RISES, -1: FALLS, 0: NOTHING}[study.effect]).format(**again)
    if study.second:
        seconds = SPOKEN_SECONDS if study.kind == "qualitativo" else SECONDS
        result += " " + rng.choice(seconds).format(**again)
    ends = SPOKEN_ENDS if study.kind == "qualitativo" else ENDS[study.effect]
    end = rng.choice(ends).format(**words)
    if rng.random() < 0.55:
        people = () if study.area in SITES else OF_PEOPLE.get(study.kind, ())
        end = f"{rng.choice(LIMITS[study.kind] + people)} {end}"
    layout = rng.randrange(4)
    if layout == 0:
        text = (
            f"INTRODUÇÃO: {' '.join(known)} OBJETIVO: {aim} MÉTODOS: {method} RESULTADOS: {result}"
            f" CONCLUSÃO: {end}"
        )
    elif layout == 1:
        text = f"{' '.join(known)} {aim} {method} {result} {end}"
    elif layout == 2:
        text = f"{aim} {method} {result} {' '.join(known)} {end}"
    else:
        text = (
            f"Contexto. {known[0]} Questão. {aim} Como foi feito. {method} O que se viu. {result} Leitura."
            f" {end}"
        )
    text = re.sub(r"OBJETIVO: O objetivo foi (\w)", lambda m: f"OBJETIVO: {m[1].upper()}", text)
    text = re.sub(r"\ba (o|a) ", lambda m: {"o": "ao ", "a": "à "}[m[1]], text)
    descriptors = [study.exposure.descriptor, study.outcome.descriptor]
    descriptors += [study.second.descriptor] if study.second and rng.random() < 0.6 else []
    descriptors += [study.population.descriptor] if study.population.descriptor not in descriptors else []
    keywords = [
        concept.wordings[rng.choice((0, 0, 1))].split(" ", 1)[1]
        for concept in (study.exposure, study.outcome)
    ]
    return {
        "id": study.id,
        "area": study.area,
        "parte": study.split,
        "ano": study.year,
        "titulo": cap(re.sub(r"\ba (o|a) ", lambda m: {"o": "ao ", "a": "à "}[m[1]], title)),
        "texto": text,
        "palavras_chave": [*keywords, study.population.wordings[0]],
        "descritores": descriptors,
        "estudo": KINDS[study.kind],
        "fatos": {
            "exposicao": study.exposure.descriptor,
            "desfecho": study.outcome.descriptor,
            "desfecho_secundario": study.second.descriptor if study.second else None,
            "populacao": study.population.descriptor,
            "efeito": study.effect,
            "ajustado_para": study.adjusted.descriptor if study.adjusted else None,
        },
    }


ASKS = (
    "{E} muda {o}?",
    "Existe relação entre {e} e {o}?",
    "O que se sabe sobre {e} e {o}?",
    "Qual é o efeito {de_e} sobre {o}?",
    "Há estudos que liguem {e} e {o}?",
)
LAY = (
    "{E} tem a ver com {o}?",
    "Será que {e} mexe com {o}?",
    "Quero entender se {e} influi {em_o}.",
    "{O} depende {de_e}?",
)
LAY_KINDS = {
    "ensaio": "Quero só experimentos com sorteio.",
    "coorte": "Prefiro quem foi acompanhado por muito tempo.",
    "transversal": "Bastam retratos de um momento só.",
    "serie": "Procuro comparações de antes e depois.",
    "revisao": "Procuro um texto que junte vários trabalhos.",
    "qualitativo": "Quero ler o que as pessoas contaram.",
}


def search_row(search: Search) -> dict:
    """A query as a line of queries.jsonl: as an expert, as a layman, as keywords and as a Boolean search."""
    rng = random.Random(f"busca/{search.id}")

    def fields(which: int) -> dict[str, str]:
        e, o = search.exposure.wordings[which], search.outcome.wordings[which]
        return {"e": e, "E": cap(e), "de_e": de(e), "o": o, "O": cap(o), "em_o": em(o)}

    expert = rng.choice(ASKS).format(**fields(rng.randrange(2)))
    lay = rng.choice(LAY).format(**fields(2))
    keywords = [search.exposure.wordings[0].split(" ", 1)[1], search.outcome.wordings[0].split(" ", 1)[1]]
    boolean = [search.exposure.descriptor, search.outcome.descriptor]
    if search.population:
        expert = f"{expert[:-1]}, em {search.population.wordings[0]}?"
        end = lay[-1]
        lay = f"{lay[:-1]}, no caso de {search.population.wordings[2]}{end}"
        keywords.append(search.population.wordings[0])
        boolean.append(search.population.descriptor)
    if search.kind:
        expert += f" Apenas: {KINDS[search.kind].lower()}."
        lay += f" {LAY_KINDS[search.kind]}"
        keywords.append(NAMES[search.kind][0])
    text = " AND ".join(f'"{term}"[descritor]' for term in boolean)
    if search.kind:
        text += f' AND "{KINDS[search.kind]}"[estudo]'
    return {
        "id": search.id,
        "area": search.area,
        "parte": search.split,
        "pergunta": expert,
        "leiga": lay.replace("de os", "dos").replace("de as", "das"),
        "palavras_chave": " ".join(keywords),
        "booleana": text,
        "criterios": {
            "exposicao": search.exposure.descriptor,
            "desfecho": search.outcome.descriptor,
            "populacao": search.population.descriptor if search.population else None,
            "estudo": KINDS[search.kind] if search.kind else None,
        },
    }
