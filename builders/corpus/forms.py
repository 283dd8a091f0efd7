"""In-context forms other than the plain passage: lists, forms, letters, talks, timetables, sources, patterns.

Each function returns the text of one document; lines that begin with "Resposta: " are its answers.
"""

from __future__ import annotations

import random

from builders.corpus.echo import ask, classify, distinct, pattern, quote, repeat
from builders.corpus.fillers import filler
from builders.corpus.invented import Noun, cap, pessoa
from builders.corpus.passages import NOT_IN_TEXT, Passage, build, questions_on, statement
from builders.corpus.prose import story
from builders.corpus.relations import fill
from builders.corpus.values import noun

ORDINALS = ("primeiro", "segundo", "terceiro", "quarto", "quinto", "sexto")


def o(n: Noun) -> str:
    """A noun with its definite article, where it takes one."""
    return (("o " if n.gender == "m" else "a ") if n.article else "") + n.text


def do(n: Noun) -> str:
    """A noun with "de", contracted with its article."""
    return (("do " if n.gender == "m" else "da ") if n.article else "de ") + n.text


def named(rng: random.Random, split: str, count: int) -> list[Noun]:
    """`count` people with names: a card or a letter is not signed "o menino"."""
    found: dict[str, Noun] = {}
    while len(found) < count:
        made = pessoa(rng, split)
        if made.text[0].isupper():
            found.setdefault(made.text, made)
    return list(found.values())


def record(rng: random.Random, split: str) -> str:
    """A card of fields about one or two people."""
    fields = {
        "Idade": ("idade", "Quantos anos tem {s}?", " anos"),
        "Cidade": ("cidade", "Em que cidade mora {s}?", ""),
        "Profissão": ("profissao", "Qual é a profissão {ds}?", ""),
        "Cor preferida": ("cor", "Qual é a cor preferida {ds}?", ""),
        "Fruta": ("fruta", "Qual é a fruta {ds}?", ""),
        "Bebida": ("bebida", "O que {s} bebe?", ""),
        "Instrumento": ("instrumento", "Que instrumento toca {s}?", ""),
        "Esporte": ("esporte", "Que esporte pratica {s}?", ""),
        "Turma": ("codigo", "Em que turma está {s}?", ""),
        "Senha": ("palavra", "Qual é a senha {ds}?", ""),
        "Apelido": ("nome", "Qual é o apelido {ds}?", ""),
        "Aniversário": ("data", "Quando é o aniversário {ds}?", ""),
        "Matéria preferida": ("materia", "Qual é a matéria preferida {ds}?", ""),
        "Sapato": ("tamanho", "Que número calça {s}?", ""),
    }
    names = rng.sample(list(fields), rng.randint(2, 5))
    blocks, pairs = [], []
    for person in named(rng, split, rng.choice((1, 1, 2))):
        lines = [f"Nome: {person.text}"]
        for name in names:
            kind, question, unit = fields[name]
            value = noun(rng, split, kind, person.gender).text + unit
            lines.append(f"{name}: {value}")
            pairs.append((question.format(s=o(person), ds=do(person)), value + "."))
        if rng.random() < 0.4:
            kind, question, _ = fields[rng.choice([name for name in fields if name not in names])]
            pairs.append((question.format(s=o(person), ds=do(person)), NOT_IN_TEXT))
        blocks.append("\n".join(lines))
    return ask(rng, rng.choice(["Contexto:\n", "Ficha:\n"]) + "\n".join(blocks), pairs, 5)


