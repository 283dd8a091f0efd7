"""Assemble the corpus: `python -m builders.corpus --mix texto --mchars 60`.

Writes shards `train-000.jsonl` … and `valid.jsonl` (one JSON object a line: kind, text, answers) and
`manifest.json` (seed, hash of code and tables, sha256 of every shard). A shard is written whole or not at
all; a run that was interrupted goes on after its last good shard. The result depends only on the arguments.
`valid.jsonl` is the same in every mix, and neither its texts nor those of the sample are in any training
shard. The texts written by hand are spread over the shards, each of them once.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import os
import random
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from builders.corpus import Document

ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT / "data" / "corpus"
SAMPLE = TABLES / "amostra.jsonl"
MODULES = {
    "historia": "stories",
    "descricao": "descriptions",
    "dialogo": "dialogues",
    "fatos": "facts",
    "perguntas": "questions",
    "leitura": "reading",
    "copia": "copying",
    "exemplos": "fewshot",
    "carta": "letters",
    "receita": "recipes",
    "noticia": "news",
    "instrucoes": "howto",
    "conta": "arithmetic",
    "codigo": "code",
    "dna": "dna",
    "frases": "sentences",
}
AUTHORED = "autoral"
# share of characters by kind
MIXES = {
    "leitura": {
        "leitura": 620, "copia": 60, "historia": 90, "fatos": 60, "exemplos": 50, "perguntas": 20,
        "descricao": 20, "dialogo": 20, "noticia": 15, "conta": 10, "carta": 10, "receita": 10,
        "frases": 10, "instrucoes": 5,
    },
    "texto": {
        "historia": 240, "leitura": 270, "fatos": 130, "descricao": 60, "dialogo": 55, "perguntas": 50,
        "exemplos": 45, "copia": 30, "noticia": 25, "carta": 20, "receita": 15, "instrucoes": 15, "conta": 15,
        "frases": 80, "codigo": 5, "dna": 5,
    },
    "amostra": {
        "historia": 28, "leitura": 20, "descricao": 12, "fatos": 12, "dialogo": 10, "perguntas": 9,
        "noticia": 3, "carta": 2, "receita": 2, "instrucoes": 2, "frases": 2,
    },
}  # fmt: skip
LADDER = (0.33, 0.6, 0.8)  # where, in a "leitura" run, reading goes from difficulty 0 to 1, to 2, to 2 and 3
SHARD = 2_000_000  # characters of text in a shard
VALID = 1_000_000
SAMPLE_SIZES = {"train": 1_050_000, "valid": 180_000}


def source_hash() -> str:
    """sha256 of the generator's code and tables: what the text depends on besides the arguments."""
    digest = hashlib.sha256()
    tables = [p for p in TABLES.rglob("*") if p.suffix in {".csv", ".txt"}]
    for path in sorted([*Path(__file__).parent.glob("*.py"), *tables]):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def streams(
    rng: random.Random, split: str, shares: dict[str, int], stage: float
) -> dict[str, Iterator[Document]]:
    """One endless stream a kind. Reading is easy early in a "leitura" run: `stage` goes from 0 to 1."""
    made = {}
    for kind in shares:
        module = importlib.import_module(f"builders.corpus.{MODULES[kind]}")
        own = random.Random(rng.getrandbits(64))
        if kind == "leitura" and stage < LADDER[-1]:
            made[kind] = module.documents(own, split, difficulty=bisect(LADDER, stage))
        else:
            made[kind] = module.documents(own, split)
    return made


def fingerprint(text: str) -> bytes:
    """What stands for a text in the set of those already used."""
    return hashlib.blake2b(text.encode(), digest_size=12).digest()


def authored(split: str, part: int, parts: int) -> list[Document]:
    """The share of the hand-written texts of this split that belongs to one of `parts` shards."""
    from builders.corpus import authored

    return sorted(authored.documents(random.Random(0), split), key=lambda d: d.text)[part::parts]


def shard(
    seed: str,
    split: str,
    shares: dict[str, int],
    size: int,
    seen: set[bytes],
    stage: float = 1.0,
    given: Sequence[Document] = (),
) -> list[Document]:
    """About `size` characters of documents in the shares asked, none of them in `seen` (which grows),
    and the `given` ones besides."""
    rng = random.Random(seed)
    sources = streams(rng, split, shares, stage)
    total = sum(shares.values())
    written = dict.fromkeys(shares, 0)
    documents: list[Document] = list(given)
    repeats = 0
    while sum(written.values()) < size:
        # the kind that lags most behind its share
        kind = min(shares, key=lambda k: written[k] * total / shares[k])
        document = next(sources[kind])
        key = fingerprint(document.text)
        if key in seen:
            repeats += 1
            if repeats > 20_000:
                raise SystemExit(
                    f"O tipo {kind!r} só repete textos: aumente suas tabelas ou diminua --mchars."
                )
            continue
        seen.add(key)
        written[kind] += len(document.text)
        documents.append(document)
    rng.shuffle(documents)
    return documents


def encode(document: Document) -> str:
    """One line of JSON."""
    row = {"kind": document.kind, "text": document.text, "answers": [list(span) for span in document.answers]}
    return json.dumps(row, ensure_ascii=False) + "\n"


