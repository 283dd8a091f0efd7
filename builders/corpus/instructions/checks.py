"""Is a free-running answer right? One rule for each kind of conversation, by the truth that it carries.

A rule reads only the conversation and the answer. It is strict about the facts (another value of the same
kind spoils the answer) and lenient about words around them: "Paris." and "A capital da França é Paris." are
both right. Texts that are copied or rewritten must be the same to the letter, but for quotes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

from builders.corpus.instructions.wording import bare

if TYPE_CHECKING:
    from builders.corpus.instructions import Conversation

ENDS = (".", "!", "?", "…", "”", '"')
LONGEST = 28  # words of a short answer
STORY_LEAST = 30  # words of a story


def plain(text: str) -> str:
    """Lower case, one space between words, no quotes, no mark at the end."""
    text = unicodedata.normalize("NFC", text).casefold()
    text = re.sub(r"[“”\"'*]", "", text)
    return re.sub(r"\s+", " ", text).strip(" .!?…:;,")


def holds(answer: str, phrase: str) -> bool:
    """Whether the phrase is in the answer as whole words; a hyphen joins words."""
    return re.search(rf"(?<![\w-]){re.escape(plain(phrase))}(?![\w-])", plain(answer)) is not None


def mentioned(c: Conversation, phrase: str) -> bool:
    """Whether the user or the system wrote it, with or without accents: saying it again is no mistake."""
    asked = " ".join(m["content"] for m in c.messages[:-1])
    return holds(bare(asked), bare(phrase))


def same(one: str, other: str) -> bool:
    """Equal but for quotes, spaces at the ends and the mark at the end."""
    quotes = str.maketrans("", "", "“”\"'")
    return one.translate(quotes).strip().rstrip(".") == other.translate(quotes).strip().rstrip(".")


def refuses(answer: str) -> bool:
    """Whether it says that it does not know, or that the text does not tell."""
    return plain(answer).startswith(("não sei", "o texto não diz"))


def finished(answer: str) -> bool:
    """Whether the text ends as texts end."""
    return answer.strip().endswith(ENDS)


def value(c: Conversation, answer: str) -> bool:
    """A short answer or one sentence with a right value and no rival of it."""
    right = c.truth["accepted"]
    if any(plain(answer) == plain(a) for a in right):
        return True
    if refuses(answer) or len(answer.split()) > LONGEST or not any(holds(answer, a) for a in right):
        return False
    wrong = [r for r in c.truth.get("rivals", ()) if not any(plain(r) in plain(a) for a in right)]
    return not any(holds(answer, r) and not mentioned(c, r) for r in wrong)


def exact(c: Conversation, answer: str) -> bool:
    """One of the accepted texts to the letter."""
    return any(same(answer, a) for a in c.truth["accepted"])


def reading(c: Conversation, answer: str) -> bool:
    """The value that the context gives, with its source where one is asked, alone or in a short sentence."""
    if c.truth["accepted"][0].endswith("]"):
        return any(
            re.sub(r"\W+", " ", plain(answer)) == re.sub(r"\W+", " ", plain(a)) for a in c.truth["accepted"]
        )
    if any(plain(answer) == plain(a) for a in c.truth["accepted"]):
        return True
    short = [a for a in c.truth["accepted"] if len(answer.split()) <= len(a.split()) + 2]
    return not refuses(answer) and any(holds(answer, a) for a in short)


def unknown(c: Conversation, answer: str) -> bool:
    """ "Não sei." and whatever follows."""
    return plain(answer).startswith("não sei")


def not_in_text(c: Conversation, answer: str) -> bool:
    """It says that the text does not hold the answer."""
    return plain(answer).startswith("o texto não diz")


def items(answer: str) -> list[str]:
    """The members of a list: by commas, "e", or one a line with numbers or dashes."""
    text = re.sub(r"(?m)^\s*(?:\d+[.)]|-)\s*", "", answer.strip().rstrip("."))
    return [i for i in (plain(part) for part in re.split(r",|\n|;| e (?=[^,\n]*$)", text)) if i]


def members(c: Conversation, answer: str) -> bool:
    """As many as asked, all different, all of the category."""
    known = {plain(m) for m in c.truth["members"]}
    found = items(answer)
    return len(found) == int(c.truth["count"][0]) == len(set(found)) and set(found) <= known


def story(c: Conversation, answer: str) -> bool:
    """A finished text of some length in which whoever and whatever was asked for takes part."""
    long = len(answer.split()) >= int(c.truth.get("least", (STORY_LEAST,))[0])
    return long and finished(answer) and all(holds(answer, w) for w in c.truth["must"])


def description(c: Conversation, answer: str) -> bool:
    """At least two true values (or all there are), and no value that belongs to somebody else."""
    true = [v for v in c.truth["accepted"] if holds(answer, v)]
    false = [
        v for v in c.truth["rivals"]
        if holds(answer, v) and not mentioned(c, v) and not any(plain(v) in plain(t) for t in true)
    ]  # fmt: skip
    return finished(answer) and len(true) >= min(2, len(c.truth["accepted"])) and not false


def label(c: Conversation, answer: str) -> bool:
    """The right label and not the other."""
    start = plain(answer)
    right, wrong = (any(label in start for label in c.truth[k]) for k in ("accepted", "rivals"))
    return right and not wrong


def keyword(c: Conversation, answer: str) -> bool:
    """A finished answer with one of the words that it needs."""
    return finished(answer) and any(plain(word) in plain(answer) for word in c.truth["accepted"])


CHECKS: dict[str, Callable[[Conversation, str], bool]] = {
    "fato": value,
    "fato_guardado": value,
    "fato_afirmado": value,
    "vocabulario": value,
    "conta": value,
    "recusa": unknown,
    "leitura": reading,
    "sem_resposta": not_in_text,
    "fonte": reading,
    "documento": reading,
    "documento_sem": not_in_text,
    "cidade": reading,
    "cidade_sem": not_in_text,
    "padrao": exact,
    "copia": exact,
    "lista": members,
    "historia": story,
    "continuacao": story,
    "descricao": description,
    "reescrita": exact,
    "classificacao": label,
    "identidade": keyword,
    "saudacao": keyword,
    "dialogo": value,
    "sistema": exact,
}


def right(conversation: Conversation, answer: str) -> bool:
    """Whether `answer` could stand in place of the last message."""
    return CHECKS[conversation.kind](conversation, answer)
