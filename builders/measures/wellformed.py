"""Is a sentence whole? Words that exist, joined as the corpus joins them, with an end.

`faults` reports an unknown word ("comil"), a pair of small words (articles, prepositions, conjunctions) that
no text of the training split has side by side ("em o", "para mas"), a word said twice, a small word before a
full stop ("foi até a.") and a missing end. Other pairs may be new in good text. Agreement is measured
elsewhere.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise

from builders.corpus import Document, descriptions, dialogues, stories
from builders.corpus.lexicon import DATA, lexicon
from builders.corpus.morphology import DETERMINERS, TENSES, conjugate, gerund, participle

REFERENCE = 4000  # documents of each kind
_SMALL = "de em a com para por sem sobre entre até e ou mas que se porque quando enquanto como nem"
_NEVER_LAST = "de em com por o a os as do da no na ao à e ou"
SMALL, NEVER_LAST = (frozenset(words.split(" ")) for words in (_SMALL, _NEVER_LAST))
PROSE = {"historia": stories, "descricao": descriptions, "dialogo": dialogues}
TOKEN = re.compile(r"\w+(?:-\w+)*|[^\w\s]")
SENTENCE = re.compile(r"[^.!?…]+[.!?…]+[”\"]?|[^.!?…]+$")
END = (".", "!", "?", "…", "”", '"', ":")


@dataclass(frozen=True)
class Language:
    """Words of the corpus, its small words, and which of those stand side by side."""

    words: frozenset[str]
    small: frozenset[str]
    pairs: frozenset[tuple[str, str]]


def reference(split: str, count: int, seed: str) -> list[Document]:
    """`count` documents of each kind of prose."""
    return [
        document
        for kind, module in PROSE.items()
        for document in islice(module.documents(random.Random(f"{seed}/{kind}"), split), count)
    ]


def _table_words() -> set[str]:
    """Whole words of the tables and templates, not the stems that a slot completes ("cansad{o/a:h}")."""
    found: set[str] = set()
    for path in (*DATA.rglob("*.csv"), *DATA.rglob("*.txt")):
        found |= {
            w.lower()
            for w in re.findall(r"(?<![}\w])\w+(?:-\w+)*(?![{\w])", path.read_text(encoding="utf-8"))
        }
    return found


@lru_cache(maxsize=1)
def language() -> Language:
    """Learn from the training split, and add every form the tables can make; about five seconds."""
    counts: Counter[str] = Counter()
    pairs: set[tuple[str, str]] = set()
    for document in reference("train", REFERENCE, "língua"):
        words = [w.lower() for w in TOKEN.findall(document.text)]
        counts.update(words)
        pairs.update(pairwise(words))
    articles = (w for kind in ("o", "um", "de", "em", "por", "num") for w in DETERMINERS[kind])
    table = lexicon()
    words = set(counts) | {w for forms in DETERMINERS.values() for w in forms}
    words |= {w for n in table.nouns for w in (n.word, n.plural)}
    words |= {w for a in table.adjectives for w in a.forms} | {n.word.lower() for n in table.names}
    for verb in table.verbs:
        words |= {conjugate(verb, tense, person) for tense in TENSES for person in (0, 2, 3, 5)}
        words |= {verb, gerund(verb), participle(verb)}
    words |= _table_words()
    return Language(frozenset(w.lower() for w in words), frozenset([*SMALL, *articles]), frozenset(pairs))


def sentences(text: str) -> list[str]:
    """The sentences of a text; the last may lack its end."""
    return [s.strip() for line in text.split("\n") for s in SENTENCE.findall(line) if s.strip()]


def faults(sentence: str) -> list[str]:
    """What is broken in one sentence; [] if nothing was found."""
    known, found = language(), []
    words = [w.lower() for w in TOKEN.findall(sentence)]
    found += [f"palavra desconhecida: {w}" for w in words if w[0].isalpha() and w not in known.words]
    for pair in pairwise(words):
        unseen = pair not in known.pairs
        if unseen and (pair[0] == pair[1] or (pair[0] in known.small and pair[1] in known.small)):
            found.append(f"par estranho: {' '.join(pair)}")
        elif pair[0] in NEVER_LAST and pair[1] in ".!?":
            found.append(f"palavra no fim: {pair[0]}")
    if not sentence.rstrip().endswith(END):
        found.append("sem fim")
    return found


def count(texts: list[str], whole: bool = True) -> dict:
    """Broken sentences of some texts. whole: also the last sentence of each text must have its end."""
    total, broken, examples = 0, 0, []
    for text in texts:
        parts = sentences(text)
        for i, sentence in enumerate(parts):
            found = faults(sentence)
            if i == len(parts) - 1 and not whole and "sem fim" in found:
                continue  # cut by the length asked, not by the model
            total, broken = total + 1, broken + bool(found)
            if found:
                examples.append({"sentence": sentence, "faults": found})
    return {"broken": broken, "sentences": total, "examples": examples}