def shopping(rng: random.Random, split: str) -> str:
    """A list in order: its first, its last, what comes after, how many."""
    kind = rng.choice(["fruta", "objeto", "comida", "palavra", "nome", "bicho", "cidade", "produto"])
    items = [n.text for n in distinct(rng, split, kind, rng.randint(3, 7))]
    title = rng.choice(["Lista", "Lista de compras", "Ordem da fila", "Sequência", "Palavras"])
    if kind in ("palavra", "nome", "cidade", "bicho") and title == "Lista de compras":
        title = "Lista"
    body = (
        "\n".join(f"{i}. {item}" for i, item in enumerate(items, 1))
        if rng.random() < 0.4
        else ", ".join(items) + "."
    )
    head = f"Contexto: {title}: {body}" if body.endswith(".") else f"Contexto: {title}:\n{body}"
    i = rng.randrange(len(items) - 1)
    missing = distinct(rng, split, kind, 1)[0].text
    place = rng.randrange(min(len(items), len(ORDINALS)))
    pairs = [
        ("Qual é o primeiro item da lista?", items[0] + "."),
        ("Qual é o último item da lista?", items[-1] + "."),
        (f"Qual é o {ORDINALS[place]} item?", items[place] + "."),
        (f"O que vem depois de {items[i]}?", items[i + 1] + "."),
        (f"O que vem antes de {items[i + 1]}?", items[i] + "."),
        (f"A lista tem {items[i]}?", "Sim."),
        (f"A lista tem {missing}?", "Sim." if missing in items else "Não."),
        ("Quantos itens há na lista?", f"{len(items)}."),
        ("Repita a lista.", ", ".join(items) + "."),
    ]
    return ask(rng, head, list(dict(pairs).items()), 5)


def letter(rng: random.Random, split: str) -> str:
    """A letter in the first person; who wrote, to whom, and what it tells."""
    writer, reader = named(rng, split, 2)
    city, thing = noun(rng, split, "cidade").text, noun(rng, split, "objeto")
    date, color = noun(rng, split, "data").text, noun(rng, split, "cor_f").text
    friend, food = noun(rng, split, "pessoa"), noun(rng, split, "comida")
    um = "um" if thing.gender == "m" else "uma"
    told = [
        (f"Moro agora em {city}.", (f"Onde mora {o(writer)}?", f"em {city}.")),
        (f"Chego no dia {date}.", (f"Quando chega {o(writer)}?", f"no dia {date}.")),
        (f"Comprei {um} {thing.text}.", (f"O que {o(writer)} comprou?", f"{um} {thing.text}.")),
        (f"Minha casa é {color}.", (f"De que cor é a casa {do(writer)}?", f"{color}.")),
        (f"Conheci {o(friend)} na viagem.", (f"Quem {o(writer)} conheceu na viagem?", f"{o(friend)}.")),
        (f"Aprendi a fazer {food.text}.", (f"O que {o(writer)} aprendeu a fazer?", f"{food.text}.")),
        (f"Estou com saudade {do(friend)}.", (f"De quem {o(writer)} sente saudade?", f"{do(friend)}.")),
    ]
    chosen = rng.sample(told[:5] if rng.random() < 0.5 else [*told[:4], *told[5:]], rng.randint(2, 4))
    dear = "Querido" if reader.gender == "m" else "Querida"
    close = rng.choice(["Um abraço,", "Com carinho,", "Até logo,", "Beijos,", "Saudades,"])
    body = " ".join(text for text, _ in chosen)
    head = f"Contexto: {dear} {reader.text},\n{body}\n{close}\n{writer.text}"
    pairs = [
        ("Quem escreveu a carta?", o(writer) + "."),
        ("Para quem é a carta?", f"para {o(reader)}."),
        *(p for _, p in chosen),
    ]
    return ask(rng, head, pairs)


def talk(rng: random.Random, split: str) -> str:
    """Two or three people speak of themselves in turn."""
    frames = (
        ("moro em {v}", "cidade", "Onde mora {s}?", "em {v}."),
        ("tenho {v} anos", "idade", "Quantos anos tem {s}?", "{v} anos."),
        ("gosto de {v}", "fruta", "De que fruta {s} gosta?", "de {v}."),
        ("toco {v}", "instrumento", "Que instrumento {s} toca?", "{v}."),
        ("vou {v}", "transporte", "Como {s} vai?", "{v}."),
        ("acordo às {v}", "hora", "A que horas {s} acorda?", "às {v}."),
        ("minha senha é {v}", "palavra", "Qual é a senha {ds}?", "{v}."),
        ("meu número é {v}", "numero", "Qual é o número {ds}?", "{v}."),
        ("torço pelo {v}", "nome", "Por qual time {s} torce?", "pelo {v}."),
        ("prefiro a cor {v}", "cor_f", "Que cor {s} prefere?", "{v}."),
        ("vou viajar para {v}", "cidade", "Para onde {s} vai viajar?", "para {v}."),
        ("estudo {v}", "materia", "O que {s} estuda?", "{v}."),
        ("comi {v}", "comida", "O que {s} comeu?", "{v}."),
    )
    people = named(rng, split, rng.choice((2, 2, 3)))
    chosen = rng.sample(frames, rng.choice((1, 1, 2)))
    lines, pairs = [], []
    for text, kind, question, answer in chosen:
        for person, value in zip(people, distinct(rng, split, kind, len(people)), strict=True):
            said = cap(text.format(v=value.text))
            lines.append(
                f"{cap(o(person))}: {said}." if rng.random() < 0.6 else f"— {said} — disse {o(person)}."
            )
            pairs.append((question.format(s=o(person), ds=do(person)), answer.format(v=value.text)))
            pairs.append((f"Quem disse: “{said}”?", o(person) + "."))
    sep = "\n"
    return ask(rng, "Contexto:" + sep + sep.join(lines), pairs)


