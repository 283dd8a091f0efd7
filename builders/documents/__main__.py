"""Write `data/documents/`: the town's documents, facts and questions, the abstracts and queries, the READMEs.

    python -m builders.documents

Reads `data/documents/*/fontes/`; takes seconds; the same tables give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from builders.documents import collection, readme, science, science_words
from builders.documents.model import SourceError

ROOT = collection.HOME.parent


def lines(rows: Iterable[dict]) -> str:
    """Rows as JSONL."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def town_files() -> dict[str, str]:
    """Name and content of each file of the town's collection, without its README."""
    made = collection.town()
    return {
        "documents.jsonl": lines(collection.document_row(each) for each in made.documents.values()),
        "questions.jsonl": lines(
            collection.question_row(count, each, made) for count, each in enumerate(made.questions, 1)
        ),
        "fatos.jsonl": lines(collection.fact_row(each) for each in made.facts.values()),
    }


def science_files() -> dict[str, str]:
    """Name and content of each file of the abstracts' collection, without its README."""
    judged = "".join(f"{query} 0 {study} {mark}\n" for query, study, mark in science.judgements())
    abstracts = [science_words.abstract(study) for study in science.studies()]
    return {
        "abstracts.jsonl": lines(abstracts),
        "queries.jsonl": lines(science_words.search_row(search) for search in science.searches()),
        "qrels.txt": judged,
    }


def every_file() -> dict[Path, str]:
    """Path and content of every file that this builder makes."""
    town, abstracts = town_files(), science_files()
    made = {collection.HOME / name: text for name, text in town.items()}
    made |= {science.HOME / name: text for name, text in abstracts.items()}
    made[collection.HOME / "README.md"] = readme.town(town)
    made[science.HOME / "README.md"] = readme.abstracts(abstracts)
    return made


def main(argv: list[str] | None = None) -> int:
    """Write the files; 2 if a table cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m builders.documents", description=__doc__.split("\n")[0])
    parser.parse_args(argv)
    try:
        made = every_file()
    except (SourceError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    for path, text in made.items():
        path.write_text(text, encoding="utf-8", newline="\n")
        print(f"{path.relative_to(ROOT.parent.parent)}: {len(text.encode()) / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