def write(path: Path, text: str) -> str:
    """Write a file whole or not at all; its sha256."""
    data = text.encode("utf-8")
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(data)
    os.replace(temporary, path)
    return hashlib.sha256(data).hexdigest()


def _kept(path: Path, expected: str | None) -> str | None:
    """Text of a shard that is there and whole, else None."""
    if expected is None or not path.exists():
        return None
    data = path.read_bytes()
    return data.decode("utf-8") if hashlib.sha256(data).hexdigest() == expected else None


def assemble(out: Path, shares: dict[str, int], mchars: float, seed: int, mix: str) -> Counter[str]:
    """Write every shard that is missing; characters of text by kind."""
    out.mkdir(parents=True, exist_ok=True)
    count = max(1, round(mchars * 1e6 / SHARD))
    size = min(SHARD, int(mchars * 1e6))
    settings = {
        "seed": seed,
        "mix": mix,
        "shares": shares,
        "shards": count,
        "size": size,
        "source": source_hash(),
    }
    path = out / "manifest.json"
    old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known = old.get("sha256", {}) if old.get("settings") == settings else {}
    for stale in out.glob("train-*.jsonl"):
        if stale.name not in {f"train-{i:03d}.jsonl" for i in range(count)}:
            stale.unlink()
    names = ["valid.jsonl"] + [f"train-{i:03d}.jsonl" for i in range(count)]
    hashes: dict[str, str] = {}
    seen = {fingerprint(row["text"]) for row in sample_rows() if row["split"] == "valid"}
    sizes: Counter[str] = Counter()
    for i, name in enumerate(tqdm(names, desc=f"corpus {mix}", unit="arquivo")):
        text = _kept(out / name, known.get(name)) if len(hashes) == i else None
        if text is None:
            split = "valid" if i == 0 else "train"
            stage = 1.0 if i == 0 or mix != "leitura" else (i - 1) / count
            target = min(VALID, size) if i == 0 else size
            if mix not in MIXES:  # some kinds alone, for a look at them
                documents = shard(f"{seed}/{mix}/{name}", split, shares, target, seen, stage)
            elif split == "valid":
                given = authored("valid", 0, 1)
                documents = shard(f"{seed}/{name}", split, MIXES["texto"], target, seen, given=given)
            else:
                given = authored("train", i - 1, count)
                documents = shard(f"{seed}/{mix}/{name}", split, shares, target, seen, stage, given)
            text = "".join(map(encode, documents))
            hashes[name] = write(out / name, text)
        else:
            hashes[name] = known[name]
        for line in text.splitlines():
            row = json.loads(line)
            seen.add(fingerprint(row["text"]))
            sizes[row["kind"]] += len(row["text"])
        write(path, json.dumps({"settings": settings, "sha256": hashes}, indent=1, ensure_ascii=False) + "\n")
    return sizes


def sample_rows() -> list[dict]:
    """The committed sample, one dict a text; none if it was not made yet."""
    if not SAMPLE.exists():
        return []
    return [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]


def sample_text() -> str:
    """The small committed sample: every line also says its split."""
    lines = []
    seen: set[bytes] = set()
    for split, size in SAMPLE_SIZES.items():
        for document in shard(f"amostra/{split}", split, MIXES["amostra"], size, seen):
            row = {"split": split, "kind": document.kind, "text": document.text}
            lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    return "".join(lines)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(prog="python -m builders.corpus", description="Gera o corpus do curso.")
    p.add_argument(
        "--out", type=Path, default=ROOT / "build" / "corpus", help="pasta de saída (build/corpus)"
    )
    p.add_argument("--mchars", type=float, default=60, help="milhões de caracteres de treino (60)")
    p.add_argument("--seed", type=int, default=0, help="semente: a mesma semente gera o mesmo corpus (0)")
    p.add_argument(
        "--mix", choices=["leitura", "texto"], default="texto", help="proporção dos tipos de texto (texto)"
    )
    p.add_argument(
        "--kinds", help="só estes tipos, em partes iguais, separados por vírgula: " + ", ".join(MODULES)
    )
    p.add_argument(
        "--sample", action="store_true", help="refaz a amostra data/corpus/amostra.jsonl e termina"
    )
    return p


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    args = parser().parse_args(argv)
    if args.sample:
        digest = write(SAMPLE, sample_text())
        print(f"{SAMPLE.relative_to(ROOT)}: {SAMPLE.stat().st_size / 1e6:.2f} MB, sha256 {digest}")
        return
    shares, mix = MIXES[args.mix], args.mix
    if args.kinds:
        kinds = [kind.strip() for kind in args.kinds.split(",")]
        unknown = [kind for kind in kinds if kind not in MODULES]
        if unknown:
            raise SystemExit(f"Tipo desconhecido: {', '.join(unknown)}. Existem: {', '.join(MODULES)}.")
        shares, mix = dict.fromkeys(kinds, 1), "+".join(kinds)
    if args.mchars <= 0:
        raise SystemExit("--mchars precisa ser maior que zero.")
    sizes = assemble(args.out, shares, args.mchars, args.seed, mix)
    total = sum(sizes.values())
    for kind, size in sizes.most_common():
        print(f"{kind:10s} {size / 1e6:8.2f} M caracteres  {100 * size / total:5.1f} %")
    print(f"{'total':10s} {total / 1e6:8.2f} M caracteres em {args.out}")


if __name__ == "__main__":
    main()
