"""Words and numbers: lists of a category, opposites and plurals, classification, small sums."""

from __future__ import annotations

import random
from functools import lru_cache
from zlib import crc32

from builders.corpus import facts
from builders.corpus.instructions.known import VOCABULARY, known
from builders.corpus.instructions.wording import asked, listed, way
from builders.corpus.invented import cap, first_names
from builders.corpus.lexicon import lexicon

LISTS = (
    "Cite {n} {c}.", "Diga {n} {c}.", "Me diga {n} {c}.", "Liste {n} {c}.", "Escreva {n} {c}.",
    "Dê {n} exemplos de {c}.", "Fale {n} {c}.", "Quero o nome de {n} {c}.", "Cite {n} exemplos de {c}.",
    "Me dê o nome de {n} {c}, por favor.", "Você pode citar {n} {c}?", "Pode me dizer {n} {c}?",
    "Conhece {n} {c}?", "Faça uma lista com {n} {c}.", "Enumere {n} {c}.", "cite {n} {c}",
)  # fmt: skip
NUMBERED = (
    "Faça uma lista numerada com {n} {c}.",
    "Liste {n} {c}, um por linha.",
    "Escreva {n} {c} em linhas numeradas.",
    "Cite {n} {c} em uma lista numerada.",
)
COUNTS = {"m": ("um", "dois", "três", "quatro", "cinco"), "f": ("uma", "duas", "três", "quatro", "cinco")}
# name of the category, its gender, the class of `lexicon`
CLASSES = (
    ("frutas", "f", "fruta"), ("instrumentos musicais", "m", "instrumento"), ("brinquedos", "m", "brinquedo"),
    ("ferramentas", "f", "ferramenta"), ("roupas", "f", "roupa"), ("bebidas", "f", "bebida"),
    ("flores", "f", "flores"), ("partes do corpo", "f", "corpo"), ("bichos", "m", "animal"),
    ("animais", "m", "animal"), ("aves", "f", "ave"), ("insetos", "m", "inseto"), ("móveis", "m", "movel"),
    ("veículos", "m", "veiculo"), ("sentimentos", "m", "sentimento"), ("árvores", "f", "arvores"),
)  # fmt: skip
REGIONS = ("Norte", "Nordeste", "Sudeste", "Sul", "Centro-Oeste")


@lru_cache(maxsize=1)
def categories() -> tuple[tuple[str, str, tuple[str, ...], frozenset[str]], ...]:
    """(name in the plural, gender, members to draw from, everything that is right)."""
    by_class, found = lexicon().by_class, []
    of = {name: [f for f in facts.all_facts() if f.relation.name == name]
          for name in ("classe", "continente", "capital", "capital_estado", "regiao", "sabor")}  # fmt: skip
    animals = {f.subject.text for f in of["classe"]}
    also = {
        "fruta": {f.subject.text for f in of["sabor"]}, "animal": animals,
        "ave": {f.subject.text for f in of["classe"] if f.value.text == "ave"},
        "inseto": {f.subject.text for f in of["classe"] if f.value.text == "inseto"},
    }  # fmt: skip
    for name, gender, key in CLASSES:
        members = {n.word for n in by_class.get(key, ())}
        if len(members) >= 6:
            extra = frozenset(also.get(key, ())) | (
                {n.word for n in lexicon().nouns if n.classes & {"pet", "mato", "rural", "ave", "inseto"}}
                if key == "animal" else set())  # fmt: skip
            found.append((name, gender, tuple(sorted(members)), frozenset(members) | extra))
    for name, gender, kind in (("mamíferos", "m", "mamífero"), ("répteis", "m", "réptil")):
        members = {f.subject.text for f in of["classe"] if f.value.text == kind}
        found.append((name, gender, tuple(sorted(members)), frozenset(members)))
    for region in REGIONS:
        members = {f.subject.text for f in of["regiao"] if f.value.text == region} | (
            {"Distrito Federal"} if region == "Centro-Oeste" else set())  # fmt: skip
        found.append((f"estados da região {region}", "m", tuple(sorted(members)), frozenset(members)))
    states = {f.subject.text for f in of["regiao"]}
    found.append(("estados do Brasil", "m", tuple(sorted(states)), frozenset(states)))
    for continent in sorted({f.value.text for f in of["continente"]}):
        members = {f.subject.text for f in of["continente"] if f.value.text == continent}
        if len(members) >= 6:
            found.append((f"países da {continent}", "m", tuple(sorted(members)), frozenset(members)))
    countries = {f.subject.text for f in of["continente"]}
    found.append(("países", "m", tuple(sorted(countries)), frozenset(countries)))
    capitals = {f.value.text for f in of["capital_estado"]}
    found.append(("capitais de estados do Brasil", "f", tuple(sorted(capitals)), frozenset(capitals)))
    colours = {a.forms[0] for a in lexicon().adjectives if "cor" in a.classes}
    more = {"rosa", "laranja", "cor-de-rosa", "bege", "lilás"}
    found.append(("cores", "f", tuple(sorted(colours)), frozenset(colours | more)))
    trades = {n for row in facts.rows("profissoes.csv") for n in (row["masculino"], row["feminino"])}
    found.append(("profissões", "f", tuple(sorted(trades)), frozenset(trades)))
    for name, relation in (("meses do ano", "mes_dias"), ("dias da semana", "dia_depois"),
                           ("planetas", "planeta_ordem")):  # fmt: skip
        members = tuple(sorted(f.subject.text for f in facts.all_facts() if f.relation.name == relation))
        found.append((name, "m", members, frozenset(members)))
    return tuple(found)


