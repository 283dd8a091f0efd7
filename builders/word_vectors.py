"""Word vectors of the course's world, and what they are tried on: data/vetores and data/tasks/palavras.

    python -m builders.word_vectors [--mchars 3]

Texts come from the corpus generator, all kinds in which words mean something (passages of `leitura` swap
values at random, and sequences, code and DNA are no prose). Word2Vec and FastText are the course's own
(`llmlib.scratch`); the flat pictures are scikit-learn's PCA and t-SNE. Vectors are kept as whole numbers of 8
bits with a scale a row. Words to try them on are those of the corpus tables, so that nobody chose them for
these vectors. The result depends on the arguments alone, up to the last bit of floats on another processor.
What takes long is kept in build/vetores, and a part that is there with the same texts and recipe is not made
again: an interrupted run goes on.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import importlib
import json
import random
import re
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from builders.corpus.__main__ import MODULES, source_hash
from llmlib.scratch.subwords import SubwordLesson
from llmlib.scratch.word2vec import Lesson, Recipe, split

ROOT = Path(__file__).resolve().parents[1]
TABLES = ROOT / "data" / "corpus"
WORK = ROOT / "build" / "vetores"
OUT, TASK = ROOT / "data" / "vetores", ROOT / "data" / "tasks" / "palavras"
MIX = {  # share of characters
    "historia": 30, "descricao": 18, "fatos": 14, "noticia": 12, "dialogo": 10, "carta": 8, "receita": 3,
    "instrucoes": 3, "frases": 2,
}  # fmt: skip
RECIPE = Recipe(size=48, window=3, epochs=6, min_count=15, batch=512)
SUBWORDS = Recipe(size=32, window=3, epochs=3, min_count=15, batch=512)
BUCKETS = 4096
COMMON = 1500  # of the most frequent words, besides those of the groups
LEAST = 15  # times that a word of the groups occurs
TRADES = ("eolista", "brumista", "marelista")
HELD_OUT = 10  # 1 word of the groups in so many is unknown to FastText
TYPOS = 300


def texts(mchars: float, seed: int = 0, mix: dict[str, int] = MIX) -> list[list[str]]:
    """Generated texts cut into words, about `mchars` million characters in all, shuffled."""
    found, total = [], sum(mix.values())
    for kind, share in mix.items():
        module = importlib.import_module(f"builders.corpus.{MODULES[kind]}")
        source, length = module.documents(random.Random(f"vetores {seed} {kind}"), "train"), 0
        while length < mchars * 1e6 * share / total:
            text = next(source).text
            length += len(text)
            found.append(split(text))
    random.Random(seed).shuffle(found)
    return found


def table(name: str) -> list[dict]:
    with (TABLES / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def groups() -> dict[str, list[str]]:
    """Group -> its words in the tables, of one word each; a word of two groups is left out."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in table("animais"):
        found["bichos"].add(row["animal"])
    for row in table("profissoes"):
        found["profissões"] |= {row["masculino"], row["feminino"]}
    for row in table("paises"):
        found["países"].add(row["pais"].lower())
    for row in table("estados"):
        found["estados"].add(row["estado"].lower())
    for row in table("nomes"):
        if row["tipo"] == "pessoa":
            found["nomes de mulher" if row["genero"] == "f" else "nomes de homem"].add(row["nome"].lower())
    classes = {
        "comida": "comidas",
        "lugar": "lugares",
        "corpo": "corpo",
        "roupa": "roupas",
        "movel": "móveis",
    }
    classes |= {"ferramenta": "ferramentas", "instrumento": "instrumentos", "veiculo": "veículos"}
    classes |= {"familia": "família", "fruta": "comidas"}
    for row in table("substantivos"):
        for name in {classes[c] for c in row["classes"].split() if c in classes}:
            found[name] |= {row["palavra"], *([row["feminino"]] if row["feminino"] else [])}
    for row in table("adjetivos"):
        if "cor" in row["classes"].split():
            found["cores"] |= {row["masculino"], row["feminino"]}
    found["meses"] = {row["sujeito"] for row in table("ceu-e-tempo") if row["relacao"] == "mes_numero"}
    times = Counter(word for words in found.values() for word in words)
    return {
        name: sorted(w for w in words if times[w] == 1 and split(w) == [w])
        for name, words in sorted(found.items())
    }