def timetable(rng: random.Random, split: str) -> str:
    """Hours, days or prices against things, as a small table in lines."""
    key, value, by_key, by_value = rng.choice(
        (
            ("hora", "materia", "Que aula é às {k}?", "A que horas é a aula de {v}?"),
            ("dia", "materia", "Que aula há no horário de {k}?", "Em que dia há aula de {v}?"),
            ("dia", "comida", "O que se come no cardápio de {k}?", "Em que dia se come {v}?"),
            ("objeto", "preco", "Quanto custa {ok}?", "O que custa {v}?"),
            ("fruta", "preco", "Quanto custa {ok}?", "O que custa {v}?"),
            ("cidade", "hora", "A que horas parte o ônibus para {k}?", "Para onde é o ônibus das {v}?"),
            ("pessoa", "codigo", "Qual é o código {dk}?", "De quem é o código {v}?"),
            ("pessoa", "numero", "Quantos pontos fez {ok}?", "Quem fez {v} pontos?"),
            ("sala", "pessoa", "Quem está n{ok}?", "Em que sala está {ov}?"),
            ("nome", "palavra", "Qual é a palavra de {k}?", "Quem tem a palavra {v}?"),
        )
    )
    count = rng.randint(3, 6)
    keys, values = distinct(rng, split, key, count), distinct(rng, split, value, count)
    lines, pairs = [], []
    for k, v in zip(keys, values, strict=True):
        lines.append(f"{cap(k.text)}: {v.text}")
        words = {"k": k.text, "v": v.text, "ok": o(k), "ov": o(v), "dk": do(k)}
        pairs.append((by_key.format(**words), f"{v.text}."))
        pairs.append((by_value.format(**words), f"{k.text}."))
    return ask(rng, rng.choice(["Contexto:\n", "Tabela:\n"]) + "\n".join(lines), pairs, 5)


def numbered(
    rng: random.Random, split: str, count: int, pool: str | None = None, wordings: str | None = None
) -> tuple[str, list[tuple[str, str, int]]]:
    """`count` numbered passages, `[1] …` a line each, and questions: (question, answer, number of passage).

    Only questions whose answer stands in one passage alone, under a name that no other passage holds.
    Number 0: no passage holds the answer.
    """
    pool = pool or ("trained" if split == "train" else None)
    made = [build(rng, split, rng.choice((1, 1, 2, 2, 3)), 3, pool, wordings) for _ in range(count)]
    if rng.random() < 0.5:  # the same thing told of other subjects, one of them in each passage
        for _ in range(20):
            whole = build(rng, split, count, 4, pool, wordings)
            if len(whole.facts) == count and len({f.subject.text for f in whole.facts}) == count:
                parts = [
                    statement(rng, fact) + (" " + filler(rng, split, []) if rng.random() < 0.4 else "")
                    for fact in whole.facts
                ]
                made = [
                    Passage(part, questions_on(rng, fact), (fact,))
                    for part, fact in zip(parts, whole.facts, strict=True)
                ]
                break
    texts = [passage.text.lower() for passage in made]
    found = []
    for i, passage in enumerate(made, 1):
        for question, answer in passage.questions:
            if answer in ("Sim.", "Não.", NOT_IN_TEXT):
                continue
            names = [f.subject.text.lower() for f in passage.facts] + [
                f.value.text.lower() for f in passage.facts
            ]
            asked = question.lower()
            owners = {j for name in names if name in asked for j, text in enumerate(texts, 1) if name in text}
            if owners == {i}:
                found.append((question, answer.rstrip("."), i))
    head = "\n".join(f"[{i}] {passage.text}" for i, passage in enumerate(made, 1))
    passage = rng.choice(made)
    fact = passage.facts[0]
    stranger = noun(rng, split, fact.relation.subject)
    if stranger.text.lower() not in head.lower():
        found.append((cap(fill(fact.relation.questions[0][0], stranger, fact.value)), "", 0))
    return head, found