def some(rng: random.Random, split: str) -> tuple[str, str, dict]:
    """Some members of a category."""
    name, gender, members, every = rng.choice(categories())
    count = rng.choice((2, 3, 3, 3, 4, 5))
    members = [m for m in members if " e " not in m]  # "Trinidad e Tobago" would read as two
    chosen = rng.sample(members, min(count, len(members)))
    number = COUNTS[gender][len(chosen) - 1]
    if rng.random() < 0.15:
        text = way(rng, split, NUMBERED)
        answer = "\n".join(f"{i}. {cap(item)}" for i, item in enumerate(chosen, 1))
    else:
        text, answer = way(rng, split, LISTS), cap(listed(chosen)) + "."
    if "exemplos de" in text:
        number = COUNTS["m"][len(chosen) - 1]
    return (
        text.format(n=number, c=name),
        answer,
        {"members": tuple(sorted(every)), "count": (str(len(chosen)),)},
    )


def vocabulary(rng: random.Random, split: str) -> tuple[str, str, dict]:
    """Opposite, plural or feminine of a word."""
    return known(rng, split, "seen", rng.choice((*VOCABULARY, "contrario")))


SUMS = (
    "Quanto é {e}?", "Quanto dá {e}?", "Qual é o resultado de {e}?", "Calcule {e}.", "{E} é quanto?",
    "Faça a conta: {e}.", "Me diga quanto é {e}.", "{e} = ?", "quanto é {e}",
    "Resolva: {e}.", "Você sabe quanto é {e}?",
)  # fmt: skip
PROBLEMS = (
    ("{n} tem {a} {c} e ganha mais {b}. Com {q} {c} fica?", "mais"),
    ("{n} tinha {a} {c} e deu {b}. {Q} {c} sobraram?", "menos"),
    ("{n} comprou {a} {c} e comeu {b}. {Q} {c} sobraram?", "menos"),
    ("Há {a} {c} na mesa e {b} na cesta. {Q} {c} são ao todo?", "mais"),
    ("Em cada caixa há {a} {c}. {Q} {c} há em {b} caixas?", "vezes"),
    ("{n} leva {a} {c} e {m} leva {b}. {Q} {c} levam os dois?", "mais"),
)
THINGS = (("balas", "f"), ("mangas", "f"), ("laranjas", "f"), ("goiabas", "f"), ("bananas", "f"),
          ("pitangas", "f"), ("cajus", "m"), ("doces", "m"), ("bolinhos", "m"), ("pastéis", "m"))  # fmt: skip
SIGNS = {"mais": "+", "menos": "-", "vezes": "x"}


def _numbers(rng: random.Random, split: str, sign: str | None = None) -> tuple[int, str, int, int]:
    """a, sign, b, result; to 20 mostly, and to 99 for sums and differences. Some are kept for "valid"."""
    while True:
        name = sign or rng.choice(("mais", "mais", "menos", "menos", "vezes"))
        most = 99 if name != "vezes" and rng.random() < 0.2 else 10 if name == "vezes" else 15
        a, b = rng.randint(0, most), rng.randint(1, min(most, 30))
        result = {"mais": a + b, "menos": a - b, "vezes": a * b}[name]
        held = crc32(f"{a} {name} {b}".encode()) % 100 < facts.STATED_ONLY
        if result >= 0 and (split == "valid" or not held):
            return a, name, b, result


