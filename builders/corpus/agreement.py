"""Count agreement errors in Portuguese text: gender and number, as far as the lexicon knows the words.

It looks at four places: determiner and noun ("a gato"), noun and the adjective after it ("o gato preta"),
subject and verb ("as meninas correu", also over a relative clause), and the adjective after a copula
("Lia estava cansado"). Words outside the tables are skipped, so silence proves nothing; what it reports is
nearly always wrong. It is no parser: where a subject may be coordinated it keeps silent rather than guess.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from builders.corpus.lexicon import lexicon
from builders.corpus.morphology import DETERMINERS, ELE, ELES, TENSES, conjugate

Form = tuple[str, str]  # gender "m"/"f", number "s"/"p"
_FORMS: tuple[Form, ...] = (("m", "s"), ("f", "s"), ("m", "p"), ("f", "p"))
_NOT_DETERMINERS = ("todo", "muito", "quanto", "mesmo", "dois")  # also adverbs, or one form for both genders
_CONTRACTED = ("de", "em", "a", "por", "num", "nesse", "desse", "naquele", "daquele")
_COPULAS = ("ser", "estar", "ficar", "parecer", "continuar")
_DEGREE = ("muito", "tão", "bem", "mais", "menos", "bastante", "meio", "quase")
_ADVERBS = frozenset((*_DEGREE, "já", "ainda", "também", "sempre", "nunca", "não", "só"))
_CLAUSE_START = frozenset(("enquanto", "quando", "porque", "embora", "se", "como"))
_NOT_VERBS = frozenset(("para", "como", "entre", "sobre", "segue", "cedo", "volta", "entrevista"))
_ALSO_ADVERBS = frozenset(("primeiro", "junto", "junta", "juntos", "juntas", "sozinho", "sozinha", "certo"))
_BEFORE_A = frozenset(("cheira", "cheirava", "cheiravam", "cheiram", "graças"))  # "cheira a café"
_LOOSE_AFTER_A = frozenset(  # "a pé"
    ("pé", "cavalo", "bordo", "tempo", "lado", "passo", "caminho", "gosto", "lápis")
)
_DEPICTIVE = frozenset(("sentado", "parado", "deitado", "cansado", "calado", "quieto", "preso", "acordado"))
_TOKEN = re.compile(r"\w+(?:-\w+)*|[^\w\s]")
_TENS = frozenset(("vinte", "trinta", "quarenta", "cinquenta", "sessenta", "setenta", "oitenta", "noventa"))
_OTHER_PRONOUNS = frozenset(("eu", "nós", "você", "vocês"))
_PRONOUNS = {"ele": ("m", "s"), "ela": ("f", "s"), "eles": ("m", "p"), "elas": ("f", "p")}


@dataclass(frozen=True)
class AgreementError:
    kind: str  # "determinante", "adjetivo", "verbo" or "predicativo"
    words: str  # the two words that disagree
    position: int  # character offset of the second one


@dataclass(frozen=True)
class _Words:
    nouns: dict[str, frozenset[Form]]
    adjectives: dict[str, frozenset[Form]]
    determiners: dict[str, frozenset[Form]]
    subjects: frozenset[str]  # determiners that can open a subject
    verbs: dict[str, str]  # finite form -> number, for forms that are nothing else
    copulas: frozenset[str]
    names: dict[str, str]
    depictive: frozenset[str]


@lru_cache(maxsize=1)
def _words() -> _Words:
    table = lexicon()
    nouns: dict[str, set[Form]] = {}
    for noun in table.nouns:
        nouns.setdefault(noun.word, set()).add((noun.gender, "s"))
        nouns.setdefault(noun.plural, set()).add((noun.gender, "p"))
    adjectives: dict[str, set[Form]] = {}
    depictive: set[str] = set()
    for adjective in table.adjectives:
        for word, form in zip(adjective.forms, _FORMS, strict=True):
            adjectives.setdefault(word, set()).add(form)
        if adjective.forms[0] in _DEPICTIVE or adjective.classes & {"sentimento", "bicho"}:
            depictive.update(adjective.forms)
    determiners: dict[str, set[Form]] = {}
    for kind, words in DETERMINERS.items():
        if kind not in _NOT_DETERMINERS:
            for word, form in zip(words, _FORMS, strict=True):
                determiners.setdefault(word, set()).add(form)
    subjects = {
        w for kind, words in DETERMINERS.items() for w in words if kind not in _CONTRACTED + _NOT_DETERMINERS
    }
    verbs: dict[str, set[str]] = {}
    copulas: set[str] = set()
    for verb in table.verbs:
        for tense in TENSES:
            for person, number in ((ELE, "s"), (ELES, "p")):
                form = conjugate(verb, tense, person)
                verbs.setdefault(form, set()).add(number)
                if verb in _COPULAS:
                    copulas.add(form)
    for word in _ALSO_ADVERBS | set(verbs):
        adjectives.pop(word, None)
    other = set(nouns) | set(adjectives) | set(determiners) | _NOT_VERBS
    return _Words(
        {word: frozenset(forms) for word, forms in nouns.items()},
        {word: frozenset(forms) for word, forms in adjectives.items() if word not in nouns},
        {word: frozenset(forms) for word, forms in determiners.items()},
        frozenset(subjects),
        {w: next(iter(n)) for w, n in verbs.items() if len(n) == 1 and w not in other},
        frozenset(copulas - other),
        {name.word: name.gender for name in table.names},
        frozenset(depictive),
    )


def check(text: str) -> list[AgreementError]:
    """Every disagreement found, in order of position."""
    errors: list[AgreementError] = []
    for start, end in _sentences(text):
        tokens = [(m.group(), m.start()) for m in _TOKEN.finditer(text, start, end)]
        words = [w.lower() if i == 0 else w for i, (w, _) in enumerate(tokens)]
        errors += _sentence(words, [p for _, p in tokens], tokens[0][0] if tokens else "")
    return sorted(errors, key=lambda error: error.position)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in re.finditer(r'[.!?…:;\n"“”—]+', text):
        if match.start() > start:
            yield start, match.start()
        start = match.end()
    if start < len(text):
        yield start, len(text)


def _sentence(words: list[str], positions: list[int], first: str) -> list[AgreementError]:
    known, errors = _words(), []

    def report(kind: str, left: int, right: int) -> None:
        errors.append(AgreementError(kind, f"{words[left]} … {words[right]}", positions[right]))

    for i, word in enumerate(words):
        forms = known.nouns.get(word)
        if forms is None:
            continue
        head = _determiner(words, i, known)
        if head is not None:
            both = known.determiners[words[head]] & forms
            if not both and not _excused(words, head, i):
                report("determinante", head, i)
            forms = both or forms
        elif not all(number == "p" for _, number in forms):
            continue  # "voltou para casa cansado": a bare singular noun owns no adjective
        _adjective_after(words, i, forms, known, report)
        if head is not None and words[head] in known.subjects and both:
            _predicate(words, head, i, forms, known, report)
    _pronouns_and_names(words, first, known, report)
    return errors


def _determiner(words: list[str], noun: int, known: _Words) -> int | None:
    """Index of the determiner before the noun, over at most one adjective."""
    if noun and words[noun - 1] in known.determiners:
        return noun - 1
    if noun > 1 and words[noun - 1] in known.adjectives and words[noun - 2] in known.determiners:
        return noun - 2
    return None


def _excused(words: list[str], head: int, noun: int) -> bool:
    """The preposition "a", not the article: "a pé", "lado a lado", "cheira a café"; "vinte e um copos"."""
    before = words[head - 1] if head else ""
    if before == "e" and head > 1 and words[head - 2] in _TENS and words[head] in ("um", "uma"):
        return True
    return words[head] == "a" and (
        words[noun] in _LOOSE_AFTER_A or before == words[noun] or before in _BEFORE_A
    )


def _adjective_after(words, noun: int, forms: frozenset[Form], known: _Words, report) -> None:
    at = noun + 1
    while at < len(words) and words[at] in _ADVERBS:
        at += 1
    if at >= len(words) or words[at] not in known.adjectives or known.adjectives[words[at]] & forms:
        return
    of = noun > 1 and words[noun - 1] in ("de", "do", "da", "dos", "das")
    if of and known.adjectives[words[at]] & known.nouns.get(words[noun - 2], frozenset()):
        return  # "um chapéu de palha amarelo"
    if words[at] in known.depictive and any(
        known.adjectives[words[at]] & _forms_of(word, known) for word in words[: noun - 1]
    ):
        return  # "o menino ficou na praça sozinho"
    report("adjetivo", noun, at)


def _forms_of(word: str, known: _Words) -> frozenset[Form]:
    if word in _PRONOUNS:
        return frozenset([_PRONOUNS[word]])
    if word in known.names:
        return frozenset([(known.names[word], "s")])
    return known.nouns.get(word, frozenset())


def _predicate(words, head: int, noun: int, forms: frozenset[Form], known: _Words, report) -> None:
    """The verb, and the adjective after a copula, of a subject that opens the sentence or a clause."""
    if head and (words[head - 1] not in _CLAUSE_START or "tanto" in words[: head - 1]):
        return  # "tanto o pai como a tia gostaram"
    at = noun + 1
    while at < len(words) and (words[at] in _ADVERBS or words[at] in known.adjectives):
        at += 1
    comma = at < len(words) and words[at] == ","
    relative = at + comma < len(words) and words[at + comma] == "que"
    if relative:
        verb = _next_verb(words, at + comma + 1, known, 2)
        if verb is None:
            return
        inside = words[at + comma + 1]
        if not (inside in known.names or inside in _PRONOUNS or inside in _OTHER_PRONOUNS):
            _agree(words, noun, verb, forms, known, report)  # else: "os copos que ela lavou"
        at = verb + 1
        while at < len(words) and (
            words[at] not in known.verbs or words[at - 1] in ("e", "que", "quando", "não")
        ):
            at += 1
        if any(word in ("e", "que", "enquanto", "quando") for word in words[verb + 1 : at]):
            return
    if at < len(words) and words[at] in known.verbs:
        _agree(words, noun, at, forms, known, report)


def _next_verb(words, start: int, known: _Words, reach: int) -> int | None:
    for at in range(start, min(start + reach, len(words))):
        if words[at] in known.verbs:
            return at
    return None


def _agree(words, subject: int, verb: int, forms: frozenset[Form], known: _Words, report) -> None:
    """Number of the verb, then the adjective after a copula."""
    if all(number != known.verbs[words[verb]] for _, number in forms):
        report("verbo", subject, verb)
        return
    if words[verb] not in known.copulas:
        return
    at = verb + 1
    while at < len(words) and words[at] in _ADVERBS:
        at += 1
    if at < len(words) and words[at] in known.adjectives and not known.adjectives[words[at]] & forms:
        report("predicativo", subject, at)


def _pronouns_and_names(words, first: str, known: _Words, report) -> None:
    for i, word in enumerate(words):
        form = _PRONOUNS.get(word)
        shown = first if i == 0 else word
        if form is None and shown in known.names and not (i and words[i - 1] == "e"):
            form = (known.names[shown], "s")
        if form is None or (
            i and words[i - 1] not in _CLAUSE_START and words[i - 1] not in (",", "e", "que")
        ):
            continue
        if i and (words[i - 1] == "e" or word in known.names) and i > 1 and words[i - 2] != ",":
            continue  # may be half of a coordinated subject
        at = i + 1
        while at < len(words) and words[at] in _ADVERBS:
            at += 1
        if at < len(words) and words[at] in known.verbs:
            _agree(words, i, at, frozenset([form]), known, report)