def sources(rng: random.Random, split: str) -> str:
    """Numbered passages: what they say, with the number of the source, or which of them says it.

    One convention: an answer is followed by its source, "Trelan. [2]"; "Em qual texto …?" is answered by
    "[2]" alone; what no passage holds, by "O texto não diz.".
    """
    head, found = numbered(rng, split, rng.choice((2, 3, 4, 4)))
    pairs = []
    for question, answer, i in found:
        if not i:
            pairs.append((rng.choice((question, which_source(rng, question))), NOT_IN_TEXT))
        elif rng.random() < 0.5:
            pairs.append((question, f"{answer}. [{i}]"))
        else:
            pairs.append((which_source(rng, question), f"[{i}]"))
    return ask(rng, "Contexto:\n" + head, list(dict(pairs).items()))


WHICH = (
    "Em qual texto está a resposta de “{q}”",
    "Em qual texto se responde a isto: {q}",
    "Qual texto responde: {q}",
)


def which_source(rng: random.Random, question: str) -> str:
    """The question that asks for the number of the passage that answers `question`."""
    text = rng.choice(WHICH).format(q=question)
    return text if text.endswith("?") else text + "?"


def dictionary(rng: random.Random, split: str) -> str:
    """An invented language: pairs of words, then translation both ways."""
    count = rng.randint(3, 6)
    kind = rng.choice(["objeto", "bicho", "fruta", "comida"])
    known = [n.text for n in distinct(rng, split, kind, count)]
    strange = [n.text for n in distinct(rng, split, "palavra", count)]
    sign = rng.choice([" = ", " quer dizer ", ": ", " significa "])
    lines = [f"{s}{sign}{k}" for s, k in zip(strange, known, strict=True)]
    pairs = [(f"O que quer dizer {s}?", k + ".") for s, k in zip(strange, known, strict=True)]
    pairs += [(f"Como se diz {k}?", s + ".") for s, k in zip(strange, known, strict=True)]
    head = "Contexto: " + "; ".join(lines) + "." if rng.random() < 0.5 else "Contexto:\n" + "\n".join(lines)
    return ask(rng, head, pairs, 5)


def steps(rng: random.Random, split: str) -> str:
    """Instructions in order."""
    verbs = ("pegue", "abra", "limpe", "guarde", "vire", "molhe", "conte", "marque", "levante", "feche")
    count = rng.randint(3, 5)
    things = distinct(rng, split, "objeto" if rng.random() < 0.6 else "especie", count)
    lines = [f"{verb} {o(thing)}" for verb, thing in zip(rng.sample(verbs, count), things, strict=True)]
    glue = ["primeiro", *rng.sample(["depois", "em seguida", "então", "logo depois"], count - 2), "por fim"]
    head = "Contexto: " + " ".join(f"{cap(g)}, {line}." for g, line in zip(glue, lines, strict=True))
    i = rng.randrange(count - 1)
    pairs = [
        ("O que se faz primeiro?", cap(lines[0]) + "."),
        ("Qual é o último passo?", cap(lines[-1]) + "."),
        (f"O que se faz depois deste passo: {lines[i]}?", cap(lines[i + 1]) + "."),
        ("Quantos passos são?", f"{count}."),
    ]
    return ask(rng, head, pairs)


FORMS = (
    record,
    shopping,
    letter,
    talk,
    timetable,
    sources,
    sources,
    sources,
    dictionary,
    repeat,
    repeat,
    repeat,
    pattern,
    classify,
    steps,
    quote,
    story,
    story,
    story,
    story,
)
