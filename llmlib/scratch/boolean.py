"""Boolean search with a controlled vocabulary, in the manner of PubMed.

`BooleanIndex.parse` turns what was typed into a tree, `find` says which texts it keeps, `written` shows how
it was read. Operators go from left to right, without precedence, as in PubMed. Words without a field are
mapped: the longest run that leads to a descriptor is searched as the descriptor or its words, and all runs
must hold. It keeps or drops and gives no scores: what is kept comes newest first.
`paper_search.boolean.js` is its twin in the page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from llmlib.scratch.retrieval import fold, words
from llmlib.scratch.vocabulary import Vocabulary, plain

OPERATORS = {"AND": "and", "E": "and", "OR": "or", "OU": "or", "NOT": "not", "NÃO": "not"}
FIELDS = ("título", "resumo", "palavra-chave", "descritor", "descritor:exato", "estudo", "ano")
TOKEN = re.compile(r'\s*(?:(?P<open>\()|(?P<close>\))|(?P<quote>")|(?P<word>[^\s()"\[\]]+)|(?P<tag>[\[\]]))')
MOST = 256  # words and parentheses of a query


class QueryError(ValueError):
    """One Portuguese sentence about what was typed, and where: text[start:end]."""

    def __init__(self, sentence: str, start: int, end: int):
        super().__init__(sentence)
        self.start, self.end = start, end


@dataclass(frozen=True)
class Node:
    """A part of a query.

    kind: "word", "phrase", "prefix", "descriptor", "study", "year"; "mapped" (children: a descriptor or a
    kind of study, and the words: either is enough); "ignored" (a word that no text has); "and", "or", "not".
    """

    kind: str
    value: str = ""
    field: str = ""
    children: tuple[Node, ...] = ()


class BooleanIndex:
    """Texts that queries keep or drop.

    documents: dicts with id, titulo, texto, palavras_chave, descritores, estudo, ano.
    """

    def __init__(self, documents: Sequence[dict], vocabulary: Vocabulary):
        self.documents, self.vocabulary = list(documents), vocabulary
        self.texts = [
            {
                "título": f" {plain(each['titulo'])} ",
                "resumo": f" {plain(each['texto'])} ",
                "palavra-chave": f" {' | '.join(map(plain, each['palavras_chave']))} ",
            }
            for each in self.documents
        ]
        self.known = {word for fields in self.texts for text in fields.values() for word in text.split()}

    # ---- reading a query

    def parse(self, text: str) -> Node:
        """The tree of a query. Raises QueryError."""
        if not plain(text):
            raise QueryError("Escreva o que procurar.", 0, len(text))
        if (many := len(re.findall(r"[()]|[^\s()]+", text))) > MOST:
            raise QueryError(f"A busca tem {many} partes, e cabem {MOST}: encurte-a.", 0, len(text))
        return self._sequence(text, 0, opened=None)[0]

    def _sequence(self, text: str, at: int, opened: int | None) -> tuple[Node, int]:
        left, operator = None, None  # operator: (kind, as typed, start, end)
        while (token := TOKEN.match(text, at)) is not None:
            start = token.start(token.lastgroup)
            if token["close"]:
                if opened is None:
                    raise QueryError("Este parêntese fecha um que não foi aberto.", start, start + 1)
                break
            if token["tag"]:
                raise QueryError("Um campo vem logo depois de um termo: cochilo[título].", start, len(text))
            if (typed := token["word"]) in OPERATORS:
                if left is None:
                    raise QueryError(f"Falta um termo antes de {typed}.", start, token.end())
                if operator:
                    sentence = f"{operator[1]} e {typed} estão juntos: falta um termo entre os dois."
                    raise QueryError(sentence, operator[2], token.end())
                operator, at = (OPERATORS[typed], typed, start, token.end()), token.end()
                continue
            node, at = self._operand(text, at)
            left = node if left is None else Node(operator[0] if operator else "and", children=(left, node))
            operator = None
        if operator:
            raise QueryError(f"Falta um termo depois de {operator[1]}.", operator[2], operator[3])
        if opened is not None and (token is None or not token["close"]):
            raise QueryError("Falta fechar este parêntese.", opened, opened + 1)
        if left is None:
            raise QueryError("Não há nada entre os parênteses.", opened or 0, at + 1)
        return left, at

    def _operand(self, text: str, at: int) -> tuple[Node, int]:
        token = TOKEN.match(text, at)
        start = token.start(token.lastgroup)
        if token["open"]:
            node, at = self._sequence(text, token.end(), opened=start)
            return node, TOKEN.match(text, at).end()
        if token["quote"]:
            close = text.find('"', token.end())
            if close < 0:
                raise QueryError("Falta fechar estas aspas.", start, len(text))
            value, at = text[token.end() : close], close + 1
            field, at = self._tag(text, at)
            return self._leaf("phrase", value, field, start, at), at
        end, many = at, 0  # a run of words: all that follow without operator, quote or parenthesis
        while (token := TOKEN.match(text, end)) and token["word"] and token["word"] not in OPERATORS:
            end, many = token.end(), many + 1
            field, after = self._tag(text, end)
            if field:
                return self._leaf(
                    "phrase" if many > 1 else "word", text[start:end], field, start, after
                ), after
        return self._mapped(text[start:end], start, end), end

    def _tag(self, text: str, at: int) -> tuple[str, int]:
        if text[at : at + 1] != "[":
            return "", at
        close = text.find("]", at)
        if close < 0:
            raise QueryError("Falta fechar este colchete.", at, len(text))
        typed = fold(text[at + 1 : close].strip())
        field = next((each for each in FIELDS if fold(each) == typed), None)
        if field is None:
            sentence = f"Não existe o campo {text[at : close + 1]}. Existem: {', '.join(FIELDS)}."
            raise QueryError(sentence, at, close + 1)
        return field, close + 1

    def _leaf(self, kind: str, value: str, field: str, start: int, end: int) -> Node:
        if not plain(value):
            raise QueryError("Este termo não tem letras nem números.", start, end)
        if field == "ano":
            years = re.fullmatch(r"\s*(\d{4})(?:\s*:\s*(\d{4}))?\s*", value)
            if not years:
                raise QueryError("Um ano se escreve 2015[ano]; um intervalo, 2015:2020[ano].", start, end)
            return Node("year", f"{years[1]}:{years[2] or years[1]}", field)
        if field.startswith("descritor") or field == "estudo":
            what = "study" if field == "estudo" else "descriptor"
            name = self.vocabulary.named(what, value)
            if name is None:
                near = ", ".join(self.vocabulary.like(what, value))
                shown = "tipo de estudo" if what == "study" else "descritor"
                raise QueryError(
                    f"“{value.strip()}” não é um {shown}." + (f" Parecidos: {near}." if near else ""),
                    start,
                    end,
                )
            return Node(what, name, field)
        if value.endswith("*"):
            if len(plain(value)) < 3:
                raise QueryError("Antes do asterisco são precisas ao menos três letras.", start, end)
            return Node("prefix", plain(value), field)
        return Node("phrase" if " " in plain(value) else "word", plain(value), field)

    def _mapped(self, typed: str, start: int, end: int) -> Node:
        """A run of words without field: its longest parts that lead to a descriptor, and its other words."""
        flat: list[tuple[str, bool]] = []  # (word, is it the beginning of words?)
        for each in typed.split():
            flat += [(each, True)] if each.endswith("*") else [(word, False) for word in words(each)]
        if not flat:
            raise QueryError(
                "Só há palavras vazias aqui, que todo texto tem: escreva um assunto.", start, end
            )
        parts: list[Node] = []
        while flat:
            for size in range(min(self.vocabulary.longest, len(flat)), 0, -1):
                run = tuple(word for word, prefix in flat[:size] if not prefix)
                if len(run) == size and (found := self.vocabulary.by_words.get(run)):
                    named = Node(found[0], found[1], "estudo" if found[0] == "study" else "descritor")
                    plainly = join([Node("word", word) for word in run])
                    parts.append(Node("mapped", " ".join(run), children=(named, plainly)))
                    break
            else:
                (word, prefix), size = flat[0], 1
                if prefix:
                    parts.append(self._leaf("word", word, "", start, end))
                else:
                    parts.append(Node("word" if word in self.known else "ignored", word))
            flat = flat[size:]
        return join(parts)

    # ---- answering it

    def keeps(self, node: Node, place: int) -> bool:
        """Does the query keep the text at that place?"""
        document, fields = self.documents[place], self.texts[place]
        if node.kind == "and":  # a word that no text has asks nothing, as in PubMed
            asked = [each for each in node.children if not blank(each)]
            return bool(asked) and all(self.keeps(each, place) for each in asked)
        if node.kind in ("or", "not", "mapped"):
            one, other = (self.keeps(each, place) for each in node.children)
            return one and not other if node.kind == "not" else one or other
        if node.kind == "descriptor":
            wanted = [node.value] if node.field.endswith("exato") else self.vocabulary.below(node.value)
            return any(each in document["descritores"] for each in wanted)
        if node.kind == "study":
            return document["estudo"] == node.value
        if node.kind == "year":
            first, last = map(int, node.value.split(":"))
            return first <= document["ano"] <= last
        if node.kind == "ignored":
            return False
        sought = f" {node.value}" if node.kind == "prefix" else f" {node.value} "
        return any(sought in text for name, text in fields.items() if node.field in ("", name))

    def find(self, node: Node) -> list[int]:
        """Places of the texts that the query keeps, the newest first."""
        kept = [place for place in range(len(self.documents)) if self.keeps(node, place)]
        return sorted(kept, key=lambda place: -self.documents[place]["ano"])

    def search(self, text: str) -> list[int]:
        """Places of the texts that a typed query keeps. Raises QueryError."""
        return self.find(self.parse(text))


def blank(node: Node) -> bool:
    """Is there nothing in it but words that no text has?"""
    return node.kind == "ignored" or (node.kind == "and" and all(map(blank, node.children)))


def join(nodes: Sequence[Node]) -> Node:
    """Many nodes of which all must hold, from left to right."""
    return reduce(lambda left, right: Node("and", children=(left, right)), nodes)


def written(node: Node) -> str:
    """How a query was read, with every parenthesis: what PubMed shows under "Search Details"."""
    if node.kind in ("and", "or", "not"):
        first, second = map(written, node.children)
        return f"({first} {node.kind.upper()} {second})"
    if node.kind == "mapped":
        return f"({written(node.children[0])} OR {written(node.children[1])})"
    if node.kind == "ignored":
        return f"⟨{node.value}⟩"
    value = f"{node.value}*" if node.kind == "prefix" else node.value
    quoted = f'"{value}"' if node.kind in ("phrase", "descriptor", "study") else value
    return f"{quoted}[{node.field}]" if node.field else quoted
