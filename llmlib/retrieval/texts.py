"""Documents as a search takes them: refused with a sentence where they are no text, and cut into chunks.

It reads plain dicts (`id`, `titulo`, `texto`); it opens no file, and what a text says is never obeyed: an
instruction hidden in a document is words to be found, like any others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from llmlib.scratch.retrieval import WORD, windows

SIZE, OVERLAP = 60, 15  # words of a chunk, and how many of them its neighbours share
MOST_WORDS = 256  # of a query; mini-embed reads no more tokens than that
JUDGED_WORDS = 25  # in fewer, the language of a text cannot be told from its small words
FEWEST_SMALL = 0.1  # share of small words below which a text is in no language that we know
SMALL = {  # the most frequent words of languages that readers of Portuguese may have texts in
    "português": "a o as os de do da dos das em no na um uma que e com por para se não ao à mais foi é são",
    "espanhol": "el la los las de del en un una que y con por para se no al su lo más fue es son como",
    "inglês": "the of and to in a is that it for was on with as his he be by at not are from this or had",
    "francês": "le la les de des du en un une que et avec pour par se ne au il plus dans est sont sur qui ce",
    "italiano": "il la i le di del della in un una che e con per si non al lo più nel è sono come gli da",
    "alemão": "der die das und in den von zu mit sich des auf für ist im dem nicht ein eine als auch es an",
}


class RetrievalError(ValueError):
    """What was given cannot be indexed or searched; the message says why, and what to do."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@dataclass(frozen=True)
class Chunk:
    """A piece of a document: `text` is the document's text from `start` to `end`, to the letter."""

    document: str
    title: str
    start: int
    end: int
    text: str

    def covers(self, support: dict) -> bool:
        """Does it hold the whole of a supporting span (`documento`, `inicio`, `fim`) of `data.questions`?"""
        inside = self.start <= support["inicio"] and support["fim"] <= self.end
        return self.document == support["documento"] and inside


def chunks(
    text: str, size: int = SIZE, overlap: int = OVERLAP, document: str = "", title: str = ""
) -> list[Chunk]:
    """A text as windows of `size` words that share `overlap` words. Of a text without words, none."""
    if not isinstance(size, int) or not isinstance(overlap, int) or size < 1:
        raise RetrievalError(f"O trecho tem um número inteiro de palavras, de 1 em diante; veio {size}.")
    try:
        spans = windows(text, size, overlap)
    except ValueError as error:
        raise RetrievalError(str(error)) from None
    return [Chunk(document, title, start, end, text[start:end]) for start, end in spans]


def checked(documents: Iterable[dict], field: str, known: dict[str, str]) -> list[dict]:
    """`documents` as {id, titulo, texto}, all of them sound and none known.

    known: the texts that the index has, by id. Raises RetrievalError at the first that is not sound.
    """
    if isinstance(documents, (str, bytes, dict)):
        raise RetrievalError("Passe uma lista de documentos, cada um um dict com “id”, “titulo” e “texto”.")
    seen, found = dict(known), []
    holders = {squeezed(text): name for name, text in known.items()}
    for number, document in enumerate(documents):
        if not isinstance(document, dict) or document.get("id") in (None, ""):
            raise RetrievalError(f"O documento de número {number + 1} não tem “id”, “titulo” e “{field}”.")
        name, text = str(document["id"]), document.get(field)
        if reason := unsound(text, field):
            raise RetrievalError(f"O documento “{name}” {reason}")
        if name in seen:
            raise RetrievalError(f"Já existe um documento “{name}”: dê a este outro id.")
        if other := holders.get(squeezed(text)):
            raise RetrievalError(
                f"O documento “{name}” tem o mesmo texto de “{other}”: repetido, ele ocuparia dois lugares "
                "entre os achados. Deixe um só."
            )
        seen[name], holders[squeezed(text)] = text, name
        found.append({"id": name, "titulo": str(document.get("titulo") or ""), "texto": text})
    return found


def squeezed(text: str) -> str:
    """A text by which copies are known: its words, whatever the blanks between them."""
    return " ".join(text.split())


def unsound(text: object, field: str) -> str:
    """Why this is no text to be searched, as the end of a sentence; "" where it is one."""
    if text is None:
        return f"não tem o campo “{field}”."
    if isinstance(text, (bytes, bytearray)) or (isinstance(text, str) and binary(text)):
        start = bytes(text[:5]) if isinstance(text, (bytes, bytearray)) else text.lstrip()[:5].encode("utf-8")
        what = "um PDF" if start.startswith(b"%PDF") else "um arquivo binário"
        return f"é {what}, e não texto: extraia o texto dele antes e passe só o texto."
    if not isinstance(text, str):
        return f"tem em “{field}” um {type(text).__name__}, e não um texto."
    if not text.strip():
        return "está vazio: não há o que buscar nele."
    if not WORD.search(text):
        return "não tem nenhuma palavra: não há o que buscar nele."
    return ""


def binary(text: str) -> bool:
    """Was this string read from something that is not text (a PDF, an image, a zip)?"""
    if text.lstrip().startswith("%PDF-") or "\0" in text:
        return True
    odd = sum(c == "\ufffd" or (unicodedata.category(c) == "Cc" and c not in "\t\n\r\f\v") for c in text)
    return odd > max(3, 0.02 * len(text))


def language(text: str) -> str:
    """The language of a text, by its small words: a name of SMALL, "outra língua", or "" if too short."""
    found = [word for word in WORD.findall(text.lower()) if not word.isnumeric()]
    if len(found) < JUDGED_WORDS:
        return ""
    shares = {name: sum(word in set(small.split()) for word in found) for name, small in SMALL.items()}
    name = max(shares, key=shares.get)  # Portuguese, which comes first, wins a tie
    return name if shares[name] >= FEWEST_SMALL * len(found) else "outra língua"


def language_note(document: dict) -> str | None:
    """A sentence about a document that mini-embed was not trained to read, or None."""
    name = language(document["texto"])
    if name in ("", "português"):
        return None
    return (
        f"O documento “{document['id']}” parece estar em {name}: o mini-embed só aprendeu português, e a "
        "busca por vetores pode errar nele."
    )


def cut_query(query: object) -> tuple[str, str | None]:
    """(the query as it is searched, a note about what was cut or None). Raises where nothing is asked."""
    if not isinstance(query, str):
        raise RetrievalError(f"A busca é um texto; veio um {type(query).__name__}.")
    spans = list(re.finditer(r"\S+", query))
    if not spans:
        raise RetrievalError("A busca está vazia: escreva o que procurar.")
    if len(spans) <= MOST_WORDS:
        return query, None
    said = f"{len(spans):,}".replace(",", ".")
    return query[: spans[MOST_WORDS - 1].end()], (
        f"A busca tem {said} palavras: só as primeiras {MOST_WORDS} foram usadas."
    )
