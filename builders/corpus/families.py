"""Families of relations made from one line each: "objeto: comprou | comprado" gives a whole `Relation`."""

from __future__ import annotations

from builders.corpus.relations import Relation, feminine, parse

OBJECT = """{name} | pessoa | objeto
= {{o s}} {past} {{um v}}.
= {{um v}} foi {{{part} v}} {{pelo s}}.
= Quem {past} {{um v}} foi {{o s}}.
= Ontem, {{o s}} {past} {{um v}}.
= Foi {{um v}} o que {{o s}} {past}.
= {{o s}} foi ao centro e {past} {{um v}}.
= {{o s}}, de manhã cedo, {past} {{um v}}.
= Foi {{o s}} quem {past} {{um v}}.
= A pessoa que {past} {{um v}} foi {{o s}}.
= Na semana passada, {{um v}} foi {{{part} v}} {{pelo s}}.
= O que {{o s}} {past} foi {{um v}}.
> {{um v}}
? O que {{o s}} {past}?
? O que foi {part} {{pelo s}}?
? Que coisa {{o s}} {past}?
? O que foi que {{o s}} {past}?
? {{o s}} {past} o quê?
! Quem {past} {{o v}}?
! Por quem {{o v}} foi {{{part} v}}?
! Quem foi que {past} {{um v}}?
~ {{o s}} {past} {{um v}}?
"""
PERSON = """{name} | pessoa | pessoa
= {{o s}} {past} {{o v}}.
= {{o v}} foi {{{part} v}} {{pelo s}}.
= Quem {past} {{o v}} foi {{o s}}.
= Naquele dia, {{o s}} {past} {{o v}}.
= Foi {{o s}} quem {past} {{o v}}.
= {{o s}}, sem avisar, {past} {{o v}}.
= Na semana passada, {{o v}} foi {{{part} v}} {{pelo s}}.
= {{o s}} chegou cedo e {past} {{o v}}.
> {{o v}}
? Quem foi {part} {{pelo s}}?
? Quem é que {{o s}} {past}?
? {{o s}} {past} quem?
? Que pessoa foi {fem} {{pelo s}}?
! Quem {past} {{o v}}?
! Por quem {{o v}} foi {{{part} v}}?
~ {{o s}} {past} {{o v}}?
"""
ATTRIBUTE = """{name} | pessoa | {kind}
= {art} {noun} {{do s}} é {{o v}}.
= {{o v}} é {art} {noun} {{do s}}.
= {{o s}} tem um segredo: {art} {noun} {dele} é {{o v}}.
= Todos sabem que {art} {noun} {{do s}} é {{o v}}.
= Quanto {a_art} {noun}, {o_de} {{do s}} é {{o v}}.
= É {{o v}} {art} {noun} {{do s}}.
= No caso {{do s}}, {art} {noun} é {{o v}}.
= {art} {noun} {{do s}}, desde o ano passado, é {{o v}}.
> {{o v}}
? Qual é {art} {noun} {{do s}}?
? {art} {noun} {{do s}} é qual?
? Você sabe qual é {art} {noun} {{do s}}?
? Sobre {{o s}}: qual é {art} {noun}?
? E {art} {noun} {{do s}}, qual é?
! De quem {art} {noun} é {{o v}}?
~ {art} {noun} {{do s}} é {{o v}}?
"""
PLACE = """{name} | pessoa | {kind}
= {{o s}} {verb} {{v}}.
= {was} {{v}} que {{o s}} {verb}.
= {{v}}, {{o s}} {verb}.
= Todos sabem: {{o s}} {verb} {{v}}.
= Quem {verb} {{v}} {be} {{o s}}.
? Onde {{o s}} {verb}?
? Em que lugar {{o s}} {verb}?
? {{o s}} {verb} onde?
? Sabe onde {{o s}} {verb}?
! Quem {verb} {{v}}?
! Quem é que {verb} {{v}}?
~ {{o s}} {verb} {{v}}?
"""
HOUR = """{name} | pessoa | {kind}
= {{o s}} {verb} às {{v}}.
= Às {{v}}, {{o s}} {verb}.
= É às {{v}} que {{o s}} {verb}.
= Todos os dias, {{o s}} {verb} às {{v}}.
= Quem {verb} às {{v}} é {{o s}}.
= {{o s}} sempre {verb} às {{v}} em ponto.
> às {{v}}
? A que horas {{o s}} {verb}?
? Quando {{o s}} {verb}?
? {{o s}} {verb} a que horas?
? Em que horário {{o s}} {verb}?
! Quem {verb} às {{v}}?
~ {{o s}} {verb} às {{v}}?
"""
WITH = """{name} | pessoa | {kind}
= {{o s}} {verb} com {{o v}}.
= Foi com {{o v}} que {{o s}} {verb}.
= Com {{o v}}, {{o s}} {verb}.
= Ontem, {{o s}} {verb} com {{o v}}.
= Quem {verb} com {{o v}} foi {{o s}}.
= {{o s}}, no sábado, {verb} com {{o v}}.
> com {{o v}}
? Com quem {{o s}} {verb}?
? {{o s}} {verb} com quem?
? Com quem foi que {{o s}} {verb}?
! Quem {verb} com {{o v}}?
~ {{o s}} {verb} com {{o v}}?
"""
TO = """{name} | pessoa | pessoa
= {{o s}} {verb} {{ao v}}.
= Foi {{ao v}} que {{o s}} {verb}.
= {{o v}} foi a pessoa a quem {{o s}} {verb}.
= Ontem, {{o s}} {verb} {{ao v}}.
= Quem {verb} {{ao v}} foi {{o s}}.
= {{ao v}}, {{o s}} {verb} sem demora.
> {{ao v}}
? A quem {{o s}} {verb}?
? {{o s}} {verb} a quem?
? A quem foi que {{o s}} {verb}?
! Quem {verb} {{ao v}}?
~ {{o s}} {verb} {{ao v}}?
"""
COUNT = """{name} | pessoa | numero
= {{o s}} {verb} {{v}} {kind}.
= Foram {{v}} {kind} que {{o s}} {verb}.
= Ao todo, {{o s}} {verb} {{v}} {kind}.
= Ontem, {{o s}} {verb} {{v}} {kind}.
= Quem {verb} {{v}} {kind} foi {{o s}}.
= {{o s}}, em um mês, {verb} {{v}} {kind}.
> {{v}} {kind}
? {many} {kind} {{o s}} {verb}?
? {{o s}} {verb} {many_} {kind}?
? {many} {kind} foi que {{o s}} {verb}?
! Quem {verb} {{v}} {kind}?
~ {{o s}} {verb} {{v}} {kind}?
"""
FAMILIES = {"lugar": PLACE, "hora": HOUR, "com": WITH, "para": TO, "conta": COUNT}


