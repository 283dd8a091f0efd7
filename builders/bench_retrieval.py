"""Time of an index by its size: numpy, BM25 and Qdrant, from a thousand chunks to a million.

    python -m builders.bench_retrieval --sizes 1000,10000,100000,1000000 --out data/medidas/busca-tamanho.json

Vectors are random, of mini-embed's width; texts are windows of 60 words of the bundled corpus. Each way and
size has a process of its own, which makes the index once and asks it 20 queries, one at a time, on one
thread: seconds to index, median milliseconds of a query, megabytes that the process gained, and of an
approximate index the share of the exact 10 that it found. A power of the size is fitted through each way's
points; where it reaches a limit (50 ms a query, or a memory of 4 GB) is where to move on. What would take
more than `--patience` seconds to index, by that power, is not tried, and the table says so. Interrupted,
the command goes on from `--out`.

"Qdrant, local" is qdrant-client's own mode without a server, written in Python, which compares with every
vector. "Qdrant, engine" is Qdrant's engine with its graph (HNSW), inside the process, by `qdrant-edge-py`;
it is left out where that is not installed.
"""

from __future__ import annotations

import argparse
import datetime
import gc
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "build" / "bench-retrieval.json"
WIDTH, WORDS, QUERIES, K = 192, 60, 20, 10
MOST_MS, MOST_MB = 50, 4096  # what a page, and an ordinary computer, can give to a search
BATCH = 1000

Search = Callable[[object], list[int]]  # a query -> numbers found


# ---- what is indexed


