"""Where bundled things are: models, the corpus sample, documents and labelled tasks.

Standard library only. It finds and reads files; it opens no model (see `models`) and generates nothing
(see `builders`).
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


class UnknownName(KeyError):
    """A name that is not bundled; the message lists those that are."""

    def __str__(self) -> str:
        return str(self.args[0])


@lru_cache(maxsize=1)
def root() -> Path:
    """Folder that holds `models`, `corpus` …: the repository's `data`, or the installed package's `_data`.

    Raises FileNotFoundError, in Portuguese, when neither is there.
    """
    for folder in (PACKAGE.parent / "data", PACKAGE / "_data"):
        if (folder / "corpus").is_dir() or (folder / "models").is_dir():
            return folder
    raise FileNotFoundError(
        "Os dados do curso não foram encontrados: instale o pacote de novo ou clone o repositório."
    )


def _folders(kind: str, marker: str = "") -> list[str]:
    base = root() / kind
    if not base.is_dir():
        return []
    return sorted(p.name for p in base.iterdir() if p.is_dir() and (not marker or (p / marker).exists()))


def _unknown(what: str, name: str, existing: list[str]) -> UnknownName:
    listed = ", ".join(existing) if existing else "nenhum ainda"
    return UnknownName(f"Não existe {what} com o nome {name!r}. Existem: {listed}.")


def model_names() -> list[str]:
    """Names of the bundled models, in alphabetical order."""
    return _folders("models", "config.json")


def model_path(name: str) -> Path:
    """Folder of a bundled model. Raises UnknownName listing what exists."""
    names = model_names()
    if name not in names:
        raise _unknown("modelo", name, names)
    return root() / "models" / name


@lru_cache(maxsize=1)
def _sample() -> tuple[dict, ...]:
    path = root() / "corpus" / "amostra.jsonl"
    if not path.exists():
        raise FileNotFoundError(f"Falta {path}: rode `python -m builders.corpus --sample`.")
    with path.open(encoding="utf-8") as file:
        return tuple(json.loads(line) for line in file)


def corpus(
    name: str = "mini", split: str = "train", limit: int | None = None, kind: str | None = None
) -> list[str]:
    """Texts of the bundled corpus sample, one string a document.

    name: only "mini" is bundled; split: "train" or "valid"; limit: at most so many texts; kind: only texts of
    this kind ("historia", "dialogo" …), in the order of the sample.
    """
    if name != "mini":
        raise _unknown("corpus", name, ["mini"])
    if split not in {"train", "valid"}:
        raise _unknown("parte do corpus", split, ["train", "valid"])
    if limit is not None and limit < 0:
        raise ValueError(f"limit precisa ser zero ou mais, não {limit}.")
    if kind is not None and kind not in (kinds := sorted({row["kind"] for row in _sample()})):
        raise _unknown("tipo de texto", kind, kinds)
    rows = [row for row in _sample() if row["split"] == split and kind in (None, row["kind"])]
    return [row["text"] for row in rows][:limit]


DOCUMENTS = ("documents.jsonl", "abstracts.jsonl")  # a collection's texts lie in one of these
SPLITS = ("dev", "teste")


def collection_names() -> list[str]:
    """Names of the bundled collections of documents, in alphabetical order."""
    return sorted({name for marker in DOCUMENTS for name in _folders("documents", marker)})


def _of_collection(name: str, file: str, split: str | None, what: str) -> list[dict]:
    """Rows of one file of a collection, those of a split if one is given."""
    if name not in collection_names():
        raise _unknown("coleção de documentos", name, collection_names())
    path = root() / "documents" / name / file
    if not path.exists():
        raise _unknown(f"coleção com {what}", name, _folders("documents", file))
    if split is not None and split not in SPLITS:
        raise _unknown("parte da coleção", split, list(SPLITS))
    return [row for row in _rows(path) if split in (None, row["parte"])]


def documents(name: str) -> list[dict]:
    """Texts of a bundled collection ("caxinduba", "ciencia"), one dict each: `id`, `titulo`, `texto` …

    The other fields are in `data/documents/<name>/README.md`. Search always goes over the whole collection.
    """
    file = next((f for f in DOCUMENTS if name in _folders("documents", f)), DOCUMENTS[0])
    return _of_collection(name, file, None, "documentos")


def questions(name: str = "caxinduba", split: str | None = None) -> list[dict]:
    """Questions on a collection, with answers and supporting spans. split: "dev", "teste", None for both."""
    return _of_collection(name, "questions.jsonl", split, "perguntas")


def queries(name: str = "ciencia", split: str | None = None) -> list[dict]:
    """Searches over a collection whose texts have graded relevance. split: "dev", "teste", None for both."""
    return _of_collection(name, "queries.jsonl", split, "buscas")


def relevance(name: str = "ciencia") -> dict[str, dict[str, int]]:
    """Grade (1 to 3) of each text by query: {query: {text: grade}}; a text that is not there has grade 0."""
    _of_collection(name, "queries.jsonl", None, "buscas")
    graded: dict[str, dict[str, int]] = {}
    for line in (root() / "documents" / name / "qrels.txt").read_text(encoding="utf-8").splitlines():
        query, _, text, grade = line.split()
        graded.setdefault(query, {})[text] = int(grade)
    return graded


def task(name: str, split: str = "train") -> list[dict]:
    """Examples of a bundled labelled task (`data/tasks/<name>/<split>.jsonl`), one dict each."""
    names = _folders("tasks")
    if name not in names:
        raise _unknown("tarefa", name, names)
    path = root() / "tasks" / name / f"{split}.jsonl"
    if not path.exists():
        raise _unknown(
            f"parte da tarefa {name!r}", split, sorted(p.stem for p in path.parent.glob("*.jsonl"))
        )
    return _rows(path)


def _rows(path: Path) -> list[dict]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]
