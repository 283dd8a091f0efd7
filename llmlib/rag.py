"""RAG: a prompt from the passages found, an answer with sources, and the sources read back.

`ask` is the whole way: search, prompt, answer, check. Each step is a function of its own, so that a reader
can look at what passes from one to the next, and change it. The form of the prompt is the one that
mini-instruct was trained on. Retrieval-augmented generation: Lewis et al. 2020.

It does not search (`llmlib.retrieval`), and it does not know what is true (`llmlib.rag_judge`): a checked
citation says that the passage holds the words of the answer, not that the passage is right. The page does the
same in `widgets/rag_pipeline.reader.js`, kept equal by a test.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from llmlib.rag_judge import CITATION, cited, refuses
from llmlib.scratch.injection import sentences

ROOM = 40  # tokens kept free for the answer
WORD = re.compile(r"[^\W_]+")
ORDER = re.compile(
    r"(?<!\w)(ignor(e|em|ar)|esque(ça|çam|cer)|desconsider(e|em|ar)|respond(a|am|er)|di(ga|gam|zer)|repita|revele"
    r"|escreva|copie|não use)(?!\w)",
    re.IGNORECASE,
)
ADDRESSED = re.compile(
    r"(?<!\w)(assistentes?|modelos? de linguagem|inteligência artificial|ia|robôs?|sistema|instrução"
    r"|instruções|comando|prompt)(?!\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Source:
    """A passage as the prompt shows it. `text` is the document's [start:end], `sent` what the model reads."""

    document: str
    title: str
    start: int
    end: int
    text: str
    sent: str


@dataclass(frozen=True)
class Prompt:
    """One user message. Source n is `used[n - 1]`; `left_out` did not fit, and of the last one used so many
    words were cut. `tokens` counts the marks of the chat format too."""

    question: str
    text: str
    used: tuple[Source, ...]
    left_out: tuple[Source, ...]
    words_cut: int
    tokens: int


@dataclass(frozen=True)
class Citation:
    """`[number]` in an answer. `holds`: "literal" (the words stand there in a row, at [start, end) of the
    document), "palavras" (all there, scattered), "ausente" (not there), "inexistente" (no such source)."""

    number: int
    holds: str
    source: Source | None = None
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Answer:
    """What the model wrote (`text`), without its marks (`value`), and each source that it named."""

    prompt: Prompt
    text: str
    value: str
    refused: bool
    citations: tuple[Citation, ...]

    @property
    def supported(self) -> bool:
        """Does a cited source hold the words of the answer?"""
        return any(each.holds in ("literal", "palavras") for each in self.citations)


def ask(
    lm: object,
    index: object,
    question: str,
    k: int = 3,
    by: str = "hybrid",
    rerank: int = 0,
    titles: bool = True,
    hops: int = 1,
    **rules: float,
) -> Answer:
    """Answer `question` from the documents of `index`. `rules` are those of `lm.chat`."""
    hits = index.search(question, k=k, by=by, rerank=rerank, hops=hops)
    return answer(lm, prompt(lm, question, hits, titles=titles), **rules)


def prompt(
    lm: object, question: str, hits: Sequence[object], room: int = ROOM, titles: bool = False
) -> Prompt:
    """The message that asks `question` of the passages found, best first; with `titles`, each after its own.

    Passages that do not fit the window, less `room` tokens for the answer, are left out from the worst up; of
    a single one too long the beginning stays. No hits: the bare question.
    Raises ValueError for an empty question and for one that does not fit by itself.
    """
    question = " ".join(question.split())
    if not question:
        raise ValueError("Escreva uma pergunta: sem ela não há o que procurar.")
    limit, found, cut = lm.context - room, [sourced(hit, titles) for hit in hits], 0

    def size(sources: Sequence[Source]) -> int:
        return tokens(lm, message(question, sources))

    kept = list(found)
    while kept and size(kept) > limit:
        kept.pop()
    if found and not kept:
        words = found[0].sent.split(" ")
        starts = [replace(found[0], sent=" ".join(words[:n])) for n in range(1, len(words))]
        fit = bisect_right(starts, limit, key=lambda source: size([source]))
        kept, cut = ([starts[fit - 1]], len(words) - fit) if fit else ([], 0)
    total = size(kept)
    if total > limit:
        said = f"{total:,}".replace(",", ".")
        raise ValueError(
            f"A pergunta ocupa {said} tokens, e cabem {limit} (os outros {room} são da resposta): encurte-a."
        )
    return Prompt(question, message(question, kept), tuple(kept), tuple(found[len(kept) :]), cut, total)