def relations() -> dict[str, list[tuple[str, str]]]:
    """Relation -> pairs of different single words."""
    nouns, people = table("substantivos"), table("paises")
    found = {
        "feminino": [(r["masculino"], r["feminino"]) for r in table("profissoes")]
        + [(r["palavra"], r["feminino"]) for r in nouns if r["feminino"]],
        "plural": [(r["palavra"], r["plural"]) for r in nouns if r["plural"]],
        "capital": [(r["pais"].lower(), r["capital"].lower()) for r in people],
        "gentílico": [(r["pais"].lower(), r["gentilico_m"].lower()) for r in people],
    }
    single = lambda pair: pair[0] != pair[1] and all(split(w) == [w] for w in pair)  # noqa: E731
    return {name: list(dict.fromkeys(filter(single, pairs))) for name, pairs in found.items()}


def analogies(known: set[str], each: int = 300) -> list[dict]:
    """ "a is to b as c is to d", `each` of a relation at most, of pairs whose words are known."""
    found = []
    for name, pairs in relations().items():
        pairs = [pair for pair in pairs if known.issuperset(pair)]
        every = [(a, b) for a in pairs for b in pairs if a != b]
        random.Random(f"analogias {name}").shuffle(every)
        found += [{"relacao": name, "a": p[0], "b": p[1], "c": q[0], "d": q[1]} for p, q in every[:each]]
    return found


NEXT = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuiopqsdfghjklaxcvbnmz", strict=True))  # on the keyboard


def misspelt(word: str, rng: random.Random) -> tuple[str, str]:
    """(the word with one slip, the kind of slip)"""
    at, kind = rng.randrange(1, len(word) - 1), rng.choice(("falta", "sobra", "troca", "tecla", "acento"))
    plain = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    if kind == "acento" and plain != word:
        return plain, kind
    if kind == "falta":
        return word[:at] + word[at + 1 :], kind
    if kind == "sobra":
        return word[:at] + word[at] + word[at:], kind
    if kind == "troca":
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :], kind
    return word[:at] + NEXT.get(word[at], "x") + word[at + 1 :], "tecla"


def typos(words: list[str], known: set[str]) -> list[dict]:
    """Slips of `TYPOS` words of 5 letters and more, none of which is itself a word."""
    rng, found = random.Random("erros"), []
    pool = [word for word in words if len(word) >= 5 and word.isalpha()]
    while len(found) < TYPOS:
        right = rng.choice(pool)
        wrong, kind = misspelt(right, rng)
        if wrong not in known and wrong != right and all(row["errada"] != wrong for row in found):
            found.append({"errada": wrong, "certa": right, "tipo": kind})
    return found


def hidden(word: str) -> bool:
    """Is this word of the groups kept from FastText?"""
    return zlib.crc32(word.encode()) % HELD_OUT == 0


