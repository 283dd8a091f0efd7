"""A second search from what the first one found: for a question whose answer takes two documents.

"Qual era a profissão de quem doou os cordéis?" names nobody. The document that answers names the donor and
says nothing of the gift: no search for the question finds it. The first passage tells who gave; a second
search asks again, with that name at hand:

    sentence = closest(question, passage)       # where the first passage speaks of what is asked
    for name in names(sentence, question):      # who or what it brings that the question had not
        query = f"{question} {name}"            # searched again, in other documents that have the name

This is the plainest of multi-hop retrieval, with rules where others train a model to write the second query
(Qi et al. 2019, "Answering complex open-domain questions through iterative query generation", section 3) or
let an LLM write it (Trivedi et al. 2023, "IRCoT"). It knows no index and no model: `Index.search` searches.
"""

import re

from llmlib.scratch.injection import sentences
from llmlib.scratch.retrieval import FOLDED, fold, words

WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
LINKS = frozenset(("de", "da", "do", "das", "dos", "e"))  # that may stand inside a name: "Escola Dona Filó"


def closest(question: str, passage: str) -> str:
    """The sentence of a passage that shares most words with the question; of equals, the first."""
    asked = set(words(question))
    return max(sentences(passage), key=lambda each: len(asked & set(words(each))), default="").strip()


def names(sentence: str, question: str = "") -> list[str]:
    """Proper names of a sentence with some word that the question has not, in their order, each once.

    A name is a run of words in capitals, with "de", "da" … between them. A lone word that opens the sentence
    is in capitals anyway, and does not count.

    >>> names("Quem doou a coleção foi Firmino Taperê, da rua do Sabiá.", "Quem doou a coleção?")
    ['Firmino Taperê', 'Sabiá']
    """
    asked, found = set(words(question)), []
    for run in _runs(sentence):
        while run and fold(run[0].group()) in FOLDED:  # "A Lira" -> "Lira"
            run = run[1:]
        alone = len(run) == 1 and not WORD.search(sentence[: run[0].start()])
        if not run or alone:
            continue
        name = sentence[run[0].start() : run[-1].end()]
        if not asked.issuperset(words(name)) and name not in found:
            found.append(name)
    return found


def _runs(sentence: str) -> list[list[re.Match]]:
    """Runs of words in capitals with nothing but a blank, or a small word of names, between them."""
    runs: list[list[re.Match]] = []
    link = end = None  # of the run that may still grow: where it ends, with a small word or without
    for word in WORD.finditer(sentence):
        between = sentence[end : word.start()] if end is not None else None
        if word.group()[0].isupper():
            if between == " ":
                runs[-1].append(word)
            else:
                runs.append([word])
            end, link = word.end(), False
        elif between == " " and word.group() in LINKS and not link:
            end, link = word.end(), True
        else:
            end = None
    return runs


def queries(question: str, passage: str) -> list[tuple[str, str]]:
    """(name, query) pairs of the second search, given the text of the best passage of the first."""
    return [(name, f"{question} {name}") for name in names(closest(question, passage), question)]


def speaks_of(text: str, name: str) -> bool:
    """Whether a text has a name, however it is written: capitals and accents do not count."""
    return f" {' '.join(WORD.findall(fold(name)))} " in f" {' '.join(WORD.findall(fold(text)))} "