def sourced(hit: object, titled: bool = False) -> Source:
    """A hit of a search as a source of a prompt; what is one already stays."""
    if isinstance(hit, Source):
        return hit
    chunk, sent = hit.chunk, flat(hit.chunk.text)
    if titled and chunk.title:
        sent = flat(chunk.title).rstrip(".") + (":\n" if sent[:1] == "|" else ". ") + sent
    return Source(chunk.document, chunk.title, chunk.start, chunk.end, chunk.text, sent)


def message(question: str, sources: Sequence[Source]) -> str:
    """The user's message: the question, the sources with their numbers, a line each, and the question again.

    A decoder reads from left to right: only what comes after the question is read knowing it.
    """
    lines, asked = [f"[{n}] {source.sent}" for n, source in enumerate(sources, 1)], f"Pergunta: {question}"
    return "\n".join([asked, "Contexto:", *lines, asked]) if lines else question


def flat(text: str) -> str:
    """A passage on one line; only the rows of a table or of a list keep lines of their own."""
    lines = [" ".join(line.split()) for line in text.split("\n")]
    lines, out = [line for line in lines if line], ""
    rows = [line[:2] in ("- ", "• ") or "|" in (line[:1], line[-1:]) for line in lines]
    for i, line in enumerate(lines):
        out += line if i == 0 else f"\n{line}" if any(rows[i - 1 : i + 1]) else f" {line}"
    return out


def tokens(lm: object, text: str) -> int:
    """Tokens of a message in the model's chat format, up to where it begins to answer."""
    given = lm.compute("encode", {"messages": [{"role": "user", "content": text}]})
    return len(given["tokens"]) + given["cut"]


def answer(lm: object, prompt: Prompt, max_new_tokens: int = ROOM, **rules: float) -> Answer:
    """The model's answer to a prompt, read back. Without other rules the most probable token is taken."""
    said = lm.chat([{"role": "user", "content": prompt.text}], max_new_tokens, **{"temperature": 0} | rules)
    return read(said, prompt)


def read(text: str, prompt: Prompt) -> Answer:
    """Parts what was said from where it was read, and looks the words up in each source that is named."""
    value = CITATION.sub("", text).strip()
    named = tuple(checked(n, value, prompt.used, prompt.question) for n in cited(text))
    return Answer(prompt, text, value, refuses(text), named)


def checked(number: int, value: str, used: Sequence[Source], question: str) -> Citation:
    """Is the answer in the source of this number?"""
    if not 1 <= number <= len(used):
        return Citation(number, "inexistente")
    source = used[number - 1]
    if place := found(value, source.text, question):
        return Citation(number, "literal", source, source.start + place[0], source.start + place[1])
    there = {word.lower() for word in WORD.findall(source.text)}
    needed = [w.lower() for w in WORD.findall(value) if len(w) > 3 or not w.isalpha() or w[0].isupper()]
    scattered = bool(needed) and there.issuperset(needed)
    return Citation(number, "palavras" if scattered else "ausente", source, source.start, source.end)


def found(value: str, text: str, question: str = "") -> tuple[int, int] | None:
    """Where the words of `value` stand in a row in `text`; of several places the one whose sentence shares
    most words with the question, of equals the first."""
    wanted = [word.lower() for word in WORD.findall(value)]
    words = [(each[0].lower(), each.start(), each.end()) for each in WORD.finditer(text)]
    asked = {word.lower() for word in WORD.findall(question) if len(word) > 3}
    best = None
    for i in range(len(words) - len(wanted) + 1 if wanted else 0):
        if [word for word, _, _ in words[i : i + len(wanted)]] == wanted:
            start, end = words[i][1], words[i + len(wanted) - 1][2]
            near = {word.lower() for word in WORD.findall(sentence_at(text, start))}
            if best is None or len(asked & near) > best[0]:
                best = (len(asked & near), start, end)
    return best and best[1:]


def sentence_at(text: str, place: int) -> str:
    """The sentence of `text` that holds this character."""
    at = 0
    for each in sentences(text):
        at += len(each)
        if place < at:
            return each
    return ""


def suspicious(text: str) -> list[tuple[int, int]]:
    """Spans of sentences that read like an order to a program: addressed to one, or beginning with the verb.

    A hint for a reader, no defence: whoever writes another sentence passes.
    """
    spans, at = [], 0
    for each in sentences(text):
        bare = each.strip()
        start = at + len(each) - len(each.lstrip())
        if ORDER.search(bare) and (ADDRESSED.search(bare) or ORDER.match(bare.lstrip(" -–—•“\"'"))):
            spans.append((start, start + len(bare)))
        at += len(each)
    return spans