def squeezed(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(V, D) int8 and the (V,) float16 by which each row is to be multiplied."""
    scale = np.maximum(np.abs(vectors).max(1), 1e-6) / 127
    return np.rint(vectors / scale[:, None]).astype(np.int8), scale.astype(np.float16)


def coordinates(places: np.ndarray) -> np.ndarray:
    """(V, 2) int16: the middle at 0, the farthest at ±32,000."""
    places = places - places.mean(0)
    return np.rint(places / np.abs(places).max() * 32_000).astype(np.int16)


def flat(vectors: np.ndarray, seed: int, init: str) -> np.ndarray:
    """(V, 2) by t-SNE of rows of length 1, perplexity 30."""
    from sklearn.manifold import TSNE

    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return TSNE(perplexity=30, init=init, random_state=seed, max_iter=750).fit_transform(unit)


def kept_part(name: str, key: str, make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """What `make` gives, or what it gave when it was last called with this key."""
    path = WORK / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.npz"
    if not path.exists():
        made = make()
        WORK.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, **made)
        partial.replace(path)
    with np.load(path) as file:
        return dict(file)


def learned(lesson: Lesson, name: str) -> np.ndarray:
    """The vectors of a lesson, after it, with a bar that shows where it is."""
    with tqdm(total=100, desc=name, unit="%") as bar:
        for moment in lesson.train(500):
            bar.update(int(100 * moment.done) - bar.n)
    return lesson.vectors.copy()


def build(mchars: float, out: Path, task: Path) -> dict:
    """Everything. Returns the arrays that were written, and `words`, `counts`."""
    from safetensors.numpy import save_file
    from sklearn.decomposition import PCA

    out.mkdir(parents=True, exist_ok=True)
    task.mkdir(parents=True, exist_ok=True)
    read = texts(mchars)
    lesson = Lesson(read, RECIPE)
    counts = dict(zip(lesson.vocabulary.words, lesson.vocabulary.counts.tolist(), strict=True))
    of = {word: name for name, words in groups().items() for word in words if counts.get(word, 0) >= LEAST}
    pairs = {w for pairs in relations().values() for p in pairs if set(p) <= counts.keys() for w in p}
    kept = [w for i, w in enumerate(counts) if i < COMMON or w in of or w in TRADES or w in pairs]
    rows = [lesson.vocabulary.words.index(w) for w in kept]

    key = f"{source_hash()} {mchars}"
    vectors = kept_part("word2vec", f"{key} {RECIPE}", lambda: {"vectors": learned(lesson, "Word2Vec")})[
        "vectors"
    ][rows]
    arrays: dict[str, np.ndarray] = {"counts": np.array([counts[w] for w in kept], dtype=np.int32)}
    arrays["word2vec"], arrays["word2vec_scale"] = squeezed(vectors)

    unseen = {w for w in of if hidden(w)}
    parts = SubwordLesson([[w for w in words if w not in unseen] for words in read], SUBWORDS, BUCKETS)
    made = kept_part(
        "fasttext",
        f"{key} {SUBWORDS} {BUCKETS} {HELD_OUT}",
        lambda: {"vectors": learned(parts, "FastText"), "table": parts.table},
    )
    composed, buckets = made["vectors"], made["table"]
    place = {w: i for i, w in enumerate(parts.vocabulary.words)}
    own = np.array([composed[place[w]] if w in place else np.zeros(SUBWORDS.size) for w in kept])
    arrays["fasttext"], arrays["fasttext_scale"] = squeezed(own)
    # one scale for the whole table: rows of runs are added to each other
    top = float(np.abs(buckets).max()) / 127
    arrays["buckets"] = np.rint(buckets / top).astype(np.int8)
    arrays["buckets_scale"] = np.array([top], dtype=np.float32)

    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    arrays["pca"] = coordinates(PCA(2, svd_solver="full").fit_transform(unit))
    noise = np.random.default_rng(0).normal(size=unit.shape)
    for name, each, seed, init in (
        ("tsne", unit, 0, "pca"),
        ("tsne2", unit, 1, "random"),
        ("noise", noise, 0, "pca"),
    ):
        print(f"t-SNE: {name}", flush=True)
        made = kept_part(
            name,
            f"{key} {RECIPE} {kept}",
            lambda each=each, seed=seed, init=init: {"at": flat(each, seed, init)},
        )
        arrays[name] = coordinates(made["at"])

    about = {
        "words": kept,
        "unseen": sorted(unseen),
        "mchars": mchars,
        "corpus": source_hash(),
        "texts": len(read),
    }
    about |= {"read": len(lesson.ids), "recipe": RECIPE.__dict__, "subwords": SUBWORDS.__dict__}
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    metadata = {"about": json.dumps(about, ensure_ascii=False)}
    save_file(arrays, out / "palavras.safetensors", metadata)

    lines = {
        "grupos": [{"palavra": w, "grupo": of[w]} for w in kept if w in of],
        "analogias": analogies(set(kept)),
        "erros": typos([w for w in kept if w in place and counts[w] >= 50], counts.keys() | of.keys()),
    }
    for name, each in lines.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in each)
        (task / f"{name}.jsonl").write_text(text, "utf-8")
    for readme, files in (
        (out / "README.md", ["palavras.safetensors"]),
        (task / "README.md", [f"{n}.jsonl" for n in lines]),
    ):
        sign(readme, files)
    return arrays | about


def sign(readme: Path, files: list[str]) -> None:
    """Rewrite in a README the lines that tell the hash of each file."""
    if not readme.exists():
        return
    text = readme.read_text("utf-8")
    for name in files:
        digest = hashlib.sha256((readme.parent / name).read_bytes()).hexdigest()
        text = re.sub(rf"(`{re.escape(name)}`[^\n]*sha256 `)[0-9a-f]*`", rf"\g<1>{digest}`", text)
    readme.write_text(text, "utf-8")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mchars", type=float, default=3, help="millions of characters of text")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--task", type=Path, default=TASK)
    args = parser.parse_args(argv)
    made = build(args.mchars, args.out, args.task)
    size = (args.out / "palavras.safetensors").stat().st_size
    print(f"{len(made['words'])} words of {made['read']} read; {size / 1e3:.0f} kB in {args.out}")


if __name__ == "__main__":
    main()