def vectors(count: int, seed: int = 0) -> np.ndarray:
    """(count, WIDTH) float32 of length 1, in random directions."""
    rng = np.random.default_rng(seed)
    made = rng.standard_normal((count, WIDTH), dtype=np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


def texts(count: int, length: int = WORDS, seed: int = 0) -> list[list[str]]:
    """`count` windows of the corpus, as BM25 has them: folded, without stop-words."""
    from llmlib.data import corpus
    from llmlib.scratch.retrieval import words

    rng = np.random.default_rng(seed)
    pool = words(" ".join(corpus()))
    starts = rng.integers(0, len(pool) - length, count)
    sizes = rng.integers(length // 3, length // 2 + 1, count)  # about half of the words are stop-words
    return [pool[start : start + size] for start, size in zip(starts, sizes, strict=True)]


# ---- the ways: each gets what is to be indexed, and gives how to search


def with_numpy(made: np.ndarray) -> Search:
    """VectorStore: every query against every vector."""
    from llmlib.retrieval import VectorStore

    store = VectorStore()
    store.add(made)
    return lambda query: store.nearest(query, K)[0].tolist()


def with_bm25s(made: list[list[str]]) -> Search:
    """bm25s, whose scores lie in a sparse matrix."""
    import bm25s

    index = bm25s.BM25()
    index.index(made, show_progress=False)

    def search(query: list[str]) -> list[int]:
        known = [word for word in query if word in index.vocab_dict]
        return index.retrieve([known], k=min(K, len(made)), show_progress=False)[0][0].tolist()

    return search


def with_ours(made: list[list[str]]) -> Search:
    """BM25 of llmlib.scratch.retrieval."""
    from llmlib.scratch.retrieval import BM25, best

    index = BM25(made)
    return lambda query: best(index.scores(query), K)[0].tolist()


def with_qdrant(made: np.ndarray, path: str = "") -> Search:
    """QdrantStore on qdrant-client's local mode."""
    from qdrant_client import QdrantClient

    from llmlib.retrieval import QdrantStore

    store = QdrantStore(QdrantClient(path=path) if path else QdrantClient(":memory:"))
    store.add(made)
    return lambda query: store.nearest(query, K)[0].tolist()


def with_engine(made: np.ndarray, path: str = "") -> Search:
    """Qdrant's engine in this process: a graph of neighbours, on disk and mapped into memory."""
    from qdrant_edge import Distance, EdgeConfig, EdgeShard, EdgeVectorParams, Point, Query, QueryRequest
    from qdrant_edge import UpdateOperation as Update

    Path(path).mkdir(parents=True, exist_ok=True)
    params = EdgeVectorParams(size=WIDTH, distance=Distance.Cosine)
    shard = EdgeShard.create(path, EdgeConfig(vectors={"v": params}))
    for at in range(0, len(made), BATCH):
        points = [Point(i, {"v": made[i].tolist()}, {}) for i in range(at, min(at + BATCH, len(made)))]
        shard.update(Update.upsert_points(points))
    shard.optimize()

    def search(query: np.ndarray) -> list[int]:
        request = QueryRequest(query=Query.Nearest(query.tolist(), using="v"), limit=K)
        return [point.id for point in shard.query(request)]

    return search


WAYS: dict[str, tuple[str, Callable]] = {
    "numpy": ("numpy", with_numpy),
    "bm25s": ("bm25s", with_bm25s),
    "bm25": ("our BM25", with_ours),
    "qdrant-memory": ("Qdrant, local, memory", with_qdrant),
    "qdrant-disk": ("Qdrant, local, disk", with_qdrant),
    "qdrant-engine": ("Qdrant, engine", with_engine),
}
ON_DISK = ("qdrant-disk", "qdrant-engine")
APPROXIMATE = ("qdrant-engine",)


# ---- measuring


def resident() -> float:
    """Megabytes of this process in memory."""
    for line in Path("/proc/self/status").read_text().splitlines() if Path("/proc").exists() else ():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


def measure(way: str, size: int) -> dict:
    """One way at one size, in this process."""
    before = resident()
    if way.startswith("bm25"):
        made, asked = texts(size), texts(QUERIES, 12, 1)
    else:
        made, asked = vectors(size), list(vectors(QUERIES, 1))
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        search = WAYS[way][1](made, *([f"{folder}/index"] if way in ON_DISK else []))
        seconds = time.perf_counter() - start
        exact = with_numpy(made) if way in APPROXIMATE else None
        del made
        gc.collect()
        gained = resident() - before
        times, found = [], []
        for query in [*asked[:2], *asked]:  # two that warm up
            start = time.perf_counter()
            found.append(search(query))
            times.append((time.perf_counter() - start) * 1000)
    query_ms = float(np.median(times[2:]))
    row = {"way": way, "size": size, "index_s": seconds, "query_ms": query_ms, "mb": gained}
    if exact:
        row["mb"] -= size * WIDTH * 4 / 2**20  # the vectors that are kept to compare with
        shared = [len({*exact(query)} & {*hits}) / K for query, hits in zip(asked, found[2:], strict=True)]
        row["recall"] = float(np.mean(shared))
    return row


def fitted(points: list[tuple[int, float]]) -> tuple[float, float] | None:
    """(factor, power) of value = factor × size ** power, by least squares of the logs; None of one point."""
    if len(points) < 2:
        return None
    sizes, values = np.log(np.array(points, dtype=float)).T
    power, shift = np.polyfit(sizes, values, 1)
    return float(np.exp(shift)), float(power)


def last_power(points: list[tuple[int, float]]) -> tuple[float, float] | None:
    """As `fitted`, through the two largest sizes: small ones are all fixed cost."""
    return fitted(sorted(points)[-2:])


def reached(points: list[tuple[int, float]], limit: float) -> float | None:
    """The size at which the values reach `limit`: between two points, or where their last power leads."""
    points = sorted(points)
    line = last_power(points)
    for low, high in pairwise(points):
        if low[1] < limit <= high[1]:
            line = fitted([low, high])
            break
    if line is None or line[1] <= 0.05:  # flat: it never gets there
        return None
    return (limit / line[0]) ** (1 / line[1])


def series(rows: list[dict], way: str, what: str) -> list[tuple[int, float]]:
    """(size, value) of a way, where it was measured."""
    return [(row["size"], row[what]) for row in rows if row["way"] == way and row.get(what, 0) > 0]


def conclusions(rows: list[dict]) -> dict[str, dict]:
    """For each way: the powers of its index and query times, and the sizes at which it reaches a limit."""
    found = {}
    for way in {row["way"]: None for row in rows}:
        lines = {what: last_power(series(rows, way, what)) for what in ("index_s", "query_ms")}
        found[way] = {
            **{f"{what}_power": line and round(line[1], 2) for what, line in lines.items()},
            "size_at_50_ms": reached(series(rows, way, "query_ms"), MOST_MS),
            "size_at_4_gb": reached(series(rows, way, "mb"), MOST_MB),
        }
    return found


def table(found: dict) -> str:
    """The measurements and the conclusions as Markdown."""
    rows, lines = found["rows"], ["# Search by size", ""]
    lines += ["| way | chunks | index | query | memory | recall@10 |", "|---|--:|--:|--:|--:|--:|"]
    for row in rows:
        name, size = WAYS[row["way"]][0], f"{row['size']:,}"
        if "skipped" in row:
            lines.append(f"| {name} | {size} | {row['skipped']} | | | |")
            continue
        recall = f"{row['recall']:.2f}" if "recall" in row else ""
        times = f"{row['index_s']:.3g} s | {row['query_ms']:.3g} ms"
        lines.append(f"| {name} | {size} | {times} | {row['mb']:.0f} MB | {recall} |")
    lines += ["", f"| way | index grows as | query grows as | {MOST_MS} ms at | {MOST_MB / 1024:.0f} GB at |"]
    lines += ["|---|--:|--:|--:|--:|"]
    for way, said in found["ways"].items():
        power = [f"n^{said[key]}" if said[key] else "" for key in ("index_s_power", "query_ms_power")]
        sizes = [f"{said[key]:,.0f}" if said[key] else "" for key in ("size_at_50_ms", "size_at_4_gb")]
        lines.append(f"| {WAYS[way][0]} | {' | '.join([*power, *sizes])} |")
    return "\n".join([*lines, "", f"{found['date']}, {found['machine']}, one thread.", ""])


def expected(rows: list[dict], way: str, size: int) -> float:
    """Seconds that indexing should take, by what smaller sizes took; 0 where nothing is known."""
    points = sorted(point for point in series(rows, way, "index_s") if point[0] < size)
    if not points:
        return 0
    (last, seconds), line = points[-1], last_power(points)
    return seconds * (size / last) ** max(line[1] if line else 1, 1)  # small ones are all fixed cost


def run(sizes: list[int], ways: list[str], out: Path, patience: float) -> Iterator[dict]:
    """Measure what `out` does not have yet, each in a process of its own; yields all after each."""
    found = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {"rows": []}
    wanted = [(way, size) for size in sorted(sizes) for way in ways]
    rows = [row for row in found["rows"] if (row["way"], row["size"]) in wanted and "skipped" not in row]
    for way, size in wanted:
        if any((row["way"], row["size"]) == (way, size) for row in rows):
            continue
        if (seconds := expected(rows, way, size)) > patience:
            rows.append({"way": way, "size": size, "skipped": f"not tried: about {seconds:,.0f} s"})
        else:
            command = [sys.executable, "-m", "builders.bench_retrieval", "--one", f"{way}:{size}"]
            single = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
            done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **single})
            if done.returncode:
                rows.append({"way": way, "size": size, "skipped": done.stderr.strip().splitlines()[-1][:80]})
            else:
                rows.append(json.loads(done.stdout.splitlines()[-1]))
        machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
        rows.sort(key=lambda row: (list(WAYS).index(row["way"]), row["size"]))
        found = {
            "date": datetime.date.today().isoformat(),
            "machine": machine,
            "width": WIDTH,
            "words": WORDS,
            "rows": rows,
            "ways": conclusions([row for row in rows if "skipped" not in row]),
        }
        partial = out.with_name(out.name + ".partial")
        partial.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        partial.replace(out)
        yield found