def sum_(rng: random.Random, split: str) -> tuple[str, str, dict]:
    """A sum, difference or product, bare or as a small problem."""
    if rng.random() < 0.3:
        text, sign = rng.choice(PROBLEMS)
        while True:
            a, _, b, result = _numbers(rng, split, sign)
            if b > 1 and 1 < a <= 20 and result > 1:
                break
        thing, gender = rng.choice(THINGS)
        names = first_names(split)
        n, m = rng.choice(names["f"]), rng.choice(names["m"])
        many = "quantos" if gender == "m" else "quantas"
        question = text.format(n=n, m=m, a=a, b=b, c=thing, q=many, Q=cap(many))
        return question, f"{result} {thing}.", {"accepted": (str(result),), "rivals": ()}
    a, sign, b, result = _numbers(rng, split)
    spoken, said = rng.random() < 0.3 and max(a, b, result) <= 20, str(result)
    if spoken:
        expression, said = f"{facts.NUMBERS[a]} {sign} {facts.NUMBERS[b]}", facts.NUMBERS[result]
    else:
        expression = f"{a} {sign if rng.random() < 0.5 else SIGNS[sign]} {b}"
    words = (facts.NUMBERS[result],) if result <= 20 else ()
    return (way(rng, split, SUMS).format(e=expression, E=cap(expression)), cap(said) + ".",
            {"accepted": (str(result), *words), "rivals": ()})  # fmt: skip


GOOD = {
    "m": ("foi ótimo", "foi maravilhoso", "é lindo", "me deixou feliz", "foi o melhor do ano", "é delicioso",
          "me fez sorrir", "é muito bom", "ficou perfeito", "foi emocionante", "valeu cada minuto"),
    "f": ("foi ótima", "foi maravilhosa", "é linda", "me deixou feliz", "foi a melhor do ano", "é deliciosa",
          "me fez sorrir", "é muito boa", "ficou perfeita", "foi emocionante", "valeu cada minuto"),
}  # fmt: skip
BAD = {
    "m": ("foi péssimo", "foi horrível", "é feio", "me deixou triste", "foi o pior do ano", "é sem graça",
          "me deu sono", "é muito ruim", "ficou malfeito", "foi cansativo", "não valeu a pena"),
    "f": ("foi péssima", "foi horrível", "é feia", "me deixou triste", "foi a pior do ano", "é sem graça",
          "me deu sono", "é muito ruim", "ficou malfeita", "foi cansativa", "não valeu a pena"),
}  # fmt: skip
JUDGED = (
    ("o filme", "m"),
    ("o livro", "m"),
    ("o passeio", "m"),
    ("o bolo", "m"),
    ("o show", "m"),
    ("o jogo", "m"),
    ("a festa", "f"),
    ("a aula", "f"),
    ("a viagem", "f"),
    ("a peça", "f"),
    ("a comida", "f"),
    ("a música", "f"),
    ("o sorvete", "m"),
    ("o almoço", "m"),
    ("a história", "f"),
    ("a feira", "f"),
    ("o hotel", "m"),
)
LOVED = ("Adorei {x}.", "Gostei muito de ver {x}.", "Recomendo {x} a todo mundo.", "Amei {x}.")
HATED = ("Detestei {x}.", "Não gostei de ver {x}.", "Não recomendo {x} a ninguém.", "Odiei {x}.")
SENTIMENT = (
    ("Esta frase é positiva ou negativa? {x}", "Positiva.", "Negativa."),
    ("Classifique o sentimento da frase como positivo ou negativo: {x}", "Positivo.", "Negativo."),
    ("O sentimento desta frase é positivo ou negativo? {x}", "Positivo.", "Negativo."),
    ("Frase: {x}\nSentimento (positivo ou negativo):", "Positivo.", "Negativo."),
    ("Quem escreveu isto gostou ou não gostou? {x}", "Gostou.", "Não gostou."),
    ("Leia a opinião: {x} Ela é positiva ou negativa?", "Positiva.", "Negativa."),
    ("A opinião a seguir é positiva ou negativa?\n{x}", "Positiva.", "Negativa."),
)


