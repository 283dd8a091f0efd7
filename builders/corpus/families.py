"""Families of relations made from one line each: "objeto: comprou | comprado" gives a whole `Relation`."""

from __future__ import annotations

import random

from builders.corpus.invented import word
from builders.corpus.relations import Relation, parse

OBJECT = """{name} | pessoa | objeto
= {{o s}} {past} {{um v}}.
= {{o v}} foi {{{part} v}} {{pelo s}}.
= Quem {past} {{o v}} foi {{o s}}.
= Ontem, {{o s}} {past} {{o v}}.
= Foi {{um v}} o que {{o s}} {past}.
= {{o s}} foi ao centro e {past} {{um v}}.
> {{um v}}
? O que {{o s}} {past}?
? O que foi {part} {{pelo s}}?
? Que coisa {{o s}} {past}?
! Quem {past} {{o v}}?
! Por quem {{o v}} foi {{{part} v}}?
~ {{o s}} {past} {{um v}}?
"""
PERSON = """{name} | pessoa | pessoa
= {{o s}} {past} {{o v}}.
= {{o v}} foi {{{part} v}} {{pelo s}}.
= Quem {past} {{o v}} foi {{o s}}.
= Naquele dia, {{o s}} {past} {{o v}}.
= Foi {{o s}} quem {past} {{o v}}.
> {{o v}}
? Quem foi {part} {{pelo s}}?
? Quem é que {{o s}} {past}?
? {{o s}} {past} quem?
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
> {{o v}}
? Qual é {art} {noun} {{do s}}?
? {art} {noun} {{do s}} é qual?
? Você sabe qual é {art} {noun} {{do s}}?
! De quem {art} {noun} é {{o v}}?
~ {art} {noun} {{do s}} é {{o v}}?
"""
PLACE = """{name} | pessoa | {kind}
= {{o s}} {verb} {{v}}.
= {was} {{v}} que {{o s}} {verb}.
= {{v}}, {{o s}} {verb}.
= Todos sabem: {{o s}} {verb} {{v}}.
? Onde {{o s}} {verb}?
? Em que lugar {{o s}} {verb}?
? {{o s}} {verb} onde?
! Quem {verb} {{v}}?
! Quem é que {verb} {{v}}?
~ {{o s}} {verb} {{v}}?
"""
HOUR = """{name} | pessoa | {kind}
= {{o s}} {verb} às {{v}}.
= Às {{v}}, {{o s}} {verb}.
= É às {{v}} que {{o s}} {verb}.
= Todos os dias, {{o s}} {verb} às {{v}}.
> às {{v}}
? A que horas {{o s}} {verb}?
? Quando {{o s}} {verb}?
? {{o s}} {verb} a que horas?
! Quem {verb} às {{v}}?
~ {{o s}} {verb} às {{v}}?
"""
WITH = """{name} | pessoa | {kind}
= {{o s}} {verb} com {{o v}}.
= Foi com {{o v}} que {{o s}} {verb}.
= Com {{o v}}, {{o s}} {verb}.
= Ontem, {{o s}} {verb} com {{o v}}.
> com {{o v}}
? Com quem {{o s}} {verb}?
? {{o s}} {verb} com quem?
! Quem {verb} com {{o v}}?
~ {{o s}} {verb} com {{o v}}?
"""
TO = """{name} | pessoa | pessoa
= {{o s}} {verb} {{ao v}}.
= Foi {{ao v}} que {{o s}} {verb}.
= {{o v}} foi a pessoa a quem {{o s}} {verb}.
= Ontem, {{o s}} {verb} {{ao v}}.
> {{ao v}}
? A quem {{o s}} {verb}?
? {{o s}} {verb} a quem?
! Quem {verb} {{ao v}}?
~ {{o s}} {verb} {{ao v}}?
"""
COUNT = """{name} | pessoa | numero
= {{o s}} {verb} {{v}} {kind}.
= Foram {{v}} {kind} que {{o s}} {verb}.
= Ao todo, {{o s}} {verb} {{v}} {kind}.
= Ontem, {{o s}} {verb} {{v}} {kind}.
> {{v}} {kind}
? {many} {kind} {{o s}} {verb}?
? {{o s}} {verb} {many_} {kind}?
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
            name=name, verb=first, kind=second, many=many, many_=many.lower(), was=was
        )
    elif kind in {"objeto", "pessoa"}:
        text = (OBJECT if kind == "objeto" else PERSON).format(name=name, past=first, part=second)
    else:
        raise ValueError(f"relacoes-verbos.txt: família desconhecida em {line!r}")
    return parse(text, f"relacoes-verbos.txt: {line}")[0]


def invented_relation(rng: random.Random, split: str) -> Relation:
    """A relation whose verb or noun is itself invented: only the passage tells what is asked."""
    if rng.random() < 0.5:
        verb = word(rng, split, "m")
        stem = verb.rstrip("aeiouãêéôóáíúlrszmn") or "tal"
        kind = rng.choice(["objeto", "pessoa", "lugar", "hora", "com", "conta"])
        second = {"lugar": "lugar_vila", "hora": "hora", "com": "pessoa", "conta": "pontos"}.get(
            kind, f"{stem}ado"
        )
        return family(f"{kind}:{stem}{'a' if kind in {'lugar', 'hora'} else 'ou'} | {second}")
    gender = rng.choice("mf")
    noun = ("o " if gender == "m" else "a ") + word(rng, split, gender)
    kind = rng.choice(["palavra", "nome", "numero", "cor", "codigo", "fruta", "bicho", "cidade", "dia"])
    return family(f"atributo:{noun} | {kind}")
