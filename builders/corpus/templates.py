"""The small template language of `data/corpus/{historias,dialogos,descricoes}`, compiled once, rendered fast.

A file is one plot. `#` starts a comment, `@x type class class …` casts a role, `== beat` starts a beat; every
other line is one wording of it. `==? beat` is left out half of the time, `==*2 beat` takes two wordings.

    roles    @h char crianca mato     a character with a noun of one of the classes (or of one of the words)
             @x noun perdivel         a thing;  @c adj cor  an adjective
    text     [a|b|]                   one of the alternatives, which may nest
             {%nome}                  a wording of the macro `nome` of `comum.txt`
             {h} {de:h} {um:x} {-:x}  a mention: definite, contracted with de/em/a/por, indefinite, bare
             {os:x} {dos:x} {s:x}     the same in the plural; {s:x} is bare
             {n:h} {k:h} {voc:h}      only the name; only the kind ("o unicórnio"); a vocative
             {novo:x}                 "uma bola" the first time, "a bola" afterwards
             {intro:h} {intro+:h}     "um unicórnio [curioso] chamado Beto"
             {ser:h} {apos:h}         "Beto era um unicórnio curioso"; "Beto, um unicórnio curioso,"
             {cargo:h}                "o padeiro Davi"
             {o/a:h}                  an ending or word chosen by gender; {eles/elas:hf} of a group
             {c~x} {c~s~x}            the adjective `c` agreeing with `x`, singular or plural
             ¶                        a new paragraph; a wording that starts with — starts one by itself

The first mention of a character introduces it, whatever the form. A subject may become "ele" or "ela" where
nobody else of that gender was mentioned since. Words are chosen in `casting`, grammar checked in `agreement`.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from builders.corpus.casting import Character, Role, cast, pick
from builders.corpus.lexicon import DATA, HELD_OUT, LexiconError, lexicon
from builders.corpus.morphology import DETERMINERS

Render = Callable[[dict, Callable[[], float]], str]


_PLURALS = {"os": "o", "dos": "de", "nos": "em", "aos": "a", "pelos": "por", "uns": "um", "seus": "seu"}
_PLURALS |= {"meus": "meu", "esses": "esse", "aqueles": "aquele", "dois": "dois", "muitos": "muito"}
_PLURALS |= {"quantos": "quanto", "outros": "outro", "nossos": "nosso"}


_FORMS = ("-", "s", "n", "k", "voc", "intro", "intro+", "ser", "apos", "cargo", "novo", "subject")
_BEFORE_SUBJECT = (". ", "! ", "? ", "¶", ", ")  # where {h} may become a pronoun


def _character_mention(
    form: str, var: str, who: Character, random_: Callable[[], float], context: dict
) -> str:
    """The first mention introduces, whatever the form; later ones take the name or the kind."""
    noun, seen = who.noun, context["seen"]
    new, last = var not in seen, context["last"]
    again = last == (var, noun.gender)
    seen.add(var)
    if form in ("subject", "intro", "intro+", "ser", "apos") and not (
        new and last and last[1] == noun.gender
    ):
        context["last"] = (var, noun.gender)  # a new tuple each time: `tell` sees that there was a mention
    elif last and not again:
        context["last"] = None  # somebody else came between
    one, the = (DETERMINERS[d][noun.gender == "f"] for d in ("um", "o"))
    if form == "voc":
        return who.name or ("amiga" if noun.gender == "f" else "amigo")
    if form == "cargo":
        return f"{the} {noun.word} {who.name}" if who.name else f"{the} {noun.word}"
    if form == "n" and who.name:
        return who.name
    if form == "subject":
        if again and not new and not who.only_name and random_() < 0.5:
            context["last"] = None  # never two pronouns running
            return "ela" if noun.gender == "f" else "ele"
        form = "o"
    if new:
        trait = f" {context['t'].form(noun.gender)}" if form in ("intro+", "ser", "apos") else ""
        kind = f"{one} {noun.word}{trait}"
        if form == "ser":
            return f"{who.name} era {kind}" if who.name else f"havia {kind}"
        if form == "apos":
            return f"{who.name}, {kind}," if who.name else kind
        phrase = f"{kind} chamad{'a' if noun.gender == 'f' else 'o'} {who.name}" if who.name else kind
        if form == "em":
            return "n" + phrase
        return f"{form} {phrase}" if form in ("de", "a", "por") else phrase
    if form == "k" and not who.only_name:
        return f"{the} {noun.word}"
    if who.name and (who.only_name or random_() < 0.62):
        return f"{form} {who.name}" if form in ("de", "em", "a", "por") else who.name
    return f"{DETERMINERS[form if form in DETERMINERS else 'o'][noun.gender == 'f']} {noun.word}"


def _mention(form: str, var: str, random_: Callable[[], float], context: dict) -> str:
    value = context[var]
    if (
        form not in DETERMINERS
        and isinstance(value, Character)
        and form not in _PLURALS
        and form not in ("-", "s")
    ):
        return _character_mention(form, var, value, random_, context)
    if isinstance(value, Character):
        if form in ("o", "de", "em", "a", "por", "subject"):
            return _character_mention(form, var, value, random_, context)
        noun = value.noun
    else:
        noun = value
        if context["last"] and context["last"][1] == noun.gender:
            context["last"] = None  # "ele" could now be this thing
        form = "o" if form == "subject" else form
        if form == "novo":
            form = "o" if var in context["seen"] else "um"
        if form in DETERMINERS:
            context["seen"].add(var)
    if form == "-":
        return noun.word
    if form == "s":
        return noun.plural
    if form in _PLURALS:
        return f"{DETERMINERS[_PLURALS[form]][2 + (noun.gender == 'f')]} {noun.plural}"
    return f"{DETERMINERS[form][noun.gender == 'f']} {noun.word}"


def _gender_of(value) -> str:
    return value.gender


def _slot(body: str, where: str) -> Render:
    """The part between braces."""
    if body.startswith("%"):
        name = body[1:]
        return lambda context, random_: pick(macros()[name], random_)(context, random_)
    if "~" in body:
        adjective, *middle, target = body.split("~")
        plural = middle == ["s"]
        return lambda context, random_: context[adjective].form(_gender_of(context[target]), plural)
    form, _, var = body.rpartition(":")
    if "/" in form:
        masculine, feminine = form.split("/")
        if len(var) == 1:
            return lambda context, random_: feminine if context[var].gender == "f" else masculine
        subject = masculine in ("eles", "os dois")

        def group(context: dict, random_: Callable[[], float]) -> str:
            if subject and not set(var) <= context["seen"]:  # "os dois" would have no antecedent
                return " e ".join([_mention("o", v, random_, context) for v in var])
            context["last"] = None
            return feminine if all(context[v].gender == "f" for v in var) else masculine

        return group
    form = form or "o"
    if form not in DETERMINERS and form not in _PLURALS and form not in _FORMS:
        raise LexiconError(f"{where}: unknown form '{{{body}}}'")
    return lambda context, random_: _mention(form, var, random_, context)


def _sequence(parts: list) -> Render | str:
    if all(isinstance(p, str) for p in parts):
        return "".join(parts)
    frozen = tuple(parts)
    return lambda context, random_: "".join([p if type(p) is str else p(context, random_) for p in frozen])


def _choice(options: list) -> Render:
    frozen, count = tuple(options), len(options)

    def render(context: dict, random_: Callable[[], float]) -> str:
        option = frozen[int(random_() * count)]
        return option if type(option) is str else option(context, random_)

    return render


def compile_line(line: str, where: str) -> Render:
    """Parse one wording; `where` names file and line in errors."""

    def parse(position: int, inside: bool) -> tuple[list, int]:
        options, parts, text = [], [], ""
        while position < len(line):
            char = line[position]
            if char == "{":
                end = line.find("}", position)
                if end < 0:
                    raise LexiconError(f"{where}: '{{' without '}}'")
                body, before = line[position + 1 : end], line[:position]
                opens = body.isalpha() and (not before or before.endswith(_BEFORE_SUBJECT))
                after = line[end + 1 : end + 5]
                if opens and after[:1] == " " and after not in (" e {", " ou {"):
                    body = f"subject:{body}"
                parts += [text, _slot(body, where)]
                text, position = "", end + 1
            elif char == "[":
                inner, position = parse(position + 1, True)
                parts += [text, _choice(inner)]
                text = ""
            elif inside and char in "|]":
                options.append(_sequence([p for p in [*parts, text] if p != ""]))
                parts, text, position = [], "", position + 1
                if char == "]":
                    return options, position
            else:
                text, position = text + ("\n" if char == "¶" else char), position + 1
        if inside:
            raise LexiconError(f"{where}: '[' without ']'")
        return [*parts, text], position

    rendered = _sequence([p for p in parse(0, False)[0] if p != ""])
    return (lambda context, random_: rendered) if isinstance(rendered, str) else rendered


@lru_cache(maxsize=1)
def macros() -> dict[str, tuple[Render, ...]]:
    path, found, name = DATA / "comum.txt", {}, ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("= "):
            name = line[2:].strip()
            found[name] = []
        elif line.strip() and not line.startswith("#"):
            found[name].append(compile_line(line.strip(), f"{path.name}, line {number}"))
    return {key: tuple(value) for key, value in found.items()}


@dataclass(frozen=True)
class Plot:
    name: str
    roles: tuple[Role, ...]
    beats: tuple[tuple[int, tuple[Render, ...]], ...]  # how many wordings (0: none or one), wordings


def _pools(kind: str, classes: list[str], where: str) -> tuple[tuple, ...]:
    words = lexicon()
    groups = words.adjectives_by_class if kind == "adj" else words.by_class
    by_word: dict[str, list] = {}
    for item in words.adjectives if kind == "adj" else words.nouns:
        by_word.setdefault(item.forms[0] if kind == "adj" else item.word, []).append(item)
    pools = [groups.get(c) or tuple(by_word.get(c.replace("_", " "), ())) for c in classes]
    for name, pool in zip(classes, pools, strict=True):
        if name in groups and name in by_word:
            raise LexiconError(f"{where}: '{name}' is both a class and a word, rename the class")
        if not pool:
            raise LexiconError(f"{where}: '{name}' is neither a class nor a word of the tables")
    single = [item for pool in pools if len(pool) == 1 for item in pool]
    return tuple(p for p in pools if len(p) > 1) + ((tuple(single),) if single else ())


def load_plot(path: Path) -> Plot:
    roles, beats = [("t", "adj", _pools("adj", ["carater"], path.name))], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where, line = f"{path.name}, line {number}", line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("@"):
            variable, kind, *classes = line[1:].split()
            if kind not in ("char", "noun", "adj"):
                raise LexiconError(f"{where}: unknown role type '{kind}'")
            roles.append((variable, kind, _pools(kind, classes, where)))
        elif line.startswith("=="):
            count = 0 if line.startswith("==?") else int(line[3]) if line.startswith("==*") else 1
            beats.append((count, []))
        elif not beats:
            raise LexiconError(f"{where}: text before the first beat")
        else:
            beats[-1][1].append(compile_line(line, where))
    if not beats or not all(len(wordings) >= max(1, count) for count, wordings in beats):
        raise LexiconError(f"{path.name}: a plot needs beats, and every beat enough wordings")
    return Plot(path.stem, tuple(roles), tuple((count, tuple(wordings)) for count, wordings in beats))


@cache
def plots(folder: str) -> tuple[Plot, ...]:
    """Every plot of `data/corpus/<folder>`, by file name."""
    return tuple(load_plot(path) for path in sorted((DATA / folder).glob("*.txt")))


_SENTENCE_START = re.compile(r'(?:^|(?<=[.!?] )|(?<=[.!?]" )|(?<=\n)|(?<=\n— )|(?<=^— ))[a-zà-ÿ]')


def _capital(match: re.Match) -> str:
    found = match.group()
    return found[:-1] + found[-1].upper()


def tell(plot: Plot, split: str, rng: random.Random, hero: str | None = None) -> str:
    """One text of the plot, its hero of a given kind or any; reserved ones only in split "valid"."""
    random_ = rng.random
    while True:
        context = cast(plot.roles, split, random_, hero)
        lead = context.get("h")
        held = isinstance(lead, Character) and (lead.noun.word, plot.name) in HELD_OUT["heroi_enredo"]
        if not (held and split == "train"):
            break
    text = ""
    for count, wordings in plot.beats:
        if count == 0 and random_() < 0.5:
            continue
        for wording in [pick(wordings, random_)] if count < 2 else rng.sample(wordings, count):
            last = context["last"]
            part = wording(context, random_).strip(" ")
            if context["last"] is last:
                context["last"] = (
                    None  # nobody was mentioned here: the next pronoun would be far from its name
                )
            spoken = part.startswith("—") or text.rpartition("\n")[2].startswith("—")
            joint = (
                "" if not text or text.endswith("\n") or part.startswith("\n") else "\n" if spoken else " "
            )
            text += joint + part
    return polish(text.strip())


def polish(text: str) -> str:
    """Capital letters at the start of sentences, no double spaces."""
    return _SENTENCE_START.sub(_capital, text.replace("  ", " ").replace(" \n", "\n").replace(" ,", ","))