def available() -> list[str]:
    """The ways whose packages are here."""
    return [way for way in WAYS if way != "qdrant-engine" or find_spec("qdrant_edge")]


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.bench_retrieval", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--sizes", default="1000,10000", help="numbers of chunks, separated by commas")
    parser.add_argument("--ways", default=",".join(available()), help=f"some of {', '.join(WAYS)}")
    parser.add_argument("--out", type=Path, default=OUT, help="what is there already is not measured again")
    parser.add_argument("--patience", type=float, default=120, help="most seconds that an index may take")
    parser.add_argument("--restart", action="store_true", help="measure everything again")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    if args.one:
        way, size = args.one.split(":")
        print(json.dumps(measure(way, int(size))))
        return
    sizes, ways = [int(size) for size in args.sizes.split(",")], args.ways.split(",")
    if unknown := [way for way in ways if way not in WAYS]:
        parser.error(f"there is no way {unknown[0]}; there are {', '.join(WAYS)}")
    if min(sizes) < 100:
        parser.error("an index has at least 100 chunks here")
    if args.restart:
        args.out.unlink(missing_ok=True)
    for _ in run(sizes, ways, args.out, args.patience):
        print(".", end="", flush=True)
    text = table(json.loads(args.out.read_text(encoding="utf-8")))
    OUT.with_suffix(".md").parent.mkdir(parents=True, exist_ok=True)
    OUT.with_suffix(".md").write_text(text, encoding="utf-8")
    print(f"\n{text}")


if __name__ == "__main__":
    main()
