"""The page files of the bundled collections: documents, and the vectors of their chunks in int8.

    python -m builders.page_collections

One script holds a collection's documents; one more for each size of chunk (`llmlib.retrieval.SIZES`) holds
vectors, a row of int8 and its scale for each chunk, and the stamp of the page's mini-embed: a page whose
mini-embed is another makes vectors again, and says so. The site build makes these files (`pages`) and keeps
them in `build/pages`, under names that change with the documents, the model and this module: nothing stale is
ever used, and none is committed. The command prints their sizes, and what int8 costs.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
from pathlib import Path

import numpy as np

from builders import page
from llmlib import data, retrieval

FIELDS = ("id", "titulo", "texto", "tipo", "data", "substitui", "area", "ano")  # what a page may show
EMBEDDER = "mini-embed"


def render(shelf: str, name: str, body: dict) -> str:
    """A classic script that puts `body` on `globalThis[shelf][name]`."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return f"(globalThis.{shelf} ??= {{}})[{json.dumps(name)}] = {text};\n"


def documents_of(name: str) -> dict:
    """A collection as the page has it; `sizes`: those whose vectors it can load."""
    rows = [{key: each[key] for key in FIELDS if each.get(key)} for each in data.documents(name)]
    sizes = retrieval.SIZES.get(name, ()) if EMBEDDER in data.model_names() else ()
    return {"documents": rows, "sizes": [{"size": size, "overlap": overlap} for size, overlap in sizes]}


def stamp_of(page_file: Path) -> str:
    """The sha256 by which the page knows a model's weights."""
    return re.search(r'"sha256":"([0-9a-f]{64})"', page_file.read_text(encoding="utf-8"))[1]


def packed(vectors: np.ndarray) -> str:
    """(rows, D) float32 -> base64 of the rows in int8, then a float32 scale for each."""
    values, scales = page.quantize(vectors)
    return base64.b64encode(values.tobytes() + scales.astype("<f4").tobytes()).decode()


def vectors_of(index: retrieval.Index, stamp: str) -> dict:
    """The vectors of an index as the page has them."""
    return {"stamp": stamp, "rows": len(index), "data": packed(index.prepare().store.vectors)}


def kept(name: str, cache: Path, signs: list[str], make: object) -> Path:
    """The file of this name in the cache, made if what it is made of (`signs`) has changed."""
    own = [Path(__file__).read_text(encoding="utf-8"), Path(page.__file__).read_text(encoding="utf-8")]
    digest = hashlib.sha256("\0".join([*own, *signs]).encode("utf-8")).hexdigest()
    path = cache / f"collection-{name}-{digest[:16]}.js"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}")
        partial.write_text(make(), encoding="utf-8")
        partial.replace(path)
    return path


def pages(names: list[str] | None = None, cache: Path | None = None) -> dict[str, Path]:
    """The page files by name: "caxinduba", "caxinduba-60-15" …; of all collections, or of some."""
    cache, found = cache or page.CACHE, {}
    for name in data.collection_names() if names is None else names:
        body = documents_of(name)
        text = render("llmCollections", name, body)
        found[name] = kept(name, cache, [text], lambda text=text: text)
        for each in body["sizes"]:
            model = page.cached(data.model_path(EMBEDDER), cache)
            index = retrieval.index(name, each["size"], each["overlap"])
            texts = [index.searched(chunk) for chunk in index.chunks]
            key = f"{name}-{each['size']}-{each['overlap']}"
            found[key] = kept(
                key,
                cache,
                [model.name, *texts],
                lambda key=key, index=index, model=model: render(
                    "llmVectors", key, vectors_of(index, stamp_of(model))
                ),
            )
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.page_collections", description=__doc__.split("\n")[0]
    )
    parser.parse_args()
    for name, path in pages().items():
        print(f"{name}: {path.stat().st_size:,} bytes ({path})")
    for name, sizes in retrieval.SIZES.items():
        for size, overlap in sizes if EMBEDDER in data.model_names() else ():
            vectors = retrieval.index(name, size, overlap).prepare().store.vectors
            moved = (vectors * page.widen(*page.quantize(vectors))).sum(1)
            lost = f"cosine with int8 {moved.mean():.6f}, at worst {moved.min():.6f}"
            print(f"{name} {size}/{overlap}: {lost}")


if __name__ == "__main__":
    main()