def _sentiment(rng: random.Random, split: str) -> tuple[str, str, dict]:
    good = rng.random() < 0.5
    thing, gender = rng.choice(JUDGED)
    if rng.random() < 0.7:
        says = (GOOD if good else BAD)[gender]
        sentence = f"{cap(thing)} {rng.choice(says)}."
        if rng.random() < 0.3:
            other, its = rng.choice(JUDGED)
            if other != thing:
                more = rng.choice((GOOD if good else BAD)[its])
                sentence = f"{cap(thing)} {rng.choice(says)}, e {other} também {more}."
    else:
        sentence = rng.choice(LOVED if good else HATED).format(x=thing)
    allowed = {w: (yes, no) for w, yes, no in SENTIMENT}
    text = way(rng, split, tuple(allowed))
    yes, no = allowed[text]
    answer, wrong = (yes, no) if good else (no, yes)
    labels = ("positiv",) if good else ("negativ",)
    rivals = ("negativ",) if good else ("positiv",)
    if yes == "Gostou.":
        labels, rivals = (("gostou",), ("não gostou",)) if good else (("não gostou",), ())
    return text.format(x=sentence), answer, {"accepted": labels, "rivals": rivals, "wrong": (wrong,)}


SORTS = (
    ("animal", "animal"),
    ("fruta", "fruta"),
    ("roupa", "roupa"),
    ("instrumento", "instrumento musical"),
    ("ferramenta", "ferramenta"),
    ("brinquedo", "brinquedo"),
    ("movel", "móvel"),
    ("bebida", "bebida"),
)
SORTING = (
    "{X} é {a} ou {b}?", "{x}: {a} ou {b}?", "A palavra {x} nomeia {ua} ou {ub}?", "{X} é {ua} ou {ub}?",
    "Classifique a palavra {x}: {a} ou {b}.", "Diga se {x} é {a} ou {b}.",
)  # fmt: skip
FEMININE = {"fruta", "roupa", "ferramenta", "bebida"}
GENDER = (
    "A palavra {x} é masculina ou feminina?", "{X} é uma palavra masculina ou feminina?",
    "Classifique a palavra {x}: masculina ou feminina.",
)  # fmt: skip


WHAT = (
    "O que é {um}?", "Me diga o que é {um}.", "Que coisa é {um}?", "O que quer dizer {x}?",
    "Explique o que é {um}.", "Sabe o que é {um}?",
)  # fmt: skip


def _what(rng: random.Random, split: str) -> tuple[str, str, dict]:
    """The sort of an everyday thing: "Uma ferramenta."."""
    key, name = rng.choice(SORTS[1:])
    noun = rng.choice(lexicon().by_class[key])
    others = {label for sort, label in SORTS for n in lexicon().by_class[sort] if n.word == noun.word}
    answer = ("Uma " if key in FEMININE else "Um ") + name + "."
    text = way(rng, split, WHAT).format(
        um=f"{'um' if noun.gender == 'm' else 'uma'} {noun.word}", x=noun.word
    )
    rivals = tuple(label for _, label in SORTS if label not in others)
    return (
        text,
        answer,
        {"accepted": tuple(sorted(others)), "rivals": rivals, "wrong": (cap(rivals[0]) + ".",)},
    )


def classified(rng: random.Random, split: str) -> tuple[str, str, dict]:
    """Sentiment of a sentence, sort of thing, or gender of a noun."""
    chance = rng.random()
    if chance < 0.45:
        return _sentiment(rng, split)
    words = lexicon()
    if chance < 0.6:
        return _what(rng, split)
    if chance < 0.8:
        (one, name), (other, wrong) = rng.sample(SORTS, 2)
        both = {n.word for n in words.by_class[other]}
        members = [n for n in words.by_class[one] if n.word not in both]
        x = rng.choice(members).word
        first, second = (name, wrong) if rng.random() < 0.5 else (wrong, name)
        ua, ub = (("uma " if s in FEMININE else "um ") + s for s in (first, second))
        text = way(rng, split, SORTING).format(x=x, X=cap(x), a=first, b=second, ua=ua, ub=ub)
        return text, cap(name) + ".", {"accepted": (name,), "rivals": (wrong,), "wrong": (cap(wrong) + ".",)}
    genders: dict[str, set[str]] = {}
    for n in words.nouns:
        genders.setdefault(n.word, set()).add(n.gender)
    x = rng.choice(words.nouns)
    while len(genders[x.word]) > 1 or "pessoa" in x.classes:
        x = rng.choice(words.nouns)
    answer, wrong = ("Masculina.", "Feminina.") if x.gender == "m" else ("Feminina.", "Masculina.")
    text = way(rng, split, GENDER).format(x=x.word, X=cap(x.word))
    return (
        text,
        answer,
        {"accepted": (answer[:6].lower(),), "rivals": (wrong[:6].lower(),), "wrong": (wrong,)},
    )


def soft(rng: random.Random, split: str, text: str) -> str:
    """A request, now and then in another manner."""
    return asked(rng, split, text) if text.endswith("?") and rng.random() < 0.3 else text