def family(line: str) -> Relation:
    """The relation of one line of `relacoes-verbos.txt`."""
    kind, _, rest = line.partition(":")
    first, second = (cell.strip() for cell in rest.split("|"))
    name = f"{kind}:{first}"
    if kind == "atributo":
        art, _, noun = first.partition(" ")
        text = ATTRIBUTE.format(name=name, kind=second, art=art, noun=noun, dele="{dele s}",
                                a_art="ao" if art == "o" else "à", o_de=art)  # fmt: skip
    elif kind in FAMILIES:
        was = "Foi" if first.split()[0].endswith(("ou", "eu", "ôs")) else "É"
        many = "Quantas" if second.endswith("as") or second == "árvores" else "Quantos"
        text = FAMILIES[kind].format(
            name=name,
            verb=first,
            kind=second,
            many=many,
            many_=many.lower(),
            was=was,
            be="foi" if was == "Foi" else "é",
        )
    elif kind in {"objeto", "pessoa"}:
        text = (OBJECT if kind == "objeto" else PERSON).format(
            name=name, past=first, part=second, fem=feminine(second)
        )
    else:
        raise ValueError(f"relacoes-verbos.txt: família desconhecida em {line!r}")
    return parse(text, f"relacoes-verbos.txt: {line}")[0]
