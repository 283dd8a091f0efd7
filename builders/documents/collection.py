"""Build the collection of the town: the written themes, the tables' documents and the near duplicates."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from builders.documents import source, tables
from builders.documents.model import COMPARISON, Collection, Document, Fact, Question, SourceError, forms

HOME = Path(__file__).resolve().parents[2] / "data" / "documents" / "caxinduba"
WAYS = ("direta", "parafrase", "busca")  # how a wording of a question asks


def build(folder: Path = HOME / "fontes") -> Collection:
    """The collection, documents in the order of their ids. Errors name the table and the line."""
    made = Collection()
    for path in sorted(folder.glob("*.txt")):
        source.read(path, made)
    for step in (tables.species, tables.buses, tables.products, tables.contracts, tables.copies):
        step(folder, made)
    for document in made.documents.values():
        if document.supersedes and document.supersedes not in made.documents:
            raise SourceError(f"{document.id}: não existe o documento {document.supersedes}")
    made.documents = dict(sorted(made.documents.items()))
    return made


@cache
def town() -> Collection:
    """The bundled collection, built once."""
    return build()


def document_row(document: Document) -> dict:
    """A document as a line of documents.jsonl."""
    row = {
        "id": document.id,
        "tipo": document.kind,
        "tema": document.theme,
        "parte": document.split,
        "data": document.date,
        "titulo": document.title,
        "texto": document.text,
    }
    if document.supersedes:
        row["substitui"] = document.supersedes
    if document.copy_of:
        row["copia_de"] = document.copy_of
    if document.injection:
        start, end = document.injection
        row["injecao"] = {"inicio": start, "fim": end, "texto": document.text[start:end]}
    return row


def fact_row(fact: Fact) -> dict:
    """A fact as a line of fatos.jsonl."""
    row = {
        "id": fact.key,
        "sujeito": fact.subject,
        "relacao": fact.relation,
        "valores": list(fact.values),
        "parte": fact.split,
    }
    return row | ({"superado": fact.old} if fact.old else {})


def supports(question: Question, made: Collection) -> list[dict]:
    """Every span of every document that states one of the question's facts."""
    found = []
    for fact in question.facts:
        for document in made.documents.values():
            for each in document.evidence:
                if each.fact == fact:
                    found.append(
                        {
                            "fato": fact,
                            "documento": document.id,
                            "inicio": each.start,
                            "fim": each.end,
                            "texto": document.text[each.start : each.end],
                            "valor": document.text[each.value_start : each.value_end],
                            "vale": not each.old,
                        }
                    )
    return found


def forms_of(question: Question) -> list[str]:
    """Other right ways to write the answer, except of a comparison, whose answer is a name."""
    return [] if question.type == COMPARISON else [f for value in question.answers for f in forms(value)]


def question_row(count: int, question: Question, made: Collection) -> dict:
    """A question as a line of questions.jsonl."""
    row = {
        "id": f"q{count:03d}",
        "parte": question.split,
        "tipo": question.type,
        "tema": question.theme,
        "pergunta": question.wordings[0],
        "jeitos": [{"jeito": way, "texto": text} for way, text in zip(WAYS, question.wordings, strict=False)],
        "respostas": list(dict.fromkeys([*question.answers, *forms_of(question)])),
        "apoios": supports(question, made),
    }
    if question.distant:
        row["jeitos"].append({"jeito": "distante", "texto": question.distant})
    old = [made.facts[fact].old for fact in question.facts if made.facts[fact].old]
    if question.type == "contraditoria":
        row["superadas"] = old
    if question.about[0]:
        row["sobre"] = {"sujeito": question.about[0], "relacao": question.about[1]}
    return row
