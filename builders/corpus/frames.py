"""Compile the frames of `data/corpus/frases.txt`: roles to be cast, and a text with fields that agree.

"= x roupa pl; p | {o:x} {de:p} {estar.i~x} {e~x}." asks for clothes in the plural and for somebody, and makes
"As meias do padeiro estavam secas." The head of frases.txt explains the language. A frame that nothing can
fill, an unknown list, tense or adjective raises `LexiconError` with the line. Casting is in `sentences`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from builders.corpus.casting import pick
from builders.corpus.lexicon import DATA, LexiconError, Noun, lexicon
from builders.corpus.morphology import DETERMINERS, ELE, ELES, conjugate, gerund, participle
from builders.corpus.phrases import (
    CLITICS,
    PRONOUNS,
    SETS,
    Forms,
    Phrase,
    Pools,
    Predicate,
    forms_of,
    lists,
    names,
    people,
    phrases,
    pools,
    read,
    subjects,
)

TENSES = {"p": "presente", "f": "perfeito", "i": "imperfeito"}  # and v: "vou dormir"; t: drawn per sentence
_CUJO = ("cujo", "cuja", "cujos", "cujas")
_ONE = {"um": ("um", "uma"), "nenhum": ("nenhum", "nenhuma"), "algum": ("algum", "alguma")}
_NUMERALS = ("dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez", "doze", "quinze")
_NUMERALS += (*_NUMERALS[:9], "vinte", "vinte e um", "vinte e dois", "trinta", "trinta e dois", "duzentos")
_FEMININE = (("dois", "duas"), ("um", "uma"), ("duzentos", "duzentas"))

Random = Callable[[], float]


@dataclass(frozen=True)
class Frame:
    """A compiled sentence: its roles with where to draw them from, and its parts."""

    name: str
    only_valid: bool
    roles: tuple[tuple[str, Pools], ...]
    parts: tuple[str | Callable[[dict, Random], str], ...]
    capitals: bool  # a sentence starts inside the frame, or after a quotation mark


_DEFAULT = {
    "x": "objeto roupa brinquedo movel",
    "y": "objeto roupa brinquedo movel",
    "z": "armário estante prateleira gaveta caixa cesta baú sacola mesa",
    "b": "pet mato rural ave",
    "d": "pet mato rural ave",
    "l": "urbano sítio fazenda roça castelo horta quintal",
    "f": "fruta salgado doces",
}
_SLOT = re.compile(r"\{([^{}]+)\}")
_VERBS = ("V", "A", "T", "H", "B")


def _numeral(phrase: Phrase, random_: Random) -> str:
    word = pick(_NUMERALS, random_)
    if phrase.index % 2:
        for masculine, feminine in _FEMININE:
            word = re.sub(rf"\b{masculine}$", feminine, word)
    return word


def _mention(form: str, who: Phrase, random_: Random) -> str:
    """One form of a phrase; the head of frases.txt lists them."""
    index = who.index
    if form == "o":
        return who.text
    if form == "-":
        return who.word
    if form == "ele":
        return PRONOUNS[index]
    if form in ("dele", "nele"):
        return form[0] + PRONOUNS[index]
    if form == "lo":
        return CLITICS[index]
    if form == "cujo":
        return f"{_CUJO[index]} {who.word}"
    if form == "num":
        return f"{_numeral(who, random_)} {who.word}"
    if form[-1] == "1":
        return _ONE[form[:-1]][index % 2]
    if form[-1] == "=":
        return DETERMINERS[form[:-1]][index]
    if who.bare:
        return f"{form} {who.word}"
    return f"{DETERMINERS[form][index]} {who.word}"


_FIXED = {
    "eu": (0, 0), "tu": (1, 0), "ele": (ELE, 0), "ela": (ELE, 1), "nós": (3, 2), "eles": (ELES, 2),
    "elas": (ELES, 3), "você": (ELE, 0), "vocês": (ELES, 2),
}  # fmt: skip


def _target(name: str) -> Callable[[dict], tuple[int, int]]:
    """(person, index) of what a verb or an adjective agrees with."""
    if name in _FIXED:
        return lambda context: _FIXED[name]
    if name[-1] == "1":
        return lambda context: (ELE, context[name[0]].index % 2)
    if "+" in name:
        one, two = name.split("+")

        def both(context: dict) -> tuple[int, int]:
            a, b = context[one], context[two]
            person = 3 if {a.person, b.person} & {0, 3} else ELES
            return person, 2 + (a.index % 2 and b.index % 2)

        return both
    return lambda context: (context[name].person, context[name].index)


@cache
def _finite(infinitive: str, tense: str, person: int) -> str:
    if tense == "v":
        return f"{conjugate('ir', 'presente', person)} {infinitive}"
    if tense == "g":
        return gerund(infinitive)
    if tense == "z":
        return infinitive
    return conjugate(infinitive, TENSES[tense], person)


@cache
def _participles(infinitive: str) -> Forms:
    return tuple(participle(infinitive)[:-1] + ending for ending in ("o", "a", "os", "as"))


def _slot(text: str, where: str) -> Callable[[dict, Random], str]:
    if ":" in text:
        form, _, var = text.partition(":")
        known = ("-", "o?", "ele", "dele", "nele", "lo", "cujo", "num", "com", "para", *DETERMINERS)
        if form.lower().rstrip("=") not in known and form[:5] != "poss." and form[:-1] not in _ONE:
            raise LexiconError(f"{where}: unknown form '{form}'")
        if form[0].isupper():
            form = form[0].lower() + form[1:]

            def capital(context: dict, random_: Random) -> str:
                found = _mention(form, context[var], random_)
                return found[0].upper() + found[1:]

            return capital
        if form == "o?":
            return lambda c, r: "" if c[var].word in ("eu", "nós") and r() < 0.4 else c[var].text + " "
        if form.startswith("poss."):
            return lambda c, r: _possessed(c[form[5:]], c[var])
        if form == "com" or form == "para":
            return lambda c, r: f"{form} {c[var].text}"
        return lambda c, r: _mention(form, c[var], r)
    what, _, name = text.partition("~")
    if not name:
        raise LexiconError(f"{where}: a field is {{form:role}} or {{word~role}}, not {{{text}}}")
    name, _, thing = name.partition(">")
    target = _target(name)
    word, dot, tense = what.partition(".")
    if not dot:
        if word in SETS:
            var = name[0]

            def adjective(context: dict, random_: Random) -> str:
                forms = pick(context[var].adjectives[word], random_)
                if forms is context.get("adjective"):  # not "vermelho, mas … vermelhas"
                    forms = pick(context[var].adjectives[word], random_)
                context["adjective"] = forms
                return forms[target(context)[1]]

            return adjective
        if word == "T":
            return lambda c, r: _participles(pick(c[thing or name[0]].done, r))[target(c)[1]]
        forms = forms_of(word, where)
        return lambda c, r: forms[target(c)[1]]
    if tense not in (*TENSES, "v", "t", "g", "z"):
        raise LexiconError(f"{where}: unknown tense '{tense}'")

    def choose(context: dict, random_: Random) -> Predicate:
        if word == "T":
            return pick(context[thing].done, random_), ""
        if word == "H":
            return pick(lists().human, random_), ""
        own = context[name].acts if name in context else ()
        if word == "A" and own and random_() < 0.5:
            return pick(own, random_)
        if word == "B":
            return pick(own if own and random_() < 0.5 else lists().animal, random_)
        return pick(lists().bare if word == "V" else lists().acts, random_)

    def verb(context: dict, random_: Random) -> str:
        infinitive, rest = choose(context, random_) if word in _VERBS else (word, "")
        for _ in range(6):
            if word not in _VERBS or infinitive not in context["verbs"]:
                break
            infinitive, rest = choose(context, random_)
        context["verbs"] = (*context["verbs"], infinitive)
        return _finite(infinitive, context["tense"] if tense == "t" else tense, target(context)[0]) + rest

    return verb


def _possessed(owner: Phrase, thing: Phrase) -> str:
    """ "minha bola" for eu, "nossa bola" for nós, "sua bola" for the others."""
    word = {0: "meu", 3: "nosso"}.get(owner.person, "nosso" if owner.word == "a gente" else "seu")
    return f"{DETERMINERS[word][thing.index]} {thing.word}"


def _members(classes: list[str], where: str) -> list[Noun]:
    words = lexicon()
    found: dict[Noun, None] = {}
    for name in classes:
        members = words.by_class.get(name) or [n for n in words.nouns if n.word == name.replace("_", " ")]
        if not members:
            raise LexiconError(f"{where}: '{name}' is neither a class nor a noun of the tables")
        found.update(dict.fromkeys(n for n in members if n.word not in lists().without))
    return list(found)


def _narrowed(var: str) -> re.Pattern:
    """Where a phrase is narrowed by what follows, which a name cannot be: "Ana que", "Ana da praça"."""
    after = "que|de|com|por|perto|atrás|ao lado|diante|em volta|longe|mais {q~.} {de:l"
    after += "|{(de:|com:|cujo|q~|c~|mesmo|cansado|sozinho)"
    return re.compile(rf"{{o:{var}}} ({after})".replace("{", "\\{"), re.IGNORECASE)


def _role(var: str, options: list[str], slots: list[str], text: str, split: str, where: str) -> Pools:
    """Where to draw a role from: what its frame asks of it must be possible."""
    numbers = [o for o in options if o in ("sg", "pl")]
    genders = [o for o in options if o in ("m", "f") and var != o]
    classes = [o for o in options if o not in (*numbers, *genders)]
    if var in "pr" and not classes:
        found = list(people(split))
        plain = all(s.split(":")[0].lower() in ("o", "de", "a", "por", "com", "para", "ele", "dele", "lo")
                    for s in slots if s.endswith(f":{var}"))  # fmt: skip
        if plain and not _narrowed(var).search(text):
            found += names(split) * 2
    elif not classes and var not in _DEFAULT:
        raise LexiconError(f"{where}: the role '{var}' needs a class, as in '= {var} roupa | …'")
    else:
        found = [p for n in _members(classes or _DEFAULT[var].split(), where) for p in phrases(n)]
    for slot in slots:
        what, _, target = slot.partition("~")
        if what in SETS and target[:1] == var:
            found = [p for p in found if p.adjectives[what]]
        if what[:1] == "T" and var in (target if what == "T" else target.partition(">")[2]):
            found = [p for p in found if p.done]
    if numbers:
        found = [p for p in found if (p.index > 1) == (numbers[0] == "pl")]
    if genders:
        found = [p for p in found if p.index % 2 == (genders[0] == "f")]
    if not found:
        raise LexiconError(f"{where}: nothing can be the role '{var}'")
    return pools(found)


def compile_frame(line: str, split: str, where: str = "frases.txt") -> Frame:
    """ "= x roupa pl; p | {o:x} {de:p} {estar.i~x} {e~x}." as a Frame."""
    head, _, text = line[1:].rpartition("|")
    options = {d.split()[0]: d.split()[1:] for d in head.split(";") if d.strip()}
    text = text.strip()
    slots = _SLOT.findall(text)
    order: list[str] = []
    for slot in slots:
        for name in re.split(r"[:~>+]", slot)[1:] if "~" in slot else [slot.split(":")[-1]]:
            name = name[:-1] if name[-1:] == "1" else name
            if len(name) == 1 and name not in order:
                order.append(name)
        if slot.startswith("poss.") and slot[5] not in order:
            order.insert(0, slot[5])
    parts: list[str | Callable[[dict, Random], str]] = []
    at = 0
    for match in _SLOT.finditer(text):
        if match.start() > at:
            parts.append(text[at : match.start()])
        parts.append(_slot(match.group(1), where))
        at = match.end()
    parts.append(text[at:])
    roles = []
    for var in order:
        if var in "su":
            adjectives = any(re.search(rf"^[^.>]+~{var}$", s) for s in slots)
            roles.append((var, subjects(split, adjectives)))
        else:
            roles.append((var, _role(var, options.get(var, []), slots, text, split, where)))
    capitals = bool(re.search("“|[.?!] ", text))
    return Frame(line[1:].strip(), line[0] == "!", tuple(roles), tuple(parts), capitals)


@cache
def frames(split: str) -> tuple[Frame, ...]:
    """The frames of a split: "valid" has all, "train" those without `!`."""
    _, found = read(DATA / "frases.txt")
    made = [compile_frame(line, split, where) for where, line in found]
    return tuple(f for f in made if split == "valid" or not f.only_valid)
